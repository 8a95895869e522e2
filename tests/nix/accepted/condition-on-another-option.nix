{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options.enable = lib.mkEnableOption "it";
    options.ports = mkOption {
      type = types.listOf types.port;
      default = [ ];
    };
  }
  (
    { config, ... }:
    {
      config = lib.mkIf config.enable { ports = [ 445 ]; };
    }
  )
  { enable = true; }
]
