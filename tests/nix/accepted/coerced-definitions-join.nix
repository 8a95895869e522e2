{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options.systems = mkOption {
      type = types.coercedTo (types.listOf types.str) (names: lib.genAttrs names (_: true)) (
        types.attrsOf types.bool
      );
    };
  }
  {
    systems = [
      "zfs"
      "ext4"
    ];
  }
  { systems.btrfs = false; }
]
