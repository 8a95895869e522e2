# The options of NixOS and of the modules that every host has, as share/doc/nixos/options.json.
{
  modules,
  nixosOptionsDoc,
  nixosSystem,
  stdenv,
}:
let
  host = nixosSystem {
    modules = modules ++ [ { nixpkgs.hostPlatform = stdenv.hostPlatform.system; } ];
  };
in
(nixosOptionsDoc {
  options = removeAttrs host.options [ "_module" ];
  # some options of these modules have no description
  warningsAreErrors = false;
}).optionsJSON
