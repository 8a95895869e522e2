# Generated from hosts/small/host.toml; edit that file instead.
{
  nixpkgs.hostPlatform = "x86_64-linux";

  # The release of the first installation, not the current one.
  system.stateVersion = "26.05";

  networking = {
    hostName = "small";
    domain = "example.internal";
    hostId = "5a11c0de";
    nameservers = [ "9.9.9.9" ];
  };

  time.timeZone = "UTC";
  i18n.defaultLocale = "en_US.UTF-8";

  nix = {
    settings = {
      experimental-features = [
        "nix-command"
        "flakes"
      ];
      trusted-users = [ "root" ];
    };
    gc = {
      automatic = true;
      dates = "weekly";
      options = "--delete-older-than 30d";
    };
  };

  users.mutableUsers = false;
}
