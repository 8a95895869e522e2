{ lib }:
let
  inherit (lib) mkOption types;
in
[
  {
    options.greeting = mkOption { type = types.str; };
    options.declared = mkOption { type = types.bool; };
  }
  (
    {
      greeter,
      options,
      config,
      ...
    }@args:
    {
      greeting = "${greeter} ${builtins.toJSON (args ? lib)}";
      declared = options.greeting.isDefined;
    }
  )
  { _module.args.greeter = "hello"; }
]
