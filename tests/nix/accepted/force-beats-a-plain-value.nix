{ lib }:
let
  inherit (lib) mkOption types;
in
[
  { options.kernel = mkOption { type = types.str; }; }
  { kernel = "6.12"; }
  { kernel = lib.mkForce "6.18"; }
]
