# A type written as JSON (see tests/nix/README.md) as a type of the module system.
{ lib, optionsOf }:
let
  inherit (lib) types;

  # What the index says nothing of: sets and lists join at every depth, the rest must be equal.
  unknown = types.mkOptionType {
    name = "anything";
    merge =
      loc: defs:
      let
        values = map (def: def.value) defs;
        plainSet = value: builtins.isAttrs value && !(lib.isStringLike value || lib.isDerivation value);
      in
      if lib.length defs == 1 && !lib.all plainSet values then
        lib.head values
      else if lib.all plainSet values then
        (types.attrsOf unknown).merge loc defs
      else if lib.all builtins.isList values then
        lib.concatLists values
      else
        lib.mergeEqualOption loc defs;
  };

  int =
    min: max:
    if min == null && max == null then
      types.int
    else if min == 0 && max == 65535 then
      types.port
    else if min == 0 && max == null then
      types.ints.unsigned
    else if min == 1 && max == null then
      types.ints.positive
    else if min != null && max != null then
      types.ints.between min max
    else
      types.addCheck types.int (value: (min == null || value >= min) && (max == null || value <= max));

  number =
    {
      min ? null,
      max ? null,
      aboveZero ? false,
      ...
    }:
    types.addCheck types.number (
      value: (min == null || value >= min) && (max == null || value <= max) && (!aboveZero || value > 0)
    );

  function = types.mkOptionType {
    name = "function";
    check = builtins.isFunction;
    merge = lib.mergeOneOption;
  };

  typeOf =
    defaults: type:
    let
      of = typeOf (defaults."<name>" or defaults."*" or { }) type.of;
      kinds = {
        anything = unknown;
        inherit function;
        inherit (types)
          bool
          float
          nonEmptyStr
          package
          path
          singleLineStr
          str
          ;
        number = number type;
        int = int type.min type.max;
        enum = types.enum type.values;
        strMatching = types.strMatching type.pattern;
        separated = types.separatedString type.separator;
        nullOr = types.nullOr (typeOf defaults type.of);
        listOf = if type.nonEmpty or false then types.nonEmptyListOf of else types.listOf of;
        attrsOf = if type.lazy or false then types.lazyAttrsOf of else types.attrsOf of;
        either = types.oneOf (map (typeOf defaults) type.of);
        submodule = types.submodule (
          {
            _file = "the option index";
            options = optionsOf defaults type.options;
          }
          // lib.optionalAttrs (type.freeform or null != null) {
            freeformType = typeOf { } type.freeform;
          }
        );
      };
    in
    kinds.${type.kind} or (throw "the option index has a type of an unknown kind: ${type.kind}");
in
typeOf
