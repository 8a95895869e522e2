# Who reaches whom: the host routes between its zones, each a VLAN on its one port.
world:
let
  inherit (world) machine;
  inherit (world.around) management;
in
{
  globalTimeout = 1800;

  nodes = world.machines {
    zones = [
      "ai"
      "internet"
      "management"
    ];
  };

  testScript = world.script + ''
    start_all()
    introduce(${machine}, [ai, internet, management])
    ${machine}.wait_for_unit("multi-user.target")
    ${machine}.wait_for_unit("network-online.target")

    with subtest("every port is tried from every zone"):
        verify(${machine}, "network,firewall", {"flow", "interface", "only-sockets", "sysctl", "vlan"})

    with subtest("a frame of another VLAN is not heard"):
        ai.succeed("ip address add ${management.host}/24 dev ai")
        ai.fail("ping -c 1 -W 2 -I ${management.host} ${management.address}")
        ai.succeed("ip address delete ${management.host}/24 dev ai")

    with subtest("after a boot it is all the same"):
        ${machine}.shutdown()
        ${machine}.start()
        ${machine}.wait_for_unit("network-online.target")
        verify(${machine}, "firewall", {"flow"})
  '';
}
