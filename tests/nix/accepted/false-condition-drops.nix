{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options = {
      set = mkOption { type = types.attrsOf types.int; };
      lazy = mkOption { type = types.lazyAttrsOf (types.nullOr types.int); };
      list = mkOption { type = types.listOf types.int; };
      value = mkOption {
        type = types.int;
        default = 7;
      };
    };
  }
  {
    set = {
      a = lib.mkIf false 1;
      b = lib.mkIf true 2;
    };
    lazy.a = lib.mkIf false 1;
    list = lib.mkIf false [ 1 ];
    value = lib.mkIf false 1;
  }
  (lib.mkIf false { set.c = 3; })
  { config = lib.mkIf true { set.d = 4; }; }
]
