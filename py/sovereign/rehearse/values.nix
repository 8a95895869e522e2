# From a host's evaluated configuration to the option values that each concern furnishes it from.
# `concerns` are functions by name; each gets `config`, `lib`, `pkgs` and the helpers below.
concerns:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  # What stands for an option that nobody sets and that has no default: reading it is an error.
  orElse =
    default: value:
    let
      tried = builtins.tryEval value;
    in
    if tried.success then tried.value else default;

  told = [
    "after"
    "before"
    "bindsTo"
    "conflicts"
    "description"
    "documentation"
    "onFailure"
    "onSuccess"
    "partOf"
    "path"
    "postStart"
    "postStop"
    "preStart"
    "preStop"
    "reload"
    "requires"
    "requisite"
    "script"
    "scriptArgs"
    "serviceConfig"
    "unitConfig"
    "upholds"
    "wantedBy"
    "wants"
  ];

  # What the text of a unit is made from, of an element of `systemd.services` or `systemd.targets`.
  unit =
    options:
    let
      environment = options.environment or { };
    in
    lib.filterAttrs (name: _: lib.elem name told) options
    // {
      environment = lib.mapAttrs (_: value: if lib.isPath value then "${value}" else value) environment;
      # Files of the project that a variable names.
      files = map (path: {
        path = "${path}";
        text = lib.readFile path;
      }) (lib.filter lib.isPath (lib.attrValues environment));
      startLimitBurst = orElse null options.startLimitBurst;
      startLimitIntervalSec = orElse null options.startLimitIntervalSec;
    };

  # The unit of a name; `{ }` where there is none.
  units = set: name: if set ? ${name} then unit set.${name} else { };
in
lib.mapAttrs (
  _: concern:
  concern {
    inherit
      config
      lib
      orElse
      pkgs
      unit
      units
      ;
  }
) concerns
