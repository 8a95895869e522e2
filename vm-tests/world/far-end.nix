# The far end of a tunnel: on the internet, and in the tunnel's zone. Networks that are led to it
# lie behind it.
{
  keys,
  tools,
  tunnel,
  uplink,
}:
{ lib, pkgs, ... }:
let
  inherit (tunnel) peer;
  # who has a name is called, and listens; who has none calls
  isCalled = peer ? endpoint;
  behind = lib.filter (network: network != "${tunnel.address}/32") peer.allowedIPs;
  # all that may be behind the host
  zones = "10.0.0.0/8";
  # the first address of 192.168.1.0/24
  firstOf =
    network:
    let
      parts = lib.splitString "." (lib.head (lib.splitString "/" network));
    in
    "${lib.concatStringsSep "." (lib.init parts)}.1/${lib.last (lib.splitString "/" network)}";
in
{
  imports = [ tools.vantage ];
  environment.systemPackages = [ pkgs.wireguard-tools ];
  systemd.network = {
    netdevs."20-tunnel" = {
      netdevConfig = {
        Kind = "wireguard";
        Name = "tunnel";
      };
      wireguardConfig = {
        # published: no secret
        PrivateKeyFile = "${pkgs.writeText "rfc7748-bob" keys.bob.private}";
      }
      // lib.optionalAttrs isCalled {
        ListenPort = lib.toInt (lib.last (lib.splitString ":" peer.endpoint));
      };
      wireguardPeers = [
        (
          {
            PublicKey = keys.alice.public;
            AllowedIPs = [ zones ];
          }
          // lib.optionalAttrs (!isCalled) {
            Endpoint = "${uplink.host}:${toString tunnel.hostPort}";
            PersistentKeepalive = 25;
          }
        )
      ];
    };
    netdevs."20-behind" = {
      netdevConfig = {
        Kind = "dummy";
        Name = "behind";
      };
    };
    networks = {
      "30-eth1".address = [ "${tunnel.outside}/24" ];
      "40-tunnel" = {
        matchConfig.Name = "tunnel";
        address = [ "${tunnel.address}/32" ];
        # also what it is not let into: that the host drops it is to be seen
        routes = [ { Destination = zones; } ];
      };
      "40-behind" = {
        matchConfig.Name = "behind";
        address = map firstOf behind;
      };
    };
  };
}
