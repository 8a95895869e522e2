# The module system: modules in, one configuration out, or a message with the option and the files.
{ lib }:
let
  inherit (lib) showOption showDefs showFiles;
  inherit (import ./load.nix { inherit lib; }) collect;

  # what every configuration has beside the options of its modules
  internals =
    specialArgs:
    let
      inherit (lib) mkOption types;
    in
    {
      _file = "the module system";
      key = "the module system";
      options._module = {
        args = mkOption { type = types.lazyAttrsOf types.raw; };
        check = mkOption {
          type = types.bool;
          default = true;
        };
        freeformType = mkOption {
          type = types.nullOr types.raw;
          default = null;
        };
        specialArgs = mkOption {
          type = types.raw;
          default = specialArgs;
          readOnly = true;
        };
      };
    };

  byName =
    entries:
    lib.zipAttrsWith (_: lib.id) (
      map (
        entry:
        lib.mapAttrs (_: value: {
          inherit (entry) file;
          inherit value;
        }) entry.value
      ) entries
    );

  # One set of options, with the definitions that belong to it. `stray` are definitions of options that
  # nobody declares; `defined` is the part of the configuration that somebody defines.
  level =
    loc: declarations: definitions:
    let
      declared = byName (map (checkGroup loc) declarations);
      defined = byName (map (checkGroup loc) (lib.concatMap lib.spread definitions));
      nodes = lib.mapAttrs (name: ds: node (loc ++ [ name ]) ds (defined.${name} or [ ])) declared;
      reached = builtins.intersectAttrs defined nodes;
      unknown = removeAttrs defined (lib.attrNames declared);
    in
    {
      config = lib.mapAttrs (_: n: n.config) nodes;
      options = lib.mapAttrs (_: n: n.options) nodes;
      defined = lib.mapAttrs (_: n: n.defined) (lib.filterAttrs (_: n: n.isDefined) reached);
      isDefined = lib.any (n: n.isDefined) (lib.attrValues reached);
      stray =
        lib.concatMap (n: n.stray) (lib.attrValues reached)
        ++ lib.concatLists (
          lib.mapAttrsToList (name: map (def: def // { path = loc ++ [ name ]; })) unknown
        );
    };

  checkGroup =
    loc: entry:
    if builtins.isAttrs entry.value then
      entry
    else
      throw "In module `${entry.file}', you're trying to define a value of type `${builtins.typeOf entry.value}'\nrather than an attribute set for the option\n`${showOption loc}'!";

  node =
    loc: declarations: definitions:
    let
      parts = lib.partition (d: lib.isOption d.value) declarations;
      parent = lib.head parts.right;
    in
    if parts.right == [ ] then
      level loc declarations definitions
    else if parts.wrong == [ ] then
      option loc (declaration loc declarations) definitions
    else
      throw "The option `${showOption loc}' in module `${parent.file}' would be a parent of the following options, but its type `${
        parent.value.type.description or "unspecified value"
      }' does not support nested options.${
        lib.concatMapStrings (
          d: "\n- option(s) with prefix `${showOption (loc ++ lib.attrNames d.value)}' in module `${d.file}'"
        ) parts.wrong
      }";

  # The declarations of an option as one.
  declaration =
    loc: declarations:
    let
      again =
        first: second:
        let
          typed = lib.catAttrs "type" [
            first.value
            second.value
          ];
          type =
            if lib.length typed == 2 then
              lib.types.union (lib.head typed) (lib.last typed)
            else
              lib.head (typed ++ [ lib.types.unspecified ]);
          twice = lib.any (name: first.value ? ${name} && second.value ? ${name}) [
            "default"
            "apply"
          ];
        in
        if type == null || twice then
          throw "The option `${showOption loc}' in `${second.file}' is already declared in ${showFiles first.files}."
        else
          {
            inherit (first) file;
            files = first.files ++ [ second.file ];
            value = second.value // first.value // { inherit type; };
          };
      first = lib.head declarations;
    in
    lib.foldl' again (first // { files = [ first.file ]; }) (lib.tail declarations);

  option =
    loc: declared: definitions:
    let
      self = declared.value;
      type = self.type or lib.types.unspecified;
      default = lib.optional (self ? default) {
        inherit (declared) file;
        value = lib.mkOptionDefault self.default;
      };
      all = default ++ definitions;
      merged = mergeDefinitions loc type all;
      readOnce =
        value:
        if self.readOnly or false && lib.length all > 1 then
          throw "The option `${showOption loc}' is read-only, but it's set multiple times. Definition values:${
            showDefs (map (def: def // { value = def.value.content or def.value; }) all)
          }"
        else
          value;
      result = builtins.addErrorContext "while evaluating the option `${showOption loc}':" (
        (self.apply or lib.id) (readOnce merged.config)
      );
    in
    {
      config = result;
      stray = [ ];
      isDefined = lib.effective definitions != [ ];
      defined = readOnce merged.defined;
      options = self // {
        inherit loc type;
        inherit (declared) files;
        inherit (merged) isDefined;
        declarations = declared.files;
        value = result;
        definitions = map (def: def.value) merged.effective;
        definitionsWithLocations = map (def: { inherit (def) file value; }) merged.effective;
        __toString = _: showOption loc;
      };
    };

  # What definitions amount to: as modules see it (`config`), and without what nobody defines
  # (`defined`).
  mergeDefinitions =
    loc: type: defs:
    let
      effective = lib.effective defs;
      wrong = lib.filter (def: !type.check def.value) effective;
      view =
        name:
        if effective == [ ] && type ? emptyIn then
          type.emptyIn name loc
        else if effective == [ ] then
          type.emptyValue.value
            or (throw "The option `${showOption loc}' was accessed but has no value defined. Try setting the option.")
        else if wrong == [ ] then
          type.mergeIn name loc effective
        else
          lib.wrongType loc type wrong;
    in
    {
      inherit effective;
      isDefined = effective != [ ];
      config = view "config";
      defined = view "defined";
    };

  evalModules =
    {
      modules,
      specialArgs ? { },
      prefix ? [ ],
      ...
    }@arguments:
    let
      call =
        file: module:
        let
          given = specialArgs // {
            inherit lib config;
            inherit (tree) options;
          };
          wanted = removeAttrs (lib.functionArgs module) (lib.attrNames given);
        in
        module (
          given
          // lib.mapAttrs (
            name: _:
            builtins.addErrorContext "while evaluating the module argument `${name}' in \"${file}\":"
              config._module.args.${name}
          ) wanted
        );
      # the last module's definitions come first, as in nixpkgs
      collected = lib.reverseList (collect call ([ (internals specialArgs) ] ++ modules));
      part =
        name:
        map (module: {
          inherit (module) file;
          value = module.${name};
        }) collected;
      tree = level prefix (part "options") (part "config");
      freeform = tree.config._module.freeformType;
      free =
        if tree.stray == [ ] then
          { }
        else
          (mergeDefinitions prefix freeform (
            map (def: {
              inherit (def) file;
              value = lib.setAttrByPath (lib.drop (lib.length prefix) def.path) def.value;
            }) tree.stray
          )).config;
      config = if freeform == null then tree.config else lib.recursiveUpdate free tree.config;
      first = lib.head tree.stray;
      checked =
        if freeform == null && tree.config._module.check && tree.stray != [ ] then
          throw "The option `${showOption first.path}' does not exist. Definition values:${
            showDefs (lib.filter (def: def.path == first.path) tree.stray)
          }"
        else
          null;
      public = set: builtins.seq checked (removeAttrs set [ "_module" ]);
    in
    {
      _type = "configuration";
      inherit (tree) options;
      inherit (config) _module;
      config = public config;
      defined = public (if freeform == null then tree.defined else lib.recursiveUpdate free tree.defined);
      extendModules =
        {
          modules ? [ ],
          specialArgs ? { },
          prefix ? arguments.prefix or [ ],
        }:
        evalModules (
          arguments
          // {
            inherit prefix;
            modules = arguments.modules ++ modules;
            specialArgs = (arguments.specialArgs or { }) // specialArgs;
          }
        );
    };
in
{
  inherit evalModules mergeDefinitions;
  setDefaultModuleLocation = file: module: {
    _file = file;
    imports = [ module ];
  };
}
