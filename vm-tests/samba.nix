# File shares for the kernel's own client, which opens several channels.
world:
let
  inherit (world) machine;
  inherit (world.around) data;
in
{
  globalTimeout = 1800;

  nodes = world.machines {
    zones = [
      "data"
      "internet"
    ];
  };

  testScript = world.script + ''
    mount = (
        "mount -t cifs -o vers=3.1.1,credentials=/root/credentials,multichannel,max_channels=4"
        " //${data.host}/code /mnt/code"
    )

    start_all()
    introduce(${machine}, [data, internet])
    ${machine}.wait_for_unit("samba.target")
    ${machine}.wait_for_open_port(445, "${data.host}")

    with subtest("the server is that of the inventory"):
        verify(${machine}, "samba", {"smb-channels", "smb-server", "smb-share"})

    with subtest("what the kernel's client writes arrives"):
        give(
            ${machine},
            "${data.address}",
            "/persist/secrets/samba/colter",
            "/root/credentials",
            "username=colter\\npassword=",
        )
        data.succeed("mkdir -p /mnt/code", mount)
        data.succeed("head -c 64M /dev/urandom >/mnt/code/noise", "sync -f /mnt/code")
        sent = data.succeed("sha256sum </mnt/code/noise")
        t.assertEqual(sent, ${machine}.succeed("sha256sum </ember/code/noise"))

    with subtest("a wrong password lets nobody in"):
        data.succeed("umount /mnt/code", "sed -i 's/^password=.*/password=wrong/' /root/credentials")
        data.fail(mount)
  '';
}
