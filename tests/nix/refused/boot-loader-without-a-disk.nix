# expect: You must set the option ‘boot.loader.grub.devices’
{ lib, ... }:
{
  boot.loader.systemd-boot.enable = lib.mkForce false;
}
