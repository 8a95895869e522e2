{ lib }:
let
  inherit (lib) mkOption types;
in
[
  { options.list = mkOption { type = types.listOf types.str; }; }
  { list = [ "dropped" ]; }
  { list = lib.mkForce (lib.mkAfter [ "last" ]); }
  { list = lib.mkForce [ "first" ]; }
]
