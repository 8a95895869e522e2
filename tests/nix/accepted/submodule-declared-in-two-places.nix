{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options.users = mkOption {
      type = types.attrsOf (types.submodule { options.uid = mkOption { type = types.int; }; });
    };
  }
  {
    options.users = mkOption {
      type = types.attrsOf (
        types.submodule {
          options.shell = mkOption {
            type = types.str;
            default = "bash";
          };
        }
      );
    };
  }
  { users.al.uid = 1000; }
]
