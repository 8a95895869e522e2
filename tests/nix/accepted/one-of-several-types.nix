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
        ]
        (
          _:
          mkOption {
            type = types.oneOf [
              types.int
              (types.listOf types.int)
              types.str
            ];
          }
        );
  }
  {
    a = 1;
    b = [ 1 ];
    c = "x";
  }
  {
    a = 1;
    b = [ 2 ];
  }
]
