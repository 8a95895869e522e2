# A machine in a zone that is a VLAN. Everything else lies behind the host.
{ tools, vlan }:
{
  imports = [ tools.vantage ];
  systemd.network = {
    netdevs."20-${vlan.zone}" = {
      netdevConfig = {
        Kind = "vlan";
        Name = vlan.zone;
      };
      vlanConfig.Id = vlan.id;
    };
    networks."30-eth1".vlan = [ vlan.zone ];
    networks."40-${vlan.zone}" = {
      matchConfig.Name = vlan.zone;
      address = [ "${vlan.address}/24" ];
      gateway = [ vlan.host ];
      networkConfig.IPv6AcceptRA = false;
    };
  };
}
