{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options.peers = mkOption {
      type = types.listOf (
        types.submodule (
          { name, ... }:
          {
            options.key = mkOption { type = types.singleLineStr; };
            options.label = mkOption {
              type = types.str;
              default = name;
            };
          }
        )
      );
    };
  }
  { peers = [ { key = "a\n"; } ]; }
  {
    peers = [
      { key = "b"; }
      (lib.mkIf false { key = "c"; })
    ];
  }
]
