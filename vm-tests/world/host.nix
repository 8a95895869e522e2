# The whole host, beside whoever gives it an address.
world: {
  globalTimeout = 1800;

  nodes = world.machines { zones = [ world.uplink.zone ]; };

  testScript = world.script + ''
    start_all()
    introduce(${world.machine}, [${world.uplink.zone}])
    ${world.machine}.wait_for_unit("multi-user.target")
    verify(${world.machine}, "", {"file", "identity", "nixos-release", "unit", "user"})

    with subtest("after a boot it is all the same"):
        ${world.machine}.shutdown()
        ${world.machine}.start()
        ${world.machine}.wait_for_unit("multi-user.target")
        verify(${world.machine}, "", {"file", "identity", "nixos-release", "unit", "user"})
  '';
}
