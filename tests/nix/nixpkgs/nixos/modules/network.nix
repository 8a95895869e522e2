# The firewall and WireGuard.
{
  config,
  demand,
  lib,
  ...
}:
let
  inherit (config.networking)
    firewall
    nftables
    useNetworkd
    wireguard
    ;
  networkd = wireguard.useNetworkd;
  credentials =
    name: interface:
    [ "wireguard-${name}-private-key:${interface.privateKeyFile}" ]
    ++ map (peer: "wireguard-${name}-${peer.name}-preshared-key:${peer.presharedKeyFile}") (
      lib.filter (peer: peer.presharedKeyFile != null) interface.peers
    );
  perInterface =
    name: interface:
    let
      says = "networking.wireguard.interfaces.${name}";
      unsupported =
        option: empty:
        demand (
          networkd -> interface.${option} == empty
        ) "${says}.${option} cannot be used with the networkd backend (networking.wireguard.useNetworkd).";
    in
    [
      (demand (
        (interface.privateKey != null) != (interface.privateKeyFile != null)
      ) "Either ${says}.privateKey or ${says}.privateKeyFile must be set.")
      (demand (
        networkd -> lib.all (lib.hasInfix "/") interface.ips
      ) "${says}.ips must contain network masks with the networkd backend.")
      (demand (
        networkd -> lib.all (peer: peer.presharedKey == null) interface.peers
      ) "${says}.peers: presharedKey cannot be used with the networkd backend, use presharedKeyFile.")
      (demand (
        networkd -> lib.all (peer: peer.dynamicEndpointRefreshSeconds == 0) interface.peers
      ) "${says}.peers: dynamicEndpointRefreshSeconds is set per interface with the networkd backend.")
      (unsupported "generatePrivateKeyFile" false)
      (unsupported "privateKey" null)
      (unsupported "preSetup" "")
      (unsupported "postSetup" "")
      (unsupported "preShutdown" "")
      (unsupported "postShutdown" "")
      (unsupported "socketNamespace" null)
      (unsupported "interfaceNamespace" null)
    ];
in
{
  networking.wireguard.useNetworkd = lib.mkOptionDefault useNetworkd;

  systemd = lib.mkIf networkd {
    network.networks = lib.mapAttrs' (name: interface: {
      name = "40-${name}";
      value = {
        matchConfig.Name = name;
        address = interface.ips;
      };
    }) wireguard.interfaces;
    services.systemd-networkd.serviceConfig.LoadCredential = lib.concatLists (
      lib.mapAttrsToList credentials wireguard.interfaces
    );
  };

  assertions = [
    (demand (
      nftables.enable -> firewall.extraCommands == ""
    ) "extraCommands is incompatible with the nftables based firewall: ${firewall.extraCommands}")
    (demand (nftables.enable -> firewall.extraStopCommands == "")
      "extraStopCommands is incompatible with the nftables based firewall: ${firewall.extraStopCommands}"
    )
    (demand (
      firewall.filterForward -> nftables.enable
    ) "filterForward only works with the nftables based firewall")
  ]
  ++ lib.concatLists (lib.mapAttrsToList perInterface wireguard.interfaces);
}
