# A stand-in for lanzaboote: the options of its module, and its place as the boot loader.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
  outputs =
    { self, ... }:
    {
      nixosModules.lanzaboote = ./module.nix;
      nixosModules.default = self.nixosModules.lanzaboote;
    };
}
