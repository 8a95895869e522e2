# A stand-in for nixpkgs: its module system, typed options and package names.
{
  outputs =
    { self }:
    let
      lib = import ./lib;
      nixosSystem = import ./nixos {
        inherit lib;
        nixpkgs = self;
      };
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
    in
    {
      lib = lib // {
        inherit nixosSystem;
      };
      legacyPackages = lib.genAttrs systems (
        system:
        import ./packages {
          inherit lib system;
          runNixOSTest = import ./testing { inherit lib nixosSystem; };
        }
      );
    };
}
