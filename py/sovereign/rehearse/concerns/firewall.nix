# The firewall: the tables of nftables, and the options that NixOS makes its own table of.
{
  config,
  lib,
  orElse,
  ...
}:
let
  inherit (config.networking) firewall nftables;
  given =
    options: lib.filterAttrs (_: value: value != null) (lib.mapAttrs (_: orElse null) options);
in
{
  inherit (nftables) enable;
  tables = lib.mapAttrs (_: given) nftables.tables;
  ruleset = orElse "" nftables.ruleset;
  interfaces = lib.mapAttrs (_: given) (orElse { } firewall.interfaces);
  firewall = lib.filterAttrs (_: value: value != null) (
    lib.genAttrs [
      "allowPing"
      "allowedTCPPortRanges"
      "allowedTCPPorts"
      "allowedUDPPortRanges"
      "allowedUDPPorts"
      "checkReversePath"
      "enable"
      "extraForwardRules"
      "extraInputRules"
      "extraReversePathFilterRules"
      "filterForward"
      "logRefusedConnections"
      "pingLimit"
      "rejectPackets"
      "trustedInterfaces"
    ] (name: orElse null firewall.${name})
  );
}
