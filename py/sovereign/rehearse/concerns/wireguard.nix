# Tunnels, and what networkd is told of their interfaces.
{
  config,
  lib,
  orElse,
  ...
}:
let
  inherit (config.systemd.network) networks;
  given =
    options: lib.filterAttrs (_: value: value != null) (lib.mapAttrs (_: orElse null) options);
in
{
  interfaces = lib.mapAttrs (
    name: interface:
    given (removeAttrs interface [ "peers" ])
    // {
      peers = map given interface.peers;
      network = given (networks."40-${name}" or { });
    }
  ) config.networking.wireguard.interfaces;
}
