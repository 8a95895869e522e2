# expect: A definition for option `disko\.devices\.disk\.main\.content\.partitions\.data\.size' is not of type
{
  disko.devices.disk.main = {
    device = "/dev/vda";
    content = {
      type = "gpt";
      partitions.data.size = "64GiB";
    };
  };
}
