# expect: The option `fileSystems\."/data"\.fsType' was accessed but has no value defined
{
  fileSystems."/data".device = "/dev/vdb";
}
