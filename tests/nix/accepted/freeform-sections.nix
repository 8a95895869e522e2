{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options.settings = mkOption {
      default = { };
      type = types.submodule {
        freeformType = types.attrsOf (types.attrsOf (types.nullOr (types.either types.bool types.str)));
        options.global.security = mkOption {
          type = types.enum [
            "auto"
            "user"
          ];
          default = "user";
        };
      };
    };
  }
  {
    settings.global."server smb encrypt" = "desired";
    settings.models."read only" = true;
  }
  {
    settings.models.path = "/ember/models";
    settings.models.comment = null;
  }
]
