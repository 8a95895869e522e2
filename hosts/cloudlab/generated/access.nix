# Generated from hosts/cloudlab/host.toml; edit that file instead.
{
  services.openssh = {
    enable = true;
    ports = [ 22 ];
    # Opened in firewall.nix, for the zones that may connect.
    openFirewall = false;
    authorizedKeysInHomedir = false;
    hostKeys = [
      {
        type = "ed25519";
        path = "/persist/etc/ssh/ssh_host_ed25519_key";
      }
      {
        type = "rsa";
        bits = 4096;
        path = "/persist/etc/ssh/ssh_host_rsa_key";
      }
    ];
    settings = {
      PermitRootLogin = "no";
      PasswordAuthentication = false;
      KbdInteractiveAuthentication = false;
      # Shorter keys count for nothing in the review either.
      RequiredRSASize = 3072;
      AllowUsers = [ "colter" ];
    };
  };

  users.users = {
    colter = {
      isNormalUser = true;
      extraGroups = [ "wheel" ];
      openssh.authorizedKeys.keys = [
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH0DSbo0uUlHnmbHcsrtFcBhl5ipjtq3qi6jl1/IUK+/ colter"
      ];
    };
  };

  security.sudo = {
    # Nobody has a password; the key that opened the session is the proof.
    wheelNeedsPassword = false;
    execWheelOnly = true;
  };
}
