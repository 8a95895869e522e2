{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options.name = mkOption {
      type = types.str;
      apply = lib.toUpper;
    };
    options.size = mkOption {
      type = types.ints.positive;
      readOnly = true;
    };
  }
  {
    name = "cloudlab";
    size = 3;
  }
]
