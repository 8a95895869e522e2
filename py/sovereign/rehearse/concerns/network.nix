# Links, VLANs and addresses, and what the kernel is told of the network.
{
  config,
  lib,
  orElse,
  ...
}:
let
  inherit (config.systemd) network;
  tunnels = map (name: "40-${name}") (lib.attrNames config.networking.wireguard.interfaces);
  # an option that nobody sets may have no value
  given = lib.mapAttrs (
    _: options: lib.filterAttrs (_: value: value != null) (lib.mapAttrs (_: orElse null) options)
  );
in
{
  links = given network.links;
  netdevs = given (removeAttrs network.netdevs tunnels);
  networks = given (removeAttrs network.networks tunnels);
  inherit (config.boot.kernel) sysctl;
}
