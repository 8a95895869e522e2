# expect: systemd stage 1 does not support 'boot.initrd.postDeviceCommands'
{
  boot.initrd.postDeviceCommands = "zfs rollback rpool/root@blank";
}
