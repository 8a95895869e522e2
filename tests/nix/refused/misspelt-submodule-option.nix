# expect: The option `fileSystems\."/data"\.mountpoint' does not exist
{
  fileSystems."/data" = {
    device = "/dev/vdb";
    fsType = "ext4";
    mountpoint = "/data";
  };
}
