{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    freeformType = types.attrsOf (types.attrsOf types.int);
    options.known = mkOption { type = types.str; };
  }
  {
    known = "k";
    free.a = 1;
  }
  { free.b = 2; }
]
