# An image made of partitions. The options are in the index, but for the newest and the hidden ones.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  inherit (config.image) repart;
  partition = {
    options.nixStorePrefix = mkOption {
      type = types.path;
      default = "/nix/store";
    };
  };
in
{
  options.image = {
    fileName = mkOption {
      type = types.str;
      default = "${repart.name}.raw";
    };
    repart.partitions = mkOption { type = types.attrsOf (types.submodule partition); };
  };
  config.system.build.image = pkgs.runCommand repart.name {
    parts = lib.mapAttrsToList (_: part: part.repartConfig.Label) repart.partitions;
  } "";
}
