# Names of packages, each a placeholder that builds nothing; a name that names.txt does not list is an error.
{
  lib,
  system ? "x86_64-linux",
  overlays ? [ ],
}:
let
  placeholder =
    name: inputs:
    let
      digest = builtins.hashString "sha256" "${name}${builtins.toJSON inputs}";
      path = "${builtins.storeDir}/${builtins.substring 0 32 digest}-${name}";
      self = {
        type = "derivation";
        inherit name system;
        pname = name;
        version = "0";
        outPath = path;
        drvPath = "${path}.drv";
        outputName = "out";
        outputs = [ "out" ];
        out = self;
        meta.mainProgram = name;
        override = _: self;
        overrideAttrs = _: self;
      };
    in
    self;
  named = name: placeholder name null;

  lines = lib.filter (line: line != "" && !lib.hasPrefix "#" line) (
    lib.splitString "\n" (lib.fileContents ./names.txt)
  );
  # "python3Packages.click" is a package of a set
  tree = lib.foldl' (
    set: line:
    let
      path = lib.splitString "." line;
    in
    lib.recursiveUpdate set (lib.setAttrByPath path (named (lib.last path)))
  ) { } lines;

  text = name: content: placeholder name content // { text = content; };
  built = attrs: placeholder (attrs.name or attrs.pname) attrs;
  format = type: _: {
    inherit type;
    generate = name: value: placeholder name value;
  };
  inherit (lib) types;
  atom = types.nullOr (types.oneOf [
    types.bool
    types.int
    types.float
    types.str
  ]);

  builders = self: {
    inherit lib system;
    callPackage =
      file: given:
      let
        f = if builtins.isFunction file then file else import file;
        wanted = lib.filterAttrs (name: _: self ? ${name}) (lib.functionArgs f);
      in
      f (lib.mapAttrs (name: _: self.${name}) wanted // given);
    formats = {
      json = format types.anything;
      yaml = format types.anything;
      toml = format types.anything;
      ini = format (types.attrsOf (types.attrsOf atom));
      keyValue = format (types.attrsOf atom);
    };
    mkShell = attrs: built ({ name = "shell"; } // attrs);
    python3 = tree.python3 // {
      pkgs = self.python3Packages;
      withPackages =
        choose:
        built {
          name = "python3-env";
          paths = choose self.python3Packages;
        };
    };
    runCommand = name: _: script: placeholder name script;
    stdenv = {
      hostPlatform = lib.systems.elaborate system;
      mkDerivation = built;
    };
    stdenvNoCC = self.stdenv;
    symlinkJoin = built;
    writeScript = text;
    writeScriptBin = text;
    writeShellApplication = attrs: text attrs.name attrs.text;
    writeShellScript = text;
    writeShellScriptBin = text;
    writeText = text;
    writeTextDir = text;
    extend = overlay: fixed (overlays ++ [ overlay ]);
  };
  fixed =
    overlays:
    let
      self = lib.foldl' (previous: overlay: previous // overlay self previous) (
        tree // builders self
      ) overlays;
    in
    self;
in
fixed overlays
