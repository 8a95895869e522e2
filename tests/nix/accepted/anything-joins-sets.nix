{ lib }:
let
  inherit (lib) mkOption types;
in
[
  { options.unit = mkOption { type = types.anything; }; }
  {
    unit.serviceConfig = {
      Type = "oneshot";
      User = "root";
    };
  }
  {
    unit.serviceConfig.Type = "oneshot";
    unit.wantedBy = [ "a" ];
    unit.serviceConfig.Nice = lib.mkForce 5;
  }
  { unit.serviceConfig.Nice = 1; }
]
