# Declaring an option, and speaking of options in messages.
{ lib }:
let
  pretty =
    depth: value:
    if builtins.isFunction value then
      "<function>"
    else if lib.isDerivation value then
      "<derivation ${value.name or "?"}>"
    else if builtins.isAttrs value then
      if value == { } then
        "{ }"
      else if depth == 0 then
        "{ … }"
      else
        "{ ${lib.concatMapAttrsStringSep "" (name: v: "${quoted name} = ${pretty (depth - 1) v}; ") value}}"
    else if builtins.isList value then
      if value == [ ] then
        "[ ]"
      else if depth == 0 then
        "[ … ]"
      else
        "[ ${lib.concatMapStrings (v: pretty (depth - 1) v + " ") value}]"
    else if builtins.isPath value then
      toString value
    else if builtins.isString value then
      lib.escapeNixString (builtins.unsafeDiscardStringContext value)
    else
      builtins.toJSON value;

  quoted =
    name:
    if builtins.match "[a-zA-Z_][a-zA-Z0-9_'-]*" name == null then lib.escapeNixString name else name;

  # what stands for a name rather than being one
  wildcards = [
    "*"
    "<name>"
    "<function body>"
  ];
in
rec {
  mkOption = attrs: attrs // { _type = "option"; };
  isOption = value: value._type or null == "option";
  mkEnableOption =
    name:
    mkOption {
      default = false;
      example = true;
      description = "Whether to enable ${name}.";
      type = lib.types.bool;
    };
  mkPackageOption =
    pkgs: name:
    {
      default ? name,
      ...
    }:
    mkOption {
      type = lib.types.package;
      default = lib.getAttrFromPath (lib.toList default) pkgs;
      description = "The ${toString name} package to use.";
    };
  literalExpression = text: {
    _type = "literalExpression";
    inherit text;
  };
  literalMD = literalExpression;

  showOption =
    path:
    lib.concatMapStringsSep "." (name: if lib.elem name wildcards then name else quoted name) path;
  showFiles = lib.concatMapStringsSep " and " (file: "`${file}'");
  showDefs = lib.concatMapStrings (def: "\n- In `${def.file}': ${pretty 3 def.value}");
  showValue = pretty 3;

  wrongType =
    loc: type: defs:
    throw "A definition for option `${showOption loc}' is not of type `${type.description}'. Definition values:${showDefs defs}";
  mergeOneOption =
    loc: defs:
    if lib.length defs == 1 then
      (lib.head defs).value
    else
      throw "The option `${showOption loc}' is defined multiple times while it's expected to be unique.\nDefinition values:${showDefs defs}\n${mendPriority}";
  mergeEqualOption =
    loc: defs:
    let
      first = (lib.head defs).value;
    in
    if lib.all (def: def.value == first) (lib.tail defs) then
      first
    else
      throw "The option `${showOption loc}' has conflicting definition values:${showDefs defs}\n${mendPriority}";
  mendPriority = "Use `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.";
}
