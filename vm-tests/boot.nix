# Secure Boot, as lanzaboote's own tests have it: an image whose ESP holds what lzbt has signed with
# the keys of lanzaboote's tests, and those keys, which systemd-boot gives to the firmware.
world:
let
  inherit (world) inputs lib name;

  fixture = "${inputs.lanzaboote}/nix/tests/fixtures/uefi-keys";
  bundle = "/var/lib/sbctl";

  node =
    {
      config,
      modulesPath,
      pkgs,
      ...
    }:
    let
      settings = (pkgs.formats.yaml { }).generate "sbctl.conf" {
        keydir = "${fixture}/keys";
        guid = "${fixture}/GUID";
      };
      variables = pkgs.runCommand "enrolled-keys" { nativeBuildInputs = [ pkgs.sbctl ]; } ''
        mkdir $out
        cd $out
        sbctl enroll-keys --config ${settings} --yes-this-might-brick-my-machine --export auth
      '';
      # lzbt asks for a generation's link by this name
      esp = pkgs.runCommand "esp" { } ''
        mkdir $out
        ln -s ${config.system.build.toplevel} system-1-link
        ${config.boot.lanzaboote.installCommand} \
          --public-key ${fixture}/keys/db/db.pem \
          --private-key ${fixture}/keys/db/db.key \
          $out system-1-link
      '';
    in
    {
      imports = [
        "${modulesPath}/image/repart.nix"
        inputs.lanzaboote.nixosModules.lanzaboote
        (world.generated + "/boot.nix")
        (world.suite {
          unproven = [
            {
              id = "boot-images: /boot-b";
              reason = "the image has one ESP";
            }
          ];
        })
      ];

      networking = {
        hostName = name;
        hostId = "00000001";
      };
      boot.loader = {
        timeout = lib.mkForce 0;
        efi.canTouchEfiVariables = true;
      };
      # The keys lie in the store, which the option refuses.
      systemd.tmpfiles.settings."10-sbctl".${bundle}.L.argument = fixture;

      fileSystems = {
        "/" = {
          device = "tmpfs";
          fsType = "tmpfs";
          options = [ "mode=0755" ];
        };
        "/boot" = {
          device = "/dev/disk/by-partlabel/esp";
          fsType = "vfat";
          options = [ "umask=0077" ];
        };
        "/nix/store" = {
          device = "/dev/disk/by-partlabel/store";
          fsType = "erofs";
          options = [ "ro" ];
        };
      };
      image.repart = {
        inherit name;
        partitions = {
          esp = {
            contents = {
              "/".source = esp;
              "/loader/keys/auto/PK.auth".source = "${variables}/PK.auth";
              "/loader/keys/auto/KEK.auth".source = "${variables}/KEK.auth";
              "/loader/keys/auto/db.auth".source = "${variables}/db.auth";
            };
            repartConfig = {
              Type = "esp";
              Format = "vfat";
              Label = "esp";
              SizeMinBytes = "512M";
            };
          };
          store = {
            storePaths = [ config.system.build.toplevel ];
            nixStorePrefix = "/";
            repartConfig = {
              Type = "linux-generic";
              Format = "erofs";
              Label = "store";
              Minimize = "best";
            };
          };
        };
      };

      virtualisation = {
        memorySize = 4096;
        directBoot.enable = false;
        mountHostNixStore = false;
        useDefaultFilesystems = false;
        fileSystems = lib.mkForce { };
        useEFIBoot = true;
        useSecureBoot = true;
        efi.OVMF = pkgs.OVMFFull.fd;
      };
    };
in
{
  globalTimeout = 1800;

  nodes.${name} = node;

  testScript =
    { nodes, ... }:
    let
      machine = nodes.${name};
      image = "${machine.system.build.image}/${machine.image.fileName}";
      qemuImg = lib.getExe' machine.virtualisation.qemu.package "qemu-img";
    in
    world.script
    + ''
      import subprocess
      import tempfile

      # The image is read-only; what is written goes beside it.
      disk = tempfile.NamedTemporaryFile(suffix=".qcow2")
      subprocess.run(
          ["${qemuImg}", "create", "-f", "qcow2", "-b", "${image}", "-F", "raw", disk.name],
          check=True,
      )
      os.environ["NIX_DISK_IMAGE"] = disk.name

      # systemd-boot gives the keys to the firmware and starts again
      ${world.machine}.start(allow_reboot=True)
      ${world.machine}.wait_for_unit("multi-user.target")

      with subtest("the firmware demands signatures, and all that it starts has one"):
          t.assertIn("Secure Boot: enabled (user)", ${world.machine}.succeed("bootctl status"))
          verify(${world.machine}, "boot", {"boot-images", "secure-boot", "sysctl"})

      with subtest("a kernel that is not the signed one is refused"):
          ${world.machine}.succeed(
              "for kernel in /boot/EFI/nixos/kernel-*.efi; do echo changed >>$kernel; done",
              "sync",
          )
          ${world.machine}.crash()
          ${world.machine}.start()
          ${world.machine}.wait_for_console_text("hash does not match", timeout=300)
    '';
}
