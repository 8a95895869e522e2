# The functions of nixpkgs that make packages: their arguments count for the path, nothing is built.
{
  lib,
  placeholder,
  runNixOSTest,
  system,
  tree,
}:
let
  inherit (lib) types;

  text = name: content: placeholder name content // { text = content; };

  built =
    given:
    let
      # mkDerivation also takes a function of the finished attributes
      attrs = if builtins.isFunction given then given attrs else given;
      changed = change: built (attrs // (if builtins.isFunction change then change attrs else change));
    in
    placeholder (attrs.name or attrs.pname) (
      removeAttrs attrs [
        "meta"
        "passthru"
      ]
    )
    // attrs.passthru or { }
    // {
      optional-dependencies = attrs.optional-dependencies or { };
      meta = attrs.meta or { };
      overrideAttrs = changed;
      overridePythonAttrs = changed;
    };

  format = type: _: {
    inherit type;
    generate = name: value: placeholder name value // { inherit value; };
  };
  atom = types.nullOr (
    types.oneOf [
      types.bool
      types.int
      types.float
      types.str
    ]
  );
in
self: {
  inherit lib system;
  pkgs = self;

  callPackage =
    file: given:
    let
      f = if builtins.isFunction file then file else import file;
    in
    f (builtins.intersectAttrs (lib.functionArgs f) self // given);

  formats = {
    json = format types.anything;
    yaml = format types.anything;
    toml = format types.anything;
    ini = format (types.attrsOf (types.attrsOf atom));
    keyValue = format (types.attrsOf atom);
  };

  mkShell = attrs: built ({ name = "shell"; } // attrs);
  nixosOptionsDoc =
    { options, ... }:
    {
      optionsJSON = placeholder "options.json" (lib.attrNames options);
    };
  runCommand =
    name: attrs: script:
    built (attrs // { inherit name script; });
  runCommandLocal = self.runCommand;
  stdenv = {
    hostPlatform = lib.systems.elaborate system;
    mkDerivation = built;
  };
  stdenvNoCC = self.stdenv;
  symlinkJoin = built;
  testers.runNixOSTest = runNixOSTest {
    pkgs = self;
    inherit placeholder;
  };

  writeScript = text;
  writeScriptBin = text;
  writeShellApplication = attrs: built attrs // { inherit (attrs) text; };
  writeShellScript = text;
  writeShellScriptBin = text;
  writeText = text;
  writeTextDir = text;

  python3 = tree.python3 // {
    pkgs = self.python3Packages;
    withPackages =
      choose:
      built {
        name = "python3-env";
        paths = choose self.python3Packages;
      };
  };
  python3Packages = tree.python3Packages // {
    moto = tree.python3Packages.moto // {
      optional-dependencies.server = [ (placeholder "moto-server" null) ];
    };
    psycopg = tree.python3Packages.psycopg // {
      optional-dependencies.pool = [ (placeholder "psycopg-pool" null) ];
    };
    buildPythonApplication = built;
    buildPythonPackage = built;
    fetchPypi = attrs: placeholder "source" attrs;
    toPythonModule = package: package;
  };
}
