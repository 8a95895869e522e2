# Site to site: the far end that the host calls, and the one that calls the host.
world:
let
  inherit (world) machine;
  inherit (world.around) home vpn;
in
{
  globalTimeout = 1800;

  nodes = world.machines {
    zones = [
      "ai"
      "home"
      "internet"
      "vpn"
    ];
  };

  testScript = world.script + ''
    start_all()
    introduce(${machine}, [ai, home, internet, vpn])
    ${machine}.wait_for_unit("network-online.target")
    ${machine}.wait_until_succeeds("ping -c 1 -W 2 ${vpn.address}", timeout=120)
    ${machine}.wait_until_succeeds("ping -c 1 -W 2 ${home.address}", timeout=120)

    with subtest("the tunnels are those of the inventory"):
        verify(${machine}, "wireguard,firewall", {"tunnel", "handshake", "flow"})

    with subtest("a network behind the far end is reached as the policy has it"):
        # nothing listens there: a refusal shows that the packet has arrived
        status, _ = ai.execute("curl --silent --max-time 5 http://192.168.1.1:443")
        t.assertEqual(status, 7)
        status, _ = ai.execute("curl --silent --max-time 5 http://192.168.1.1:22")
        t.assertEqual(status, 28)

    with subtest("on the way there is nothing to read"):
        internet.succeed("systemd-run --unit=heard tcpdump -i eth1 -U -w /tmp/heard")
        internet.wait_for_file("/tmp/heard")
        # "sovereign", again and again
        vpn.succeed("ping -c 3 -p 736f7665726569676e ${vpn.host}")
        internet.succeed("systemctl stop heard.service", "[ $(stat -c %s /tmp/heard) -gt 300 ]")
        internet.fail("grep -q sovereign /tmp/heard")

    with subtest("a far end that was away comes back"):
        vpn.crash()
        vpn.start()
        ${machine}.wait_until_succeeds("ping -c 1 -W 2 ${vpn.address}", timeout=180)
  '';
}
