{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options = {
      list = mkOption { type = types.listOf types.int; };
      set = mkOption { type = types.attrsOf types.int; };
      maybe = mkOption { type = types.nullOr types.int; };
      module = mkOption { type = types.submodule { options.x = mkOption { default = 1; }; }; };
      group.flag = lib.mkEnableOption "it";
    };
  }
]
