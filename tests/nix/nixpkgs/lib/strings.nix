# Functions of strings.
{ lib }:
rec {
  inherit (builtins)
    concatStringsSep
    isString
    match
    replaceStrings
    split
    stringLength
    substring
    toJSON
    ;
  concatStrings = concatStringsSep "";
  concatMapStrings = f: list: concatStrings (map f list);
  concatMapStringsSep =
    separator: f: list:
    concatStringsSep separator (map f list);
  concatMapAttrsStringSep =
    separator: f: set:
    concatStringsSep separator (lib.mapAttrsToList f set);
  concatLines = concatMapStrings (line: line + "\n");
  optionalString = condition: text: if condition then text else "";
  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
  hasSuffix =
    suffix: text:
    let
      start = stringLength text - stringLength suffix;
    in
    start >= 0 && substring start (stringLength suffix) text == suffix;
  hasInfix = infix: text: replaceStrings [ infix ] [ "" ] text != text;
  removePrefix =
    prefix: text: if hasPrefix prefix text then substring (stringLength prefix) (-1) text else text;
  removeSuffix =
    suffix: text:
    if hasSuffix suffix text then substring 0 (stringLength text - stringLength suffix) text else text;
  escapeRegex =
    lib.replaceStrings
      [
        "."
        "\\"
        "+"
        "*"
        "?"
        "^"
        "$"
        "("
        ")"
        "["
        "]"
        "{"
        "}"
        "|"
      ]
      [
        "\\."
        "\\\\"
        "\\+"
        "\\*"
        "\\?"
        "\\^"
        "\\$"
        "\\("
        "\\)"
        "\\["
        "\\]"
        "\\{"
        "\\}"
        "\\|"
      ];
  splitString = separator: text: builtins.filter isString (split (escapeRegex separator) text);
  toLower = replaceStrings (letters "ABCDEFGHIJKLMNOPQRSTUVWXYZ") (
    letters "abcdefghijklmnopqrstuvwxyz"
  );
  toUpper = replaceStrings (letters "abcdefghijklmnopqrstuvwxyz") (
    letters "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
  );
  letters = text: lib.genList (i: substring i 1 text) (stringLength text);
  stringToCharacters = letters;
  trim = text: builtins.head (match "[[:space:]]*(.*[^[:space:]]|)[[:space:]]*" text);
  fileContents = path: removeSuffix "\n" (builtins.readFile path);
  escapeShellArg = value: "'${replaceStrings [ "'" ] [ "'\\''" ] (toString value)}'";
  escapeShellArgs = concatMapStringsSep " " escapeShellArg;
  escapeNixString = text: replaceStrings [ "$" ] [ "\\$" ] (toJSON text);
  toInt =
    text:
    if builtins.match "[[:space:]]*-?[0-9]+[[:space:]]*" text != null then
      builtins.fromJSON text
    else
      throw "toInt: Could not convert ${lib.escapeNixString text} to int.";
  versionAtLeast = version: wanted: builtins.compareVersions version wanted != -1;
  versionOlder = version: wanted: builtins.compareVersions version wanted == -1;
  getName = package: package.pname or (builtins.parseDrvName (package.name or package)).name;
  getVersion = package: package.version or (builtins.parseDrvName (package.name or package)).version;
  getExe = package: getExe' package (package.meta.mainProgram or (getName package));
  getExe' = package: program: "${lib.getBin package}/bin/${program}";
}
