# The options of NixOS and of the modules that every host has, as share/doc/nixos/options.json.
{
  nixosOptionsDoc,
  nixosSystem,
  stdenv,
  upstream,
}:
let
  host = nixosSystem {
    modules = upstream ++ [ { nixpkgs.hostPlatform = stdenv.hostPlatform.system; } ];
  };
in
(nixosOptionsDoc {
  options = removeAttrs host.options [ "_module" ];
  # some options of these modules have no description
  warningsAreErrors = false;
}).optionsJSON
