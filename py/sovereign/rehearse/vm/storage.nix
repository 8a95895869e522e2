# What the host mounts, by which names it finds its pools, and where its swap is.
{ config, lib, ... }:
let
  preserved =
    key: at: item:
    {
      inherit at;
      path = item.${key};
      inherit (item) how mode;
      isFile = key == "file";
    };
in
{
  fileSystems = lib.mapAttrsToList (path: it: {
    inherit path;
    inherit (it) device fsType options;
  }) config.fileSystems;
  swapDevices = map (it: {
    inherit (it) device priority;
    randomEncryption = it.randomEncryption.enable;
  }) config.swapDevices;
  preserved = lib.concatLists (
    lib.mapAttrsToList (
      at: it: map (preserved "directory" at) it.directories ++ map (preserved "file" at) it.files
    ) config.preservation.preserveAt
  );
  pools = lib.attrNames config.disko.devices.zpool;
  inherit (config.boot.zfs) devNodes;
}
