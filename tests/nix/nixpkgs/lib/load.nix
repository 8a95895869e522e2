# From what stands in `imports` to modules in one form, each once.
{ lib }:
let
  unknownFile = "<unknown-file>";

  # A module in its long form; `file` and `key` are its names when it has none of its own.
  normal =
    {
      call,
      file,
      key,
    }@given:
    module:
    if builtins.isFunction module || module ? __functor then
      normal given (call file module)
    else if builtins.isPath module || builtins.isString module then
      normal (
        given
        // {
          file = toString module;
          key = toString module;
        }
      ) (import module)
    else if
      lib.elem (module._type or "") [
        "if"
        "override"
      ]
    then
      normal given { config = module; }
    else if !builtins.isAttrs module then
      throw "Expected a module, but found a value of type ${builtins.typeOf module}: ${lib.showValue module}, while trying to load a module into ${file}."
    else if module ? _type then
      throw "Could not load a value as a module, because it is of type ${lib.showValue module._type}, in file ${file}."
    else
      let
        names = [
          "_file"
          "key"
          "imports"
          "disabledModules"
          "freeformType"
        ];
        long = module ? config || module ? options;
        stray = removeAttrs module (
          names
          ++ [
            "config"
            "options"
            "meta"
          ]
        );
        freeform = lib.optional (module ? freeformType) {
          _module.freeformType = module.freeformType;
        };
        config =
          if !long then
            removeAttrs module names
          else if stray == { } then
            module.config or { }
          else
            throw "Module `${toString (module._file or key)}' has an unsupported attribute `${lib.head (lib.attrNames stray)}'. This is caused by introducing a top-level `config' or `options' attribute. Add configuration attributes immediately on the top level instead, or move all of them (namely: ${toString (lib.attrNames stray)}) into the explicit `config' attribute.";
      in
      {
        file = toString (module._file or file);
        key = toString (module.key or key);
        imports = module.imports or [ ];
        disabled = map toString (module.disabledModules or [ ]);
        options = module.options or { };
        config = if freeform == [ ] then config else lib.mkMerge ([ config ] ++ freeform);
      };
in
{
  # All modules, each once, those that are imported after those that import them.
  collect =
    call: modules:
    let
      load =
        parent:
        lib.imap1 (
          i: module:
          let
            loaded = normal {
              inherit call;
              inherit (parent) file;
              key = "${parent.key}:anon-${toString i}";
            } module;
          in
          {
            inherit (loaded) key;
            module = loaded;
          }
        );
      start = load {
        file = unknownFile;
        key = "";
      } modules;
      closure =
        keep:
        builtins.genericClosure {
          startSet = lib.filter keep start;
          operator = item: lib.filter keep (load item.module item.module.imports);
        };
      disabled = lib.concatMap (item: item.module.disabled) (closure (_: true));
    in
    map (item: item.module) (closure (item: !lib.elem item.key disabled));
}
