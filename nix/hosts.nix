# Every folder with a generated/default.nix is a host; its extra.nix is imported when it is there.
{
  lib,
  folder,
  modules,
}:
let
  isHost =
    name: type: type == "directory" && lib.pathExists (folder + "/${name}/generated/default.nix");
  names = lib.attrNames (lib.filterAttrs isHost (builtins.readDir folder));
  module =
    name:
    let
      extra = folder + "/${name}/extra.nix";
    in
    {
      imports =
        modules ++ [ (folder + "/${name}/generated") ] ++ lib.optional (lib.pathExists extra) extra;
    };
in
rec {
  nixosModules = lib.genAttrs names module;
  nixosConfigurations = lib.mapAttrs (_: host: lib.nixosSystem { modules = [ host ]; }) nixosModules;
}
