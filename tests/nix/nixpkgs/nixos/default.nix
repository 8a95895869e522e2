# `lib.nixosSystem`: modules evaluated against the options of NixOS.
{ lib, nixpkgs }:
{
  modules,
  specialArgs ? { },
  ...
}:
let
  evaluated = lib.evalModules {
    specialArgs = {
      modulesPath = "${toString nixpkgs}/nixos/modules";
    }
    // specialArgs;
    modules = [
      ./options.nix
      ./modules/assertions.nix
      ./modules/boot.nix
      ./modules/file-systems.nix
      ./modules/network.nix
      ./modules/nixpkgs.nix
      ./modules/services.nix
      ./modules/toplevel.nix
      ./modules/users.nix
      ./modules/zfs.nix
      { _module.args.definitions = evaluated.defined; }
      { nixpkgs.flake.source = lib.mkDefault (toString nixpkgs); }
    ]
    ++ modules;
  };
in
evaluated
// {
  inherit lib;
  inherit (evaluated._module.args) pkgs;
}
