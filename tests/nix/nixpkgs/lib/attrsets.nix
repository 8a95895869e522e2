# Functions of attribute sets.
{ lib }:
rec {
  inherit (builtins)
    attrNames
    attrValues
    catAttrs
    getAttr
    hasAttr
    intersectAttrs
    isAttrs
    listToAttrs
    mapAttrs
    removeAttrs
    zipAttrsWith
    ;
  nameValuePair = name: value: { inherit name value; };
  genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
  filterAttrs =
    keep: set: removeAttrs set (builtins.filter (name: !keep name set.${name}) (attrNames set));
  filterAttrsRecursive =
    keep: set:
    builtins.mapAttrs (_: value: if isAttrs value then filterAttrsRecursive keep value else value) (
      filterAttrs keep set
    );
  mapAttrs' = f: set: listToAttrs (mapAttrsToList f set);
  mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
  attrsToList = mapAttrsToList nameValuePair;
  concatMapAttrs = f: set: mergeAttrsList (mapAttrsToList f set);
  mergeAttrsList = builtins.foldl' (left: right: left // right) { };
  optionalAttrs = condition: set: if condition then set else { };
  setAttrByPath =
    path: value:
    if path == [ ] then
      value
    else
      { ${builtins.head path} = setAttrByPath (builtins.tail path) value; };
  attrByPath =
    path: default: set:
    if path == [ ] then
      set
    else if set ? ${builtins.head path} then
      attrByPath (builtins.tail path) default set.${builtins.head path}
    else
      default;
  hasAttrByPath =
    path: set:
    path == [ ]
    || (set ? ${builtins.head path} && hasAttrByPath (builtins.tail path) set.${builtins.head path});
  getAttrFromPath =
    path: set: attrByPath path (throw "cannot find attribute '${lib.showOption path}'") set;
  recursiveUpdateUntil =
    stop: left: right:
    let
      below =
        path:
        zipAttrsWith (
          name: values:
          let
            here = path ++ [ name ];
            new = builtins.head values;
            old = builtins.elemAt values 1;
          in
          if builtins.length values == 1 || stop here old new then new else below here values
        );
    in
    below
      [ ]
      [
        right
        left
      ];
  recursiveUpdate = recursiveUpdateUntil (
    _: left: right:
    !(isAttrs left && isAttrs right)
  );
  isDerivation = value: value.type or null == "derivation";
  getOutput = output: package: package.${output} or package.out or package;
  getBin = getOutput "bin";
  getLib = getOutput "lib";
}
