# Emily's loop: she is asked from her zone, senses, remembers, and outlives the loss of a tier.
world:
let
  inherit (world) machine;
  inherit (world.around) vpn;
in
{
  globalTimeout = 1800;

  nodes = world.machines {
    zones = [
      "internet"
      "vpn"
    ];
  };

  testScript = world.script + ''
    def ask(path: str, body: str = "") -> str:
        """Ask with the token, which stands in a file."""
        data = f"--json '{body}'" if body else ""
        return vpn.succeed(
            f"curl --silent --show-error --fail --header @/root/token {data} http://${vpn.host}:8600{path}"
        )


    def is_ready() -> None:
        vpn.wait_until_succeeds("curl --silent --fail http://${vpn.host}:8600/ready", timeout=120)


    start_all()
    introduce(${machine}, [internet, vpn])
    ${machine}.wait_for_unit("emily.target")
    give(
        ${machine},
        "${vpn.address}",
        "/persist/secrets/emily/token",
        "/root/token",
        "Authorization: Bearer ",
    )
    is_ready()

    with subtest("her units and her API are those of the inventory"):
        verify(${machine}, "emily", {"unit", "http"})

    with subtest("she senses, and remembers"):
        ask("/api/v1/stimulus", '{"kind": "sound", "features": [0.1, 0.9]}')
        ask("/api/v1/memory", '{"content": "a VM was built"}')
        t.assertIn("a VM was built", ask("/api/v1/memory/recall", '{"text": "a VM", "k": 3}'))

    with subtest("a tier that is killed comes back"):
        for tier in ["instinct", "cognition", "nervous", "metabolism"]:
            ${machine}.succeed(f"systemctl kill --signal=KILL emily-{tier}.service")
            ${machine}.wait_until_succeeds(f"systemctl is-active emily-{tier}.service", timeout=60)
        is_ready()

    with subtest("what she remembers outlives a power cut"):
        ${machine}.crash()
        ${machine}.start()
        ${machine}.wait_for_unit("emily.target")
        is_ready()
        t.assertIn("a VM was built", ask("/api/v1/memory/recall", '{"text": "a VM", "k": 3}'))
  '';
}
