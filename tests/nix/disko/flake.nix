# A stand-in for disko: the options of its module, and the NixOS options that a layout sets.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
  outputs =
    { self, ... }:
    {
      nixosModules.disko = ./module.nix;
      nixosModules.default = self.nixosModules.disko;
    };
}
