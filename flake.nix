{
  description = "One typed inventory of hosts; NixOS modules derived from it";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
    lanzaboote = {
      url = "github:nix-community/lanzaboote/v1.1.0";
      inputs.nixpkgs.follows = "nixpkgs";
    };
    disko = {
      url = "github:nix-community/disko";
      inputs.nixpkgs.follows = "nixpkgs";
    };
    # has no inputs of its own
    preservation.url = "github:nix-community/preservation";
  };

  outputs =
    { self, nixpkgs, ... }@inputs:
    let
      inherit (nixpkgs) lib;
      modules = [
        ./nix/modules/emily.nix
        inputs.disko.nixosModules.disko
        inputs.lanzaboote.nixosModules.lanzaboote
        inputs.preservation.nixosModules.preservation
      ];
      hosts = import ./nix/hosts.nix {
        inherit lib modules;
        folder = ./hosts;
      };
      eachSystem =
        f:
        lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (
          system: f (nixpkgs.legacyPackages.${system}.extend self.overlays.default)
        );
    in
    {
      inherit (hosts) nixosConfigurations;
      nixosModules = hosts.nixosModules // {
        emily = ./nix/modules/emily.nix;
      };

      overlays.default = import ./nix/overlay.nix;

      packages = eachSystem (pkgs: {
        default = pkgs.sovereign;
        inherit (pkgs)
          emily
          scf
          scf-worker
          sovereign
          ;
        option-index = pkgs.callPackage ./nix/packages/option-index.nix {
          inherit modules;
          inherit (lib) nixosSystem;
        };
      });

      apps = eachSystem (pkgs: {
        default = {
          type = "app";
          program = lib.getExe pkgs.sovereign;
          meta.description = "The fleet tool";
        };
      });

      devShells = eachSystem (pkgs: {
        default = pkgs.callPackage ./nix/devshell.nix { };
      });

      # `self` is what git tracks: no check sees a file that is not in the repository.
      checks = eachSystem (
        pkgs:
        import ./nix/checks.nix {
          inherit (pkgs)
            emily
            nixfmt
            runCommand
            scf
            scf-worker
            sovereign
            ;
          source = self;
        }
        // import ./vm-tests {
          inherit inputs lib pkgs;
          inherit (hosts) nixosConfigurations nixosModules;
          folder = ./hosts;
        }
      );

      formatter = eachSystem (pkgs: pkgs.nixfmt-tree);

      templates.default = {
        path = ./py/sovereign/template;
        description = "A fleet of one host to start from";
      };
    };
}
