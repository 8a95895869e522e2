"""The option types that have a name of their own, by the words that describe them.

Besides those of nixpkgs' `lib/types.nix` these are the types of the file formats
(`pkgs/pkgs-lib/formats.nix`) and those that single modules define.
"""

from sovereign.nix.options.types import (
    ANYTHING,
    BOOL,
    FLOAT,
    PACKAGE,
    PATH,
    STR,
    Atom,
    AttrsOf,
    Data,
    Either,
    Enum,
    Int,
    Kind,
    ListOf,
    NullOr,
    Number,
    StrMatching,
    Submodule,
    Type,
    either,
)

_INI_ATOM = NullOr(Either((BOOL, Int(), FLOAT, STR)))
_SETTING = Either((BOOL, Int(), STR))
_NIX_ATOM = NullOr(Either((BOOL, Int(), FLOAT, STR, PATH, PACKAGE)))
_FORMATS = ("HOCON", "PHP", "Elixir", "Python", "libconfig", "Lua", "XML")

NAMED: dict[str, Type] = {
    "(optionally newline-terminated) single-line string": Atom(Kind.SINGLE_LINE_STR),
    "single-line string": Atom(Kind.SINGLE_LINE_STR),
    "boolean (merged using or)": BOOL,
    "boolean": BOOL,
    "non-empty string": Atom(Kind.NON_EMPTY_STR),
    "string (with check: non-empty without trailing slash)": StrMatching(
        "/|.*[^/ \t\n]|.*[^ \t\n].*[ \t\n]"
    ),
    "string (with check: non-empty)": Atom(Kind.NON_EMPTY_STR),
    "string (with check: hexadecimal string)": STR,
    "string, not containing newlines or colons": StrMatching("[^:\n]*"),
    "path, not containing newlines or colons": StrMatching("/[^:\n]*"),
    "absolute path, not containing newlines or colons": StrMatching("/[^:\n]*"),
    "string, path, bool, or integer": either(STR, PATH, BOOL, Int()),
    "string, package, bool, int or float": either(STR, PACKAGE, BOOL, Int(), FLOAT),
    "int, bool, string or list of them": either(_SETTING, ListOf(_SETTING)),
    "string without spaces": StrMatching("[^ ]*"),
    "string without line breaks or quotes": StrMatching('[^"\n]*'),
    "string containing either a number or a range": STR,
    "string, with spaces inside double quotes": STR,
    "string": STR,
    "absolute path not in the Nix store": StrMatching("/.*"),
    "absolute path in the Nix store": PATH,
    "absolute path": PATH,
    "path in the Nix store": PATH,
    "path": PATH,
    "package": PACKAGE,
    "unsigned integer, meaning >=0": Int(low=0),
    "positive integer, meaning >0": Int(low=1),
    "nonzero signed integer, meaning !=0": Either((Int(high=-1), Int(low=1))),
    "integer of at least 16 bits": Int(low=16),
    "signed integer": Int(),
    "integer": Int(),
    "nonnegative integer or floating point number, meaning >=0": Number(low=0),
    "nonnegative floating point number, meaning >=0": FLOAT,
    "positive integer or floating point number, meaning >0": Number(low=0, above_zero=True),
    "floating point number": FLOAT,
    "raw value": ANYTHING,
    "anything": ANYTHING,
    "unspecified value": ANYTHING,
    "systemd option": ANYTHING,
    "sysctl option value": NullOr(_SETTING),
    "attribute set": AttrsOf(ANYTHING),
    "nixpkgs config": AttrsOf(ANYTHING),
    "nixpkgs overlay": Atom(Kind.FUNCTION),
    "module": ANYTHING,
    "impossible (empty enum)": Enum(()),
    "submodule": Submodule(),
    "section of an INI file (attrs of INI atom (null, bool, int, float or string) or a list of them for duplicate keys)": AttrsOf(
        either(_INI_ATOM, ListOf(_INI_ATOM))
    ),
    "section of an INI file (attrs of INI atom (null, bool, int, float or string) or a non-empty list of them)": AttrsOf(
        either(_INI_ATOM, ListOf(_INI_ATOM, non_empty=True))
    ),
    "section of an INI file (attrs of INI atom (null, bool, int, float or string))": AttrsOf(
        _INI_ATOM
    ),
    "atom (null, bool, int, float or string) or a list of them for duplicate keys": either(
        _INI_ATOM, ListOf(_INI_ATOM)
    ),
    "atom (bool, int or string) or a list of them for duplicate keys": either(
        _SETTING, ListOf(_SETTING)
    ),
    "atom (null, bool, int, float or string)": _INI_ATOM,
    "INI atom (null, bool, int, float or string) or a list of them for duplicate keys": either(
        _INI_ATOM, ListOf(_INI_ATOM)
    ),
    "INI atom (null, bool, int, float or string)": _INI_ATOM,
    "Nix config atom (null, bool, int, float, str, path or package)": _NIX_ATOM,
    "key ID prefixed with KEY_": StrMatching("KEY_.*"),
    "Json value or lambda": ANYTHING,
    "JSON value": Data(),
    "YAML value": Data(),
    "TOML value": Data(null=False),
    **{f"{name} value": ANYTHING for name in _FORMATS},
}
