# The options of a test (nixos/lib/testing/ of 26.05).
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  option = type: default: mkOption { inherit type default; };
in
{
  options = {
    name = mkOption { type = types.str; };
    testScript = mkOption {
      type = types.either types.str (types.functionTo types.str);
    };
    nodes = option (types.lazyAttrsOf types.deferredModule) { };
    containers = option (types.lazyAttrsOf types.deferredModule) { };
    defaults = option types.deferredModule { };
    extraBaseModules = option types.deferredModule { };
    node = {
      pkgs = mkOption { type = types.nullOr types.raw; };
      pkgsReadOnly = option types.bool (config.node.pkgs != null);
      specialArgs = option (types.lazyAttrsOf types.raw) { };
    };
    # seconds
    globalTimeout = option types.int 3600;
    enableOCR = option types.bool false;
    skipLint = option types.bool false;
    skipTypeCheck = option types.bool false;
    sshBackdoor.enable = option types.bool false;
    extraPythonPackages = option types.raw (_: [ ]);
    interactive = option types.deferredModule { };
    meta = option types.raw { };
    passthru = option (types.lazyAttrsOf types.raw) { };
  };
}
