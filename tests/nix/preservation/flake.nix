# A stand-in for preservation: the options of its module, and what it needs of the file systems.
{
  outputs =
    { self, ... }:
    {
      nixosModules.preservation = ./module.nix;
      nixosModules.default = self.nixosModules.preservation;
    };
}
