# Functions of any value, the version and the kinds of system.
{ lib }:
{
  inherit (builtins)
    deepSeq
    fromJSON
    genericClosure
    isBool
    isFloat
    isFunction
    isInt
    isPath
    pathExists
    readDir
    readFile
    seq
    toPath
    typeOf
    ;
  functionArgs =
    f:
    if f ? __functor then
      f.__functionArgs or (lib.functionArgs (f.__functor f))
    else
      builtins.functionArgs f;
  id = value: value;
  const = value: _: value;
  flip =
    f: left: right:
    f right left;
  pipe = builtins.foldl' (value: f: f value);
  min = left: right: if left < right then left else right;
  max = left: right: if left > right then left else right;
  mod = number: base: number - base * (builtins.div number base);
  boolToString = value: if value then "true" else "false";
  importJSON = path: builtins.fromJSON (builtins.readFile path);
  importTOML = path: fromTOML (builtins.readFile path);
  warn = message: builtins.warn message;
  warnIf = condition: message: if condition then builtins.warn message else lib.id;
  throwIf = condition: message: if condition then throw message else lib.id;
  throwIfNot = condition: message: if condition then lib.id else throw message;
  assertMsg = condition: message: condition || throw message;
  isStringLike =
    value: builtins.isString value || builtins.isPath value || value ? outPath || value ? __toString;
  isStorePath = value: lib.isStringLike value && dirOf (toString value) == builtins.storeDir;
  cleanSource = path: path;
  version = "26.05";
  systems.elaborate = system: rec {
    inherit system;
    isLinux = true;
    isx86_64 = lib.hasPrefix "x86_64" system;
    isAarch64 = lib.hasPrefix "aarch64" system;
  };
}
