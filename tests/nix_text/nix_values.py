"""Values for the tests of Nix text: what hypothesis draws, and when two values are the same."""

import json
import struct
from pathlib import Path

from hypothesis import strategies as st

HOSTILE = (
    '${builtins.abort "x"}',
    "$${builtins.abort 1}",
    "''${builtins.abort 1}",
    "''",
    '"; evil = true; x = "',
    '\\"; evil = true; x = \\"',
    "\\${builtins.abort 1}",
    "\\\\${builtins.abort 1}",
    "$\\{x}",
    "$",
    "{builtins.abort 1}",
    "*/ builtins.abort 1 /*",
    "# not a comment",
    "a\nb\r\nc\rd\te",
    "\n  indented\n\n    more\n",
    "\x01\x07\x1b[31m\x7f",
    "\ufeffé\u0085\u2028\u202e漢字🦀",
    "{{ 7 * 7 }}{% raw %}",
    "\\n\\t\\",
    "<nixpkgs>",
    "~/x ./y http://z:1/?a",
)

texts = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.text(alphabet="$\"\\{}'\n\r\tn a#/*"),
    st.sampled_from(HOSTILE),
)
integers = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-3, 3),
    st.sampled_from([-(2**63), -(2**63) + 1, 2**63 - 1]),
)
floats = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False),
    st.sampled_from([0.0, -0.0, -(2.0**63), 2.0**63, 1e22, -1e-7, 2.0**-1022]),
)
# Nix writes a set with one of these two names as something else in JSON.
names = st.one_of(
    st.sampled_from(
        ["a", "a-b", "a'", "_", "if", "or", "rec", "null", "true", "", "1", "a.b", "-"]
    ),
    texts,
).filter(lambda name: name not in {"outPath", "__toString"})
scalars = st.one_of(st.none(), st.booleans(), integers, floats, texts)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=10,
)


def exact(value: object) -> object:
    """A form of plain data in which 1, 1.0 and true differ, and so do 0.0 and -0.0."""
    if isinstance(value, list | tuple):
        return [exact(each) for each in value]
    if isinstance(value, dict):
        return {name: exact(each) for name, each in sorted(value.items())}
    if isinstance(value, float):
        return ("float", struct.pack(">d", value))
    return (type(value).__name__, value)


def evaluated(nix, folder: Path, expressions: list[str]) -> list[object]:
    """What the real Nix reads from the expressions, in one run."""
    file = folder / "expressions.nix"
    with file.open("w", encoding="utf-8", newline="") as out:
        out.write("[\n" + "\n".join(f"({each})" for each in expressions) + "\n]\n")
    return json.loads(nix.run("nix", "eval", "--impure", "--json", "--file", file).out)
