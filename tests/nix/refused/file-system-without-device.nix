# expect: No device specified for mount point ‘/data’
{
  fileSystems."/data".fsType = "ext4";
}
