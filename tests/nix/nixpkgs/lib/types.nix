# The types of options: what a value must be, how definitions merge, what messages call it.
{ lib }:
let
  composed = import ./types-composed.nix { inherit lib; };

  # A type. `phrase` says how its description may stand inside another's: a "noun" and a "composite"
  # as they are, a "conjunction" where nothing else could be meant. `mergeIn` is `merge` for one of
  # the two views of a configuration (see modules.nix); `emptyIn` is what no definition amounts to,
  # where `emptyValue` will not do; `unite` joins the types of two declarations.
  mkOptionType =
    {
      name,
      description ? name,
      phrase ? "noun",
      check ? _: true,
      merge ? mergeUnspecified,
      mergeIn ? _: merge,
      emptyValue ? { },
      unite ? _: null,
      ...
    }@attrs:
    attrs
    // {
      _type = "option-type";
      inherit
        name
        description
        phrase
        check
        mergeIn
        emptyValue
        unite
        ;
      merge = mergeIn "config";
    };

  # atoms of the same name are the same type
  atom =
    attrs:
    let
      self = mkOptionType ({ unite = _: self; } // attrs);
    in
    self;
  equal =
    name: description: check:
    atom {
      inherit name description check;
      merge = lib.mergeEqualOption;
    };

  # two values of which nothing is known: sets and lists join, the rest must be said once
  mergeUnspecified =
    loc: defs:
    let
      values = map (def: def.value) defs;
    in
    if lib.length defs == 1 then
      lib.head values
    else if lib.all builtins.isList values then
      lib.concatLists values
    else if lib.all builtins.isAttrs values then
      lib.mergeAttrsList values
    else if lib.all builtins.isBool values then
      lib.any lib.id values
    else if lib.all builtins.isString values then
      lib.concatStrings values
    else
      lib.mergeEqualOption loc defs;

  # sets join at every depth, functions join their results, the rest must be equal
  mergeAnything =
    loc: defs:
    let
      values = map (def: def.value) defs;
      plainSet = value: builtins.isAttrs value && !(lib.isStringLike value || lib.isDerivation value);
    in
    if lib.all plainSet values then
      (composed.attrsOf anything).merge loc defs
    else if lib.length defs > 1 && lib.all builtins.isFunction values then
      argument:
      mergeAnything (loc ++ [ "<function body>" ]) (
        map (def: def // { value = def.value argument; }) defs
      )
    else
      lib.mergeEqualOption loc defs;
  anything = atom {
    name = "anything";
    merge = mergeAnything;
  };

  ranges =
    let
      int = equal "int" "signed integer" builtins.isInt;
      where =
        description: keep:
        int
        // {
          name = "intBetween";
          inherit description;
          check = value: builtins.isInt value && keep value;
          unite = _: null;
        };
      between =
        low: high:
        where "integer between ${toString low} and ${toString high} (both inclusive)" (
          value: value >= low && value <= high
        );
      bits =
        signed: count: low: high:
        where
          "${toString count} bit ${signed} integer; between ${toString low} and ${toString high} (both inclusive)"
          (value: value >= low && value <= high);
    in
    {
      inherit int between;
      unsigned = where "unsigned integer, meaning >=0" (value: value >= 0);
      positive = where "positive integer, meaning >0" (value: value > 0);
      u8 = bits "unsigned" 8 0 255;
      u16 = bits "unsigned" 16 0 65535;
      u32 = bits "unsigned" 32 0 4294967295;
      s8 = bits "signed" 8 (-128) 127;
      s16 = bits "signed" 16 (-32768) 32767;
      s32 = bits "signed" 32 (-2147483648) 2147483647;
    };

  text =
    name: description: keep:
    equal name description (value: builtins.isString value && keep value);
  separated =
    name: description: separator:
    atom {
      inherit name description;
      check = builtins.isString;
      merge = _: lib.concatMapStringsSep separator (def: def.value);
      inherit separator;
      unite = other: if other.separator == separator then separated name description separator else null;
    };
in
composed
// rec {
  inherit mkOptionType anything;
  isOptionType = value: value._type or null == "option-type";
  ints = removeAttrs ranges [ "int" ];
  inherit (ranges) int;
  port = ints.u16;
  bool = equal "bool" "boolean" builtins.isBool;
  float = equal "float" "floating point number" builtins.isFloat;
  number = composed.either int float;
  str = text "str" "string" (_: true);
  nonEmptyStr = text "nonEmptyStr" "non-empty string" (
    value: builtins.match "[ \t\n]*" value == null
  );
  singleLineStr =
    text "singleLineStr" "(optionally newline-terminated) single-line string" (
      value: builtins.match "[^\n\r]*\n?" value != null
    )
    // {
      merge = loc: defs: lib.removeSuffix "\n" (lib.mergeEqualOption loc defs);
      mergeIn = _: singleLineStr.merge;
    };
  strMatching =
    pattern:
    text "strMatching" "string matching the pattern ${pattern}" (
      value: builtins.match pattern value != null
    )
    // {
      unite = _: null;
    };
  passwdEntry =
    of:
    of
    // {
      name = "passwdEntry ${of.name}";
      description = "${of.description}, not containing newlines or colons";
      check = value: of.check value && !(lib.hasInfix "\n" value || lib.hasInfix ":" value);
    };
  lines = separatedString "\n";
  commas = separatedString ",";
  envVar = separatedString ":";
  separatedString =
    separator:
    separated "separatedString" "strings concatenated with ${builtins.toJSON separator}" separator;
  path = equal "path" "absolute path" (
    value: lib.isStringLike value && builtins.substring 0 1 (toString value) == "/"
  );
  pathInStore = equal "pathInStore" "path in the Nix store" lib.isStorePath;
  externalPath = equal "externalPath" "absolute path not in the Nix store" (
    value:
    builtins.isString value
    && lib.hasPrefix "/" value
    && builtins.match "${lib.escapeRegex builtins.storeDir}/[0-9a-z]{32}-.*" value == null
    && builtins.getContext value == { }
  );
  package = atom {
    name = "package";
    check = value: lib.isDerivation value || lib.isStorePath value;
    merge = lib.mergeOneOption;
  };
  shellPackage = package;
  pkgs = attrs;
  attrs = atom {
    name = "attrs";
    description = "attribute set";
    check = builtins.isAttrs;
    merge = _: defs: lib.mergeAttrsList (map (def: def.value) defs);
    emptyValue.value = { };
  };
  unspecified = atom {
    name = "unspecified";
    description = "unspecified value";
  };
  raw = atom {
    name = "raw";
    description = "raw value";
    merge = lib.mergeOneOption;
  };
  optionType = raw;
  enum =
    values:
    mkOptionType {
      name = "enum";
      description =
        if values == [ ] then
          "impossible (empty enum)"
        else if lib.length values == 1 then
          "value ${lib.showValue (lib.head values)} (singular enum)"
        else
          "one of ${
            lib.concatMapStringsSep ", " (v: if v == null then "<null>" else lib.showValue v) values
          }";
      phrase = "conjunction";
      check = value: lib.elem value values;
      merge = lib.mergeEqualOption;
      inherit values;
      unite = other: enum (lib.unique (values ++ other.values));
    };
}
