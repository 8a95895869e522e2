# What tests/test_evaluation.py asks of the stand-ins in one directory.
{ standIns }:
let
  lib = import "${standIns}/nixpkgs/lib";
  outputs =
    name: inputs:
    let
      self = (import "${standIns}/${name}/flake.nix").outputs (inputs // { inherit self; }) // {
        outPath = "${standIns}/${name}";
      };
    in
    self;
  nixpkgs = outputs "nixpkgs" { };
  modulesOf = name: (outputs name { inherit nixpkgs; }).nixosModules.default;
  system =
    modules:
    nixpkgs.lib.nixosSystem {
      modules = [
        ./sound.nix
        (modulesOf "disko")
        (modulesOf "lanzaboote")
        (modulesOf "preservation")
      ]
      ++ modules;
    };
in
{
  # every case in accepted/, as the configuration that it amounts to
  accepted = lib.mapAttrs' (
    name: _:
    lib.nameValuePair (lib.removeSuffix ".nix" name)
      (lib.evalModules {
        modules = import ./accepted/${name} { inherit lib; };
      }).config
  ) (lib.filterAttrs (name: _: lib.hasSuffix ".nix" name) (builtins.readDir ./accepted));

  # how many options there are, each with a type that is understood
  options =
    let
      count =
        options:
        lib.foldl' (sum: option: sum + (if lib.isOption option then weigh option else count option)) 0 (
          lib.attrValues (removeAttrs options [ "_module" ])
        );
      weigh = option: builtins.seq option.type.description 1;
    in
    count (system [ ]).options;

  # a case of refused/ as a host
  host = { modules }: (system modules).config.system.build.toplevel.drvPath;
}
