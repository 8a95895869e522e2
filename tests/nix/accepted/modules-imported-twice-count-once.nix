{ lib }:
let
  inherit (lib) mkOption types;
in
[
  { options.list = mkOption { type = types.listOf types.int; }; }
  {
    imports = [
      {
        key = "shared";
        list = [ 1 ];
      }
    ];
  }
  {
    imports = [
      {
        key = "shared";
        list = [ 1 ];
      }
    ];
  }
]
