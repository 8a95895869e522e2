# The types that are made of other types.
{ lib }:
let
  inherit (lib) showOption;
  inherit (lib.types) mkOptionType;

  # A description inside another, in parentheses unless it is one of the phrases that need none.
  inside = phrases: of: if lib.elem of.phrase phrases then of.description else "(${of.description})";
  word = inside [
    "noun"
    "composite"
  ];

  merged = lib.mergeDefinitions;
  definedOnly = lib.filter (entry: entry.isDefined);

  attrsWith =
    {
      lazy,
      name,
      description,
    }:
    of:
    mkOptionType {
      inherit name;
      description = "${description} of ${word of}";
      phrase = "composite";
      check = builtins.isAttrs;
      emptyValue.value = { };
      mergeIn =
        view: loc: defs:
        let
          entries = lib.zipAttrsWith (key: merged (loc ++ [ key ]) of) (
            map (
              def:
              lib.mapAttrs (_: value: {
                inherit (def) file;
                inherit value;
              }) def.value
            ) defs
          );
        in
        if lazy then
          lib.mapAttrs (_: entry: entry.${view}) entries
        else
          lib.mapAttrs (_: entry: entry.${view}) (lib.filterAttrs (_: entry: entry.isDefined) entries);
      inherit of;
      unite = other: unitedOver (attrsWith { inherit lazy name description; }) of other.of;
    };

  unitedOver =
    wrap: left: right:
    let
      of = union left right;
    in
    if of == null then null else wrap of;

  # the type of an option that two modules declare, or null where the two do not go together
  union = left: right: if left.name == right.name then left.unite right else null;
in
rec {
  inherit union;

  listOf =
    of:
    mkOptionType {
      name = "listOf";
      description = "list of ${word of}";
      phrase = "composite";
      check = builtins.isList;
      emptyValue.value = [ ];
      mergeIn =
        view: loc: defs:
        map (entry: entry.${view}) (
          definedOnly (
            lib.concatLists (
              lib.imap1 (
                i: def:
                lib.imap1 (
                  j: value:
                  merged (loc ++ [ "[definition ${toString i}-entry ${toString j}]" ]) of [
                    {
                      inherit (def) file;
                      inherit value;
                    }
                  ]
                ) def.value
              ) defs
            )
          )
        );
      inherit of;
      unite = other: unitedOver listOf of other.of;
    };
  nonEmptyListOf =
    of:
    let
      list = listOf of;
    in
    list
    // {
      description = "non-empty (${list.description})";
      check = value: list.check value && value != [ ];
      emptyValue = { };
    };

  attrsOf = attrsWith {
    lazy = false;
    name = "attrsOf";
    description = "attribute set";
  };
  lazyAttrsOf = attrsWith {
    lazy = true;
    name = "lazyAttrsOf";
    description = "lazy attribute set";
  };

  nullOr =
    of:
    mkOptionType {
      name = "nullOr";
      description = "null or ${
        inside [
          "noun"
          "conjunction"
        ] of
      }";
      phrase = "conjunction";
      check = value: value == null || of.check value;
      emptyValue.value = null;
      mergeIn =
        view: loc: defs:
        let
          nulls = lib.count (def: def.value == null) defs;
        in
        if nulls == lib.length defs then
          null
        else if nulls == 0 then
          of.mergeIn view loc defs
        else
          throw "The option `${showOption loc}' is defined both null and not null, in ${
            lib.showFiles (map (def: def.file) defs)
          }.";
      inherit of;
      unite = other: unitedOver nullOr of other.of;
    };

  either =
    left: right:
    let
      self = mkOptionType {
        name = "either";
        description = "${
          inside [
            "noun"
            "conjunction"
          ] left
        } or ${
          inside [
            "noun"
            "conjunction"
            "composite"
          ] right
        }";
        phrase = "conjunction";
        check = value: left.check value || right.check value;
        mergeIn =
          view: loc: defs:
          let
            suits = type: lib.all (def: type.check def.value) defs;
          in
          if suits left then
            left.mergeIn view loc defs
          else if suits right then
            right.mergeIn view loc defs
          else
            lib.wrongType loc self defs;
      };
    in
    self;
  oneOf = types: lib.foldl' either (lib.head types) (lib.tail types);

  coercedTo =
    from: coerce: to:
    mkOptionType {
      name = "coercedTo";
      description = "${word to} or ${word from} convertible to it";
      check = value: (from.check value && to.check (coerce value)) || to.check value;
      inherit (to) emptyValue;
      mergeIn =
        view: loc: defs:
        to.mergeIn view loc (
          map (def: def // { value = if from.check def.value then coerce def.value else def.value; }) defs
        );
    };

  addCheck = type: keep: type // { check = value: type.check value && keep value; };

  unique =
    { message }:
    type:
    type
    // {
      mergeIn =
        view: loc: defs:
        if lib.length defs == 1 then
          type.mergeIn view loc defs
        else
          throw "The option `${showOption loc}' is defined multiple times while it's expected to be unique.\n${message}\nDefinition values:${lib.showDefs defs}\n${lib.mendPriority}";
    };
  uniq = unique { message = ""; };

  functionTo =
    of:
    mkOptionType {
      name = "functionTo";
      description = "function that evaluates to a(n) ${word of}";
      phrase = "composite";
      check = builtins.isFunction;
      mergeIn =
        view: loc: defs: argument:
        (merged (loc ++ [ "<function body>" ]) of (map (def: def // { value = def.value argument; }) defs))
        .${view};
    };

  submodule =
    modules:
    submoduleWith {
      modules = lib.toList modules;
      shorthandOnlyDefinesConfig = true;
    };
  submoduleWith =
    {
      modules,
      specialArgs ? { },
      shorthandOnlyDefinesConfig ? false,
      description ? null,
      ...
    }@arguments:
    let
      evaluate =
        view: loc: defs:
        (lib.evalModules {
          inherit specialArgs;
          prefix = loc;
          modules = modules ++ [ { _module.args.name = lib.last loc; } ] ++ map module defs;
        }).${view};
      module =
        def:
        {
          _file = def.file;
        }
        // (
          if builtins.isAttrs def.value && shorthandOnlyDefinesConfig then
            { config = def.value; }
          else
            { imports = [ def.value ]; }
        );
    in
    mkOptionType {
      name = "submodule";
      phrase = "clause";
      description = if description == null then "submodule" else description;
      check = value: builtins.isAttrs value || builtins.isFunction value || builtins.isPath value;
      mergeIn = evaluate;
      emptyIn = view: loc: evaluate view loc [ ];
      inherit modules;
      unite = other: submoduleWith (arguments // { modules = modules ++ other.modules; });
    };
  deferredModule = mkOptionType {
    name = "deferredModule";
    description = "module";
    check = value: builtins.isAttrs value || builtins.isFunction value || builtins.isPath value;
    merge = loc: defs: {
      imports = map (
        def: lib.setDefaultModuleLocation "${def.file}, via option ${showOption loc}" def.value
      ) defs;
    };
  };
}
