# What a node of a test is beyond its own modules: a VM with a root disk, and a place in the test's
# networks (nixos/modules/virtualisation/qemu-vm.nix, nixos/lib/testing/network.nix).
{
  config,
  demand,
  lib,
  name,
  options,
  ...
}:
let
  inherit (lib) mkOption mkOptionDefault types;
  cfg = config.virtualisation;
  forVm = lib.mkOverride 10;

  # listed by no manual
  internal = type: mkOption { inherit type; };

  interfaces =
    lib.listToAttrs (
      lib.imap1 (
        i: vlan:
        lib.nameValuePair "eth${toString i}" {
          inherit vlan;
          assignIP = true;
        }
      ) cfg.vlans
    )
    // cfg.interfaces;
  assigned = lib.filterAttrs (_: interface: interface.assignIP) interfaces;
in
{
  options.virtualisation.test = {
    nodeName = internal types.str;
    nodeNumber = internal types.int;
    pkgsReadOnly = internal types.bool;
  };

  config = {
    virtualisation = {
      cores = mkOptionDefault 1;
      directBoot.enable = mkOptionDefault (!cfg.useBootLoader);
      emptyDiskImages = mkOptionDefault [ ];
      fileSystems = lib.mkIf cfg.useDefaultFilesystems {
        "/" = {
          device = "/dev/disk/by-label/nixos";
          fsType = "ext4";
        };
      };
      interfaces = mkOptionDefault { };
      memorySize = mkOptionDefault 1024;
      qemu.networkingOptions = mkOptionDefault [ ];
      useBootLoader = mkOptionDefault false;
      useDefaultFilesystems = mkOptionDefault true;
      useEFIBoot = mkOptionDefault false;
      useSecureBoot = mkOptionDefault false;
      vlans = mkOptionDefault (if cfg.interfaces == { } then [ 1 ] else [ ]);
    };

    fileSystems = lib.mkIf (cfg.fileSystems != { }) (
      lib.mkMerge (map forVm options.virtualisation.fileSystems.definitions)
    );
    swapDevices = (if cfg.useDefaultFilesystems then forVm else lib.mkDefault) [ ];
    boot.loader.grub.devices = forVm [ "/dev/disk/by-id/virtio-root" ];
    networking = {
      hostName = lib.mkDefault name;
      interfaces = lib.mapAttrs (_: interface: {
        ipv4.addresses = [
          {
            address = "192.168.${toString interface.vlan}.${toString cfg.test.nodeNumber}";
            prefixLength = 24;
          }
        ];
      }) assigned;
      usePredictableInterfaceNames = false;
    };
    # the driver's shell needs no password
    users.users.root.initialHashedPassword = lib.mkOverride 150 "";
    system.stateVersion = lib.mkDefault lib.version;
    system.name = mkOptionDefault name;

    assertions = [
      (demand
        (
          cfg.test.pkgsReadOnly
          ->
            config.nixpkgs.config == { }
            && config.nixpkgs.overlays == [ ]
            && !options.nixpkgs.hostPlatform.isDefined
        )
        "nixpkgs.config, nixpkgs.overlays and nixpkgs.hostPlatform are set to read-only: set node.pkgsReadOnly to false."
      )
      (demand (
        cfg.useSecureBoot -> cfg.useEFIBoot && !cfg.directBoot.enable
      ) "virtualisation.useSecureBoot needs useEFIBoot and no directBoot.")
    ];
  };
}
