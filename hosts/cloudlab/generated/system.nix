# Generated from hosts/cloudlab/host.toml; edit that file instead.
{
  nixpkgs.hostPlatform = "x86_64-linux";

  # The release of the first installation, not the current one.
  system.stateVersion = "26.05";

  networking = {
    hostName = "cloudlab";
    domain = "cloudlab.internal";
    hostId = "c10d1ab0";
    nameservers = [
      "9.9.9.9"
      "149.112.112.112"
    ];
  };

  time.timeZone = "UTC";
  i18n.defaultLocale = "en_US.UTF-8";

  nix = {
    settings = {
      experimental-features = [
        "nix-command"
        "flakes"
      ];
      trusted-users = [
        "root"
        "colter"
      ];
    };
    gc = {
      automatic = true;
      dates = "weekly";
      options = "--delete-older-than 30d";
    };
  };

  users.mutableUsers = false;
}
