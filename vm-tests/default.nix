# The VM tests: one for each host of this system, and one for each file beside this one.
{
  folder,
  inputs,
  lib,
  nixosConfigurations,
  nixosModules,
  pkgs,
}:
let
  inherit (pkgs.stdenv.hostPlatform) system;

  # what is expected of a host is what its test looks at
  isTested =
    name: host:
    host.pkgs.stdenv.hostPlatform.system == system
    && lib.pathExists (folder + "/${name}/generated/expectations.json");
  hosts = lib.filterAttrs isTested nixosConfigurations;
  worldOf =
    name: host:
    import ./world {
      inherit
        host
        inputs
        lib
        name
        pkgs
        ;
      module = nixosModules.${name};
      expectations = folder + "/${name}/generated/expectations.json";
    };

  # The concerns are looked at on the host that has all of them.
  subject = "cloudlab";
  isConcern = file: type: type == "regular" && lib.hasSuffix ".nix" file && file != "default.nix";
  concerns = lib.optionalAttrs (hosts ? ${subject}) (
    lib.mapAttrs' (
      file: _:
      lib.nameValuePair (lib.removeSuffix ".nix" file) (
        import (./. + "/${file}") (worldOf subject hosts.${subject})
      )
    ) (lib.filterAttrs isConcern (builtins.readDir ./.))
  );
  ofHosts = lib.mapAttrs' (
    name: host: lib.nameValuePair "host-${name}" (import ./world/host.nix (worldOf name host))
  ) hosts;

  check =
    name: test:
    lib.nameValuePair "vm-${name}" (
      pkgs.testers.runNixOSTest {
        inherit name;
        imports = [ test ];
        # hosts set nixpkgs' options; see world/scaled.nix
        node.pkgsReadOnly = false;
        defaults = {
          nixpkgs.pkgs = pkgs;
          documentation.enable = lib.mkDefault false;
        };
      }
    );
in
lib.mapAttrs' check (concerns // ofHosts)
