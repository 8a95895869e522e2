# expect: A definition for option `networking.nftables.tables.zones.family' is not of type `one of "ip", "ip6", "inet"
{
  networking.nftables.tables.zones = {
    family = "inet4";
    content = "";
  };
}
