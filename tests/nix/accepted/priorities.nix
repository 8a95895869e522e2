{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options =
      lib.genAttrs
        [
          "a"
          "b"
          "c"
          "d"
        ]
        (
          _:
          mkOption {
            type = types.int;
            default = 0;
          }
        );
  }
  {
    a = lib.mkOptionDefault 0;
    b = lib.mkDefault 1;
    c = 2;
    d = lib.mkOverride 40 3;
  }
  {
    b = lib.mkOptionDefault 9;
    c = lib.mkDefault 9;
    d = lib.mkForce 9;
  }
]
