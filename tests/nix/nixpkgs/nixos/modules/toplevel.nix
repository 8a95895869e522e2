# `system.build.toplevel`: one name for all that was defined, once every assertion holds.
{
  config,
  definitions,
  lib,
  pkgs,
  ...
}:
let
  failed = map (a: a.message) (lib.filter (a: !a.assertion) config.assertions);

  # the values at a path, `<name>` and `*` being every element
  valuesAt =
    path: value:
    if path == [ ] then
      [ value ]
    else if lib.head path == "<name>" then
      lib.concatMap (valuesAt (lib.tail path)) (lib.attrValues value)
    else if lib.head path == "*" then
      lib.concatMap (valuesAt (lib.tail path)) value
    else
      valuesAt (lib.tail path) value.${lib.head path};
  isSet = path: path == [ ] || lib.hasAttrByPath path definitions;
  # what stands before the first wildcard; without one the option itself is required
  root = path: if lib.any isWildcard path then lib.head (cut path) else [ ];
  isWildcard = name: name == "<name>" || name == "*";
  cut =
    path:
    lib.foldl' (
      done: name:
      if lib.length done == 2 then
        done
      else if isWildcard name then
        done ++ [ name ]
      else
        [ (lib.head done ++ [ name ]) ]
    ) [ [ ] ] path;
  required = lib.concatMap (path: if isSet (root path) then valuesAt path config else [ ]) (
    import ../required.nix
  );

  # a value as JSON can hold it
  plain =
    value:
    if builtins.isFunction value then
      "<function>"
    else if lib.isStringLike value then
      "${value}"
    else if builtins.isAttrs value then
      lib.mapAttrs (_: plain) value
    else if builtins.isList value then
      map plain value
    else
      value;
  # an image is made of the toplevel
  own = [
    "assertions"
    "image"
    "lib"
    "system"
  ];
  everything = plain (
    removeAttrs definitions own
    // {
      inherit (config.system.build) installBootLoader;
      inherit required;
      nixpkgs = removeAttrs (definitions.nixpkgs or { }) [ "pkgs" ];
      system = removeAttrs definitions.system [ "build" ];
    }
  );
  name = "nixos-system-${config.networking.hostName}-${config.system.stateVersion}";
  digest = builtins.substring 0 32 (builtins.hashString "sha256" (builtins.toJSON everything));
  path = "${builtins.storeDir}/${digest}-${name}";
in
{
  system.build.toplevel = builtins.seq pkgs.system (
    if failed != [ ] then
      throw "\nFailed assertions:\n${lib.concatMapStringsSep "\n" (message: "- ${message}") failed}"
    else
      lib.foldl' (value: warning: lib.warn warning value) {
        type = "derivation";
        inherit name;
        outPath = path;
        drvPath = "${path}.drv";
        definitions = everything;
      } config.warnings
  );
}
