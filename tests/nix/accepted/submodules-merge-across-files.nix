{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options.fileSystems = mkOption {
      type = types.attrsOf (
        types.submodule (
          { name, ... }:
          {
            options = {
              mountPoint = mkOption { type = types.str; };
              device = mkOption { type = types.str; };
              options = mkOption {
                type = types.listOf types.str;
                default = [ "defaults" ];
              };
              neededForBoot = mkOption {
                type = types.bool;
                default = false;
              };
            };
            config.mountPoint = lib.mkDefault name;
          }
        )
      );
    };
  }
  {
    fileSystems."/persist" = {
      device = "rpool/persist";
      options = [ "a" ];
    };
  }
  {
    fileSystems."/persist" = {
      neededForBoot = true;
      options = [ "b" ];
    };
    fileSystems."/" = {
      device = "tmpfs";
      mountPoint = "/root";
    };
  }
]
