# From a host's evaluated configuration to the option values that each concern furnishes it from.
# `concerns` are functions by name; each gets `config` and what is beside it, and the helpers below.
concerns: evaluated:
let
  # An option that nobody sets and that has no default is an error only when it is read.
  orElse =
    default: value:
    let
      tried = builtins.tryEval value;
    in
    if tried.success then tried.value else default;

  # What a unit's text is made from, of an element of `systemd.services` or `systemd.targets`.
  unit =
    options:
    {
      startLimitIntervalSec = orElse null options.startLimitIntervalSec;
      startLimitBurst = orElse null options.startLimitBurst;
      # Files of the project that a variable names.
      files = map (path: {
        path = "${path}";
        text = builtins.readFile path;
      }) (builtins.filter builtins.isPath (builtins.attrValues (options.environment or { })));
    }
    // builtins.intersectAttrs (builtins.listToAttrs (
      map
        (name: {
          inherit name;
          value = null;
        })
        [
          "description"
          "documentation"
          "requires"
          "wants"
          "upholds"
          "after"
          "before"
          "bindsTo"
          "partOf"
          "conflicts"
          "requisite"
          "onFailure"
          "onSuccess"
          "wantedBy"
          "unitConfig"
          "environment"
          "path"
          "serviceConfig"
          "preStart"
          "script"
          "scriptArgs"
          "postStart"
          "reload"
          "preStop"
          "postStop"
        ]
    )) options
    // {
      environment = builtins.mapAttrs (_: value: if builtins.isPath value then "${value}" else value) (
        options.environment or { }
      );
    };

  # Elements of a set of units that are there; `{ }` for one that is not.
  units = set: name: if set ? ${name} then unit set.${name} else { };
in
builtins.mapAttrs (
  _: concern:
  concern {
    inherit (evaluated) config lib pkgs;
    inherit orElse unit units;
  }
) concerns
