{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options = {
      flag = mkOption { type = types.bool; };
      list = mkOption {
        type = types.nullOr (
          types.enum [
            "a"
            "b"
          ]
        );
      };
      pattern = mkOption { type = types.strMatching "[0-9a-f]{8}"; };
    };
  }
  {
    flag = true;
    list = "a";
    pattern = "0000beef";
  }
  {
    flag = true;
    list = "a";
    pattern = "0000beef";
  }
]
