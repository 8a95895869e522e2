# expect: names its dataset, not a device
{
  networking.hostId = "0000beef";
  fileSystems."/data" = {
    device = "/dev/disk/by-id/data";
    fsType = "zfs";
  };
}
