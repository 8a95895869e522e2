{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options.settings = mkOption {
      type = types.submodule {
        freeformType = types.attrsOf (
          types.oneOf [
            types.bool
            types.int
            types.str
            (types.listOf types.str)
          ]
        );
        options.port = mkOption {
          type = types.port;
          default = 5432;
        };
        options.nested.level = mkOption {
          type = types.enum [
            "info"
            "debug"
          ];
          default = "info";
        };
      };
    };
  }
  {
    settings.max_connections = 100;
    settings.listen = [ "a" ];
  }
  {
    settings.listen = [ "b" ];
    settings.nested.level = "debug";
    settings.port = 5433;
  }
]
