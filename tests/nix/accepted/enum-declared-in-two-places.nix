{ lib }:
let
  inherit (lib) mkOption types;
in
[
  { options.kind = mkOption { type = types.enum [ "disk" ]; }; }
  { options.kind = mkOption { type = types.enum [ "pool" ]; }; }
  { kind = "pool"; }
]
