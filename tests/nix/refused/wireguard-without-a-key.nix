# expect: Either networking.wireguard.interfaces.wg0.privateKey or
{
  networking.wireguard.interfaces.wg0.ips = [ "10.0.0.1/24" ];
}
