# `disko.devices`, and the file systems, swap and md arrays that follow from it.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.disko;
  content = import ./content.nix { inherit lib; };
  pool = import ./pool.nix { inherit content lib; };
  inherit (content) absolutePath named option;

  disk = types.submodule (
    { config, name, ... }:
    {
      options = {
        name = named name;
        type = option (types.enum [ "disk" ]) "disk";
        device = mkOption { type = absolutePath; };
        destroy = option types.bool true;
        imageName = option types.str config.name;
        imageSize = option (types.strMatching "[0-9]+[KMGTP]?") "2G";
        content = content.ofDevice config config.device;
      };
    }
  );

  mdadm = types.submodule (
    { config, name, ... }:
    {
      options = {
        name = named name;
        type = option (types.enum [ "mdadm" ]) "mdadm";
        level = option types.int 1;
        metadata = option (types.enum [
          "1"
          "1.0"
          "1.1"
          "1.2"
          "default"
          "ddf"
          "imsm"
        ]) "default";
        extraArgs = option (types.listOf types.str) [ ];
        content = content.ofDevice config "/dev/md/${config.name}";
      };
    }
  );

  nodev = types.submodule (
    { config, name, ... }:
    {
      options = {
        type = option (types.enum [ "nodev" ]) "nodev";
        fsType = mkOption { type = types.str; };
        device = option types.str (if config.fsType == "tmpfs" then "tmpfs" else "none");
        mountpoint = option (types.nullOr absolutePath) name;
        mountOptions = option (types.listOf types.str) [ "defaults" ];
      };
    }
  );

  systems =
    lib.concatMap (d: content.configOf d.content) (
      lib.attrValues cfg.devices.disk ++ lib.attrValues cfg.devices.mdadm
    )
    ++ lib.optional (cfg.devices.mdadm != { }) { boot.swraid.enable = true; }
    ++ lib.concatMap pool.configOf (lib.attrValues cfg.devices.zpool)
    ++ lib.concatMap (
      fs:
      content.mount {
        inherit (fs) device fsType mountpoint;
        options = fs.mountOptions;
      }
    ) (lib.attrValues cfg.devices.nodev);
  part = name: lib.mkIf cfg.enableConfig (lib.mkMerge (lib.catAttrs name systems));
in
{
  options.disko = {
    enableConfig = option types.bool true;
    checkScripts = option types.bool false;
    memSize = option types.int 1024;
    rootMountPoint = option types.str "/mnt";
    devices = option (types.submodule {
      options = {
        disk = option (types.attrsOf disk) { };
        mdadm = option (types.attrsOf mdadm) { };
        nodev = option (types.attrsOf nodev) { };
        zpool = option (types.attrsOf pool.type) { };
      };
    }) { };
  };

  config = {
    fileSystems = part "fileSystems";
    swapDevices = part "swapDevices";
    boot = part "boot";
    # their text is disko's own
    system.build = lib.genAttrs [ "formatScript" "mountScript" ] (name: pkgs.writeShellScript name "");
  };
}
