# The part of nixpkgs' `lib` that modules of this project may use, at the top and by file, as there.
let
  files = {
    attrsets = import ./attrsets.nix { inherit lib; };
    lists = import ./lists.nix { inherit lib; };
    strings = import ./strings.nix { inherit lib; };
    trivial = import ./trivial.nix { inherit lib; };
    properties = import ./properties.nix { inherit lib; };
    options = import ./options.nix { inherit lib; };
    modules = import ./modules.nix { inherit lib; };
    types = import ./types.nix { inherit lib; };
    fileset = import ./fileset.nix { inherit lib; };
  };
  lib =
    files
    // files.attrsets
    // files.lists
    // files.strings
    // files.trivial
    // files.properties
    // files.options
    // files.modules
    // {
      inherit (files.types) mkOptionType;
    };
in
lib
