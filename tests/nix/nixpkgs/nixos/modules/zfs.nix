# What ZFS needs of a host.
{
  config,
  demand,
  lib,
  supports,
  ...
}:
let
  cfg = config.boot.zfs;
  datasets = lib.filterAttrs (_: fs: fs.fsType == "zfs") config.fileSystems;
  used =
    supports "zfs" config.boot.supportedFilesystems
    || supports "zfs" config.boot.initrd.supportedFilesystems
    || datasets != { }
    || cfg.extraPools != [ ];
in
{
  assertions = lib.optionals used [
    (demand (config.networking.hostId != null) "ZFS requires networking.hostId to be set")
    (demand (
      config.networking.hostId == null || builtins.match "[0-9A-Fa-f]{8}" config.networking.hostId != null
    ) "Invalid value given to the networking.hostId option.")
    (demand (
      cfg.forceImportAll -> cfg.forceImportRoot
    ) "If you enable boot.zfs.forceImportAll, you must also enable boot.zfs.forceImportRoot")
    (demand (lib.all (fs: !lib.hasPrefix "/dev" fs.device) (
      lib.attrValues datasets
    )) "ZFS: a file system of type zfs names its dataset, not a device below /dev.")
  ];
  warnings =
    lib.optional (used && cfg.forceImportRoot)
      "boot.zfs.forceImportRoot is true: a root pool that another host has in use is imported by force; set it to false.";
}
