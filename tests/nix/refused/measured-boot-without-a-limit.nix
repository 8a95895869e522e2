# expect: cannot store more than 8 generations
{ lib, ... }:
{
  boot.loader.systemd-boot.enable = lib.mkForce false;
  boot.lanzaboote = {
    enable = true;
    pkiBundle = "/var/lib/sbctl";
    configurationLimit = 9;
    measuredBoot.enable = true;
  };
}
