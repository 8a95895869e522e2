{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options.service = mkOption {
      type = types.submoduleWith {
        modules = [
          {
            options.name = mkOption { type = types.str; };
            options.path = mkOption { type = types.path; };
          }
        ];
        specialArgs.base = "/srv";
      };
    };
  }
  {
    service =
      { base, config, ... }:
      {
        path = "${base}/${config.name}";
      };
  }
  { service.name = "emily"; }
]
