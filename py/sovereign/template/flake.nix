{
  description = "The NixOS hosts described in hosts/";

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
    preservation.url = "github:nix-community/preservation";
  };

  outputs =
    { nixpkgs, ... }@inputs:
    let
      inherit (nixpkgs) lib;
      # A folder is a host once `sovereign generate` has written its modules.
      isHost = name: _: lib.pathExists ./hosts/${name}/generated/default.nix;
      host =
        name: _:
        lib.nixosSystem {
          modules = [
            inputs.disko.nixosModules.disko
            inputs.lanzaboote.nixosModules.lanzaboote
            inputs.preservation.nixosModules.preservation
            ./hosts/${name}/generated
          ]
          ++ lib.optional (lib.pathExists ./hosts/${name}/extra.nix) ./hosts/${name}/extra.nix;
        };
    in
    {
      nixosConfigurations = lib.mapAttrs host (lib.filterAttrs isHost (builtins.readDir ./hosts));
    };
}
