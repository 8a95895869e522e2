{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options.a = mkOption { type = types.listOf types.int; };
    options.b = mkOption { type = types.int; };
  }
  {
    config = lib.mkMerge [
      { a = [ 1 ]; }
      (lib.mkIf false { b = 1; })
      (lib.mkMerge [
        {
          a = lib.mkMerge [
            [ 2 ]
            (lib.mkIf true [ 3 ])
          ];
        }
        { b = 2; }
      ])
    ];
  }
]
