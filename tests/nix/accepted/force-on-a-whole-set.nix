{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options.server = {
      name = mkOption { type = types.str; };
      ports = mkOption { type = types.listOf types.port; };
    };
  }
  {
    server = {
      name = "a";
      ports = [ 80 ];
    };
  }
  { server = lib.mkForce { ports = [ 443 ]; }; }
]
