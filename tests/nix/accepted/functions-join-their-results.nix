{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options.extensions = mkOption {
      type = types.functionTo (types.listOf types.str);
      apply =
        f:
        f {
          one = "1";
          two = "2";
        };
    };
  }
  { extensions = ps: [ ps.one ]; }
  { extensions = ps: [ ps.two ]; }
]
