# Sets of files, as far as it matters whether they are there: the source is the whole folder.
{ lib }:
rec {
  unions = map existing;
  union =
    left: right:
    unions [
      left
      right
    ];
  maybeMissing = path: if lib.pathExists path then path else [ ];
  toSource = { root, fileset }: builtins.deepSeq (existing fileset) { outPath = toString root; };

  existing =
    path:
    if builtins.isList path || lib.pathExists path then
      path
    else
      throw "lib.fileset: ${toString path} is a path that does not exist";
}
