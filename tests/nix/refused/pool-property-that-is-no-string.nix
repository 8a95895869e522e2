# expect: A definition for option `disko.devices.zpool.rpool.options.ashift' is not of type `string'
{
  disko.devices.zpool.rpool.options.ashift = 12;
}
