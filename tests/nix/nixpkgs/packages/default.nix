# Placeholders for the packages that names.txt lists; any other name is an error.
{
  lib,
  system ? "x86_64-linux",
  overlays ? [ ],
  runNixOSTest ? _: throw "only the packages of the flake run tests",
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

  builders = import ./builders.nix {
    inherit
      lib
      placeholder
      runNixOSTest
      system
      tree
      ;
  };
  fixed =
    overlays:
    let
      self = lib.foldl' (previous: overlay: previous // overlay self previous) (
        tree // builders self // { extend = overlay: fixed (overlays ++ [ overlay ]); }
      ) overlays;
    in
    self;
in
fixed overlays
