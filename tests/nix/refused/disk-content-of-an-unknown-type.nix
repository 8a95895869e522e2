# expect: gtp
{
  disko.devices.disk.main = {
    device = "/dev/vda";
    content.type = "gtp";
  };
}
