{ lib }:
let
  inherit (lib) mkOption types;
in
[
  { options.rules = mkOption { type = types.lines; }; }
  { rules = lib.mkAfter "default"; }
  { rules = "middle"; }
  { rules = lib.mkBefore "first"; }
  { rules = lib.mkOrder 400 "very first"; }
]
