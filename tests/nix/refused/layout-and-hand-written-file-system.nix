# expect: The option `fileSystems\."/"\.fsType' has conflicting definition values
{
  disko.devices.nodev."/".fsType = "ramfs";
}
