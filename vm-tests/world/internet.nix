# Whoever stands at the host's way to the internet: its router, which gives it an address.
{ tools, uplink }:
{
  imports = [ tools.vantage ];
  systemd.network.networks."30-eth1" = {
    address = [ "${uplink.address}/24" ];
    networkConfig.DHCPServer = true;
    dhcpServerConfig = {
      EmitDNS = false;
      EmitNTP = false;
    };
    dhcpServerStaticLeases = [
      {
        MACAddress = uplink.mac;
        Address = uplink.host;
      }
    ];
    # what is behind the host
    routes = [
      {
        Destination = "10.0.0.0/8";
        Gateway = uplink.host;
      }
    ];
  };
}
