# expect: ZFS requires networking.hostId to be set
{
  boot.supportedFilesystems.zfs = true;
}
