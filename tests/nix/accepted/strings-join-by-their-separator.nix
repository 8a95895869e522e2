{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options = {
      lines = mkOption { type = types.lines; };
      commas = mkOption { type = types.commas; };
      words = mkOption { type = types.separatedString " "; };
    };
  }
  {
    lines = "b";
    commas = "b";
    words = "b";
  }
  {
    lines = "a";
    commas = "a";
    words = "a";
  }
]
