# A host in a VM, and the machines around it: one in each zone, with the zone's name. Who they are
# follows from what is expected of the host; a test picks those that it needs.
{
  expectations,
  host,
  inputs,
  lib,
  module,
  name,
  pkgs,
}:
let
  inherit (lib) findFirst head;

  expected = (lib.importJSON expectations).expectations;
  of = type: lib.filter (one: one.type == type) expected;
  interfaces = of "interface";
  addressOf =
    interface:
    let
      found = findFirst (one: one.name == interface) { } interfaces;
    in
    head (lib.splitString "/" (head found.addresses));
  # whom flows of the host look for in a zone
  memberOf =
    zone:
    (findFirst (flow: flow.destination == zone) (throw "no flow leads to the zone ${zone}") (of "flow"))
    .address;

  ports = lib.filter (interface: interface.mac != null) interfaces;

  # a VLAN has its zone's name
  vlans = lib.listToAttrs (
    map (
      vlan:
      lib.nameValuePair vlan.name {
        zone = vlan.name;
        id = vlan.number;
        address = memberOf vlan.name;
        host = addressOf vlan.name;
      }
    ) (of "vlan")
  );

  # as the host's own module defines them
  wireguard = lib.foldl' lib.recursiveUpdate { } (
    host.options.networking.wireguard.interfaces.definitions
  );
  tunnels = lib.listToAttrs (
    lib.imap1 (
      number: handshake:
      let
        zone = handshake.source;
        tunnel = wireguard.${handshake.interface};
        address = memberOf zone;
      in
      lib.nameValuePair zone {
        inherit address zone;
        host = addressOf handshake.interface;
        hostPort = tunnel.listenPort;
        outside = "203.0.113.${toString (20 + number)}";
        peer = findFirst (
          peer: lib.elem "${address}/32" peer.allowedIPs
        ) (throw "no peer of ${handshake.interface} has the address ${address}") tunnel.peers;
      }
    ) (of "handshake")
  );

  # The way to the internet: the zone that is neither a VLAN nor a tunnel.
  uplink =
    let
      isUplink =
        flow: flow.destination == "host" && !(vlans ? ${flow.source} || tunnels ? ${flow.source});
      here = findFirst isUplink (throw "${name} has no uplink") (of "flow");
    in
    {
      zone = here.source;
      address = memberOf here.source;
      # given by DHCP, where the inventory names none
      host = if here.address == "" then "203.0.113.2" else here.address;
      inherit (head ports) mac;
    };

  vantages = lib.mapAttrs (_: there: there.address) (vlans // tunnels) // {
    ${uplink.zone} = uplink.address;
  };
  # who is called by name
  called = lib.mapAttrs' (
    _: tunnel: lib.nameValuePair tunnel.outside [ (head (lib.splitString ":" tunnel.peer.endpoint)) ]
  ) (lib.filterAttrs (_: tunnel: tunnel.peer ? endpoint) tunnels);

  # sshd makes its own
  secrets = lib.filter (path: !lib.hasInfix "/ssh_host_" path) (
    map (file: file.path) (lib.filter (file: file.kind == "secret") (of "file"))
  );

  keys = import ./keys.nix;
  tools = import ./tools.nix { inherit lib pkgs; };

  machineIn =
    zone:
    if zone == uplink.zone then
      import ./internet.nix { inherit tools uplink; }
    else if vlans ? ${zone} then
      import ./member.nix {
        inherit tools;
        vlan = vlans.${zone};
      }
    else
      import ./far-end.nix {
        inherit keys tools uplink;
        tunnel = tunnels.${zone};
      };

  # `verify` on the host; see suite.nix
  suite =
    {
      unproven,
      document ? lib.readFile expectations,
      vantages ? { },
    }:
    import ./suite.nix {
      inherit
        document
        secrets
        tools
        unproven
        vantages
        ;
    };
in
{
  inherit
    expected
    host
    inputs
    lib
    name
    suite
    uplink
    ;

  # each with its `address`, and the `host`'s beside it
  around = vlans // tunnels;
  # where its modules are
  generated = dirOf expectations;
  # its name in a script, as the driver writes it
  machine = lib.replaceStrings [ "-" ] [ "_" ] name;

  # The host and machines in these zones. `layout`: whether its disks are there. `unproven`: what a
  # test leaves out besides, with reasons.
  machines =
    {
      zones,
      layout ? false,
      unproven ? [ ],
      modules ? [ ],
    }:
    let
      chosen = lib.filterAttrs (zone: _: lib.elem zone zones);
      strangers = lib.attrNames (removeAttrs vantages zones);
      own = map (tunnel: tunnel.public_key) (of "tunnel");
      far = map (tunnel: tunnel.peer.publicKey) (lib.attrValues (chosen tunnels));
      substitute = lib.replaceStrings (own ++ far) (
        map (_: keys.alice.public) own ++ map (_: keys.bob.public) far
      );
    in
    lib.genAttrs zones machineIn
    // {
      ${name}.imports = [
        module
        (import ./scaled.nix { inherit host layout ports; })
        (import ./secrets.nix { inherit keys secrets; })
        (suite {
          document = substitute (lib.readFile expectations);
          vantages = chosen vantages;
          unproven =
            unproven
            ++ lib.importJSON ./unproven/vm.json
            ++ lib.optionals (!layout) (lib.importJSON ./unproven/disks.json)
            ++ map (zone: {
              id = "flow: .* reaches ${zone} .*";
              reason = "in this test nobody stands in the zone ${zone}";
            }) strangers;
        })
        {
          networking.hosts = called;
          networking.wireguard.interfaces = lib.mkForce (
            lib.mapAttrs (
              _: tunnel:
              tunnel
              // {
                peers = map (peer: peer // { publicKey = substitute peer.publicKey; }) tunnel.peers;
              }
            ) wireguard
          );
        }
      ]
      ++ modules;
    };

  # What the scripts begin with.
  script = lib.readFile ./script.py;
}
