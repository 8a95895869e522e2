# A small host with which nothing is wrong: the cases in refused/ spoil one thing of it each.
{
  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "26.05";
  networking.hostName = "sound";
  boot.loader.systemd-boot.enable = true;
  boot.zfs.forceImportRoot = false;
  fileSystems."/" = {
    device = "tmpfs";
    fsType = "tmpfs";
  };
  users.users.operator = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
    openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDummyKeyForTests operator" ];
  };
}
