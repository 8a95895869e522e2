# A stand-in for nixpkgs: its module system, typed options and package names.
{
  outputs =
    { self }:
    let
      lib = import ./lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
    in
    {
      lib = lib // {
        nixosSystem = import ./nixos {
          inherit lib;
          nixpkgs = self;
        };
      };
      legacyPackages = lib.genAttrs systems (system: import ./packages { inherit lib system; });
    };
}
