# The options of NixOS: those of the index, and those that its manual does not list.
{ lib, ... }:
let
  file = ../options.json;
  index =
    if builtins.pathExists file then
      lib.importJSON file
    else
      throw "these stand-ins have no options.json: tests/nix/README.md says how it is made";

  # The index may list what modules outside nixpkgs declare; here those modules do so themselves.
  outside = [
    [ "disko" ]
    [ "preservation" ]
    [
      "boot"
      "lanzaboote"
    ]
    [
      "services"
      "emily"
    ]
  ];
  without =
    options: path:
    let
      name = lib.head path;
    in
    if !options ? ${name} then
      options
    else if lib.length path == 1 then
      removeAttrs options path
    else
      options
      // {
        ${name}.options = without options.${name}.options (lib.tail path);
      };
  declared = lib.foldl' without index.options outside;

  optionsOf = defaults: lib.mapAttrs (name: optionOf (defaults.${name} or { }));
  optionOf =
    defaults: node:
    if node ? options then
      optionsOf defaults node.options
    else
      lib.mkOption (
        {
          type = typeOf defaults node.type;
        }
        // lib.optionalAttrs (defaults ? _default) { default = defaults._default; }
      );
  typeOf = import ./types.nix { inherit lib optionsOf; };

  inherit (lib) mkOption types;
  hidden = {
    assertions = mkOption {
      type = types.listOf types.unspecified;
      default = [ ];
    };
    warnings = mkOption {
      type = types.listOf types.str;
      default = [ ];
    };
    lib = mkOption {
      type = types.attrsOf types.attrs;
      default = { };
    };
    boot.loader.supportsInitrdSecrets = mkOption {
      type = types.bool;
      default = false;
    };
    nixpkgs.pkgs = mkOption { type = types.raw; };
    system.build = mkOption {
      default = { };
      type = types.submodule {
        freeformType = types.lazyAttrsOf (types.uniq types.unspecified);
        options.installBootLoader = mkOption {
          type = types.unique {
            message = "Only one bootloader can be enabled at a time.";
          } types.unspecified;
        };
      };
    };
  };
  # more is taken since the index was made
  newer.virtualisation.emptyDiskImages = mkOption {
    type =
      let
        image = types.submodule {
          options = {
            size = mkOption { type = types.ints.positive; };
            driveConfig = mkOption {
              type = types.attrsOf types.anything;
              default = { };
            };
          };
        };
      in
      types.listOf (types.coercedTo types.ints.positive (size: { inherit size; }) image);
  };
in
{
  _file = "the option index";
  options = lib.recursiveUpdateUntil (
    _: _: lib.isOption
  ) (optionsOf (import ./defaults.nix) declared) (lib.recursiveUpdate hidden newer);
}
