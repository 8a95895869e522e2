{ lib }:
let
  inherit (lib) mkOption types;
in
[
  { options.list = mkOption { type = types.listOf types.int; }; }
  {
    list = [
      1
      2
    ];
  }
  {
    imports = [ { list = [ 5 ]; } ];
    list = [ 3 ];
  }
  { list = [ 4 ]; }
]
