# expect: The option `system.build.installBootLoader' is defined multiple times.*Only one bootloader
{
  boot.loader.systemd-boot.enable = true;
  boot.lanzaboote = {
    enable = true;
    pkiBundle = "/var/lib/sbctl";
  };
}
