# expect: must be neededForBoot
{
  fileSystems."/persist" = {
    device = "/dev/vdb";
    fsType = "ext4";
  };
  preservation = {
    enable = true;
    preserveAt."/persist".files = [ "/etc/machine-id" ];
  };
}
