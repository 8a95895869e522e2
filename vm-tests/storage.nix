# The disks, laid out by disko's own format script and mounted at each boot of the host: small disks
# with the serial numbers of the inventory, and partitions as small.
world:
let
  inherit (world)
    host
    lib
    machine
    name
    uplink
    ;

  # Each with its serial number. Below by-id, virtio disks have names of their own.
  disks = lib.filter (one: one.type == "disk") world.expected;
  drives = {
    virtualisation.emptyDiskImages = map (disk: {
      size = 4096;
      driveConfig.deviceExtraOpts.serial = disk.serial;
    }) disks;
    services.udev.extraRules = lib.concatMapStringsSep "\n" (
      disk:
      ''SUBSYSTEM=="block", ENV{DEVTYPE}=="disk", ENV{ID_SERIAL}=="${disk.serial}", SYMLINK+="${lib.removePrefix "/dev/" disk.path}"''
    ) disks;
  };

  # Disko joins no two definitions of a partition: the host's is changed, and stands alone.
  layout = lib.foldl' lib.recursiveUpdate { } host.options.disko.devices.definitions;
  small = partition: partition // lib.optionalAttrs (partition.size != "100%") { size = "512M"; };
  scaled = layout // {
    disk = lib.mapAttrs (
      _: disk:
      lib.recursiveUpdate disk { content.partitions = lib.mapAttrs (_: small) disk.content.partitions; }
    ) layout.disk;
  };

  installed = {
    imports = [ drives ];
    disko.devices = lib.mkForce scaled;
    # All but the root and the store, which are the driver's.
    virtualisation.fileSystems =
      lib.mapAttrs
        (_: mount: {
          inherit (mount)
            device
            fsType
            neededForBoot
            options
            ;
        })
        (
          removeAttrs host.config.fileSystems [
            "/"
            "/nix"
          ]
        );
    swapDevices = lib.mkOverride 5 (lib.concatLists host.options.swapDevices.definitions);
  };

  # Where the host is laid out from: nothing of it but what its disks need.
  rescue =
    { nodes, ... }:
    let
      inherit (nodes.${name}) boot networking;
    in
    {
      imports = [ drives ];
      virtualisation.memorySize = 4096;
      networking = { inherit (networking) hostId; };
      boot = {
        inherit (boot) kernelPackages;
        supportedFilesystems.zfs = true;
        swraid = {
          enable = true;
          mdadmConf = "MAILADDR root\n";
        };
        zfs = {
          inherit (boot.zfs) package;
          forceImportRoot = false;
        };
      };
    };
in
{
  globalTimeout = 3600;

  nodes =
    world.machines {
      zones = [ uplink.zone ];
      layout = true;
      modules = [ installed ];
      unproven = [
        {
          id = "mount: /(nix)?";
          reason = "the root and the store are the driver's";
        }
      ];
    }
    // {
      inherit rescue;
    };

  testScript =
    { nodes, ... }:
    let
      inherit (nodes.${name}.system) build;
    in
    world.script
    + ''
      import shutil

      made = "zpool list -H -o name,guid; mdadm --detail --scan; lsblk --noheadings --output PARTUUID"

      rescue.wait_for_unit("multi-user.target")

      with subtest("disko lays out empty disks, and mounts what it made"):
          rescue.succeed("${build.formatScript} >&2", "${build.mountScript} >&2")
          for path in ["nix", "persist", "ember/code", "boot"]:
              rescue.succeed(f"mountpoint /mnt/{path}")

      with subtest("a second time it changes nothing"):
          before = rescue.succeed(made)
          rescue.succeed("${build.formatScript} >&2")
          t.assertEqual(before, rescue.succeed(made))

      with subtest("the host starts with these disks"):
          rescue.succeed("umount --recursive /mnt", "zpool export -a", "mdadm --stop --scan")
          rescue.shutdown()
          for number in range(${toString (lib.length disks)}):
              disk = f"empty{number}.qcow2"
              shutil.move(rescue.state_dir / disk, ${machine}.state_dir / disk)
          ${uplink.zone}.start()
          introduce(${machine}, [${uplink.zone}])
          ${machine}.wait_for_unit("multi-user.target")
          verify(
              ${machine}, "storage", {"md-array", "mount", "swap", "unit", "zfs-pool", "zfs-property"}
          )

      with subtest("a property that is changed by hand is set back"):
          ${machine}.succeed("zfs set atime=on ember", "systemctl restart zfs-properties.service")
          verify(${machine}, "storage", {"zfs-property"})

      with subtest("what was written outlives a power cut, and all is mounted again"):
          ${machine}.succeed("head -c 32M /dev/urandom >/ember/code/noise", "sync")
          written = ${machine}.succeed("sha256sum /ember/code/noise")
          ${machine}.crash()
          ${machine}.start()
          ${machine}.wait_for_unit("multi-user.target")
          t.assertEqual(written, ${machine}.succeed("sha256sum /ember/code/noise"))
          ${machine}.succeed("zpool scrub -w ember rpool")
          verify(${machine}, "storage", {"md-array", "mount", "swap", "zfs-pool"})
    '';
}
