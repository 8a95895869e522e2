{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options = lib.mapAttrs (_: type: mkOption { inherit type; }) {
      byte = types.ints.u8;
      level = types.ints.between 1 19;
      port = types.port;
      positive = types.ints.positive;
      unsigned = types.ints.unsigned;
      number = types.number;
      float = types.float;
    };
  }
  {
    byte = 255;
    level = 19;
    port = 0;
    positive = 1;
    unsigned = 0;
    number = 2;
    float = 0.5;
  }
]
