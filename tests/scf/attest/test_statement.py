import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError
from tests.scf.attest.world import statement

from scf.attest.errors import ProofError
from scf.attest.statement import Statement, Subject, exact
from scf.cid import cid_of

SUBJECT = Subject(name="x", cid=cid_of(b"x"))

numbers = st.integers(-(1 << 53) + 1, (1 << 53) - 1) | st.floats(-1e15, 1e15)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab\u00e9"), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.text("xyz", min_size=1), values, max_size=4), st.integers(0, 1 << 50))
def test_a_statement_is_read_back_as_it_was_written(
    predicate: dict[str, JsonValue], at: int
) -> None:
    written = Statement(kind="release", subjects=(SUBJECT,), predicate=predicate, at=at)
    again = exact(Statement, written.canonical(), source="x")
    assert again.canonical() == written.canonical()
    assert again.gist == written.gist


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 1 << 53, 1e20, "\ud800", "x" * (1 << 18)]
)
def test_what_has_no_canonical_form_that_is_read_back_is_refused(value: JsonValue) -> None:
    with pytest.raises(ValidationError):
        Statement(kind="release", subjects=(SUBJECT,), predicate={"x": value}, at=0)


@pytest.mark.parametrize(
    "change",
    [{"kind": "Release"}, {"subjects": ()}, {"at": -1}, {"at": 1 << 53}, {"v": 2}, {"more": 1}],
)
def test_what_is_no_statement_is_refused(change: dict[str, object]) -> None:
    fields = {"kind": "release", "subjects": (SUBJECT,), "predicate": {}, "at": 0, **change}
    with pytest.raises(ValidationError):
        Statement.model_validate(fields)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda text: b" " + text,
        lambda text: text.replace(b'"at":', b'"at": '),
        lambda text: text.replace(b'"v":1', b'"v":1.0'),
        lambda text: text.replace(b'"kind":', b'"kind":"other","kind":'),
        lambda text: text.replace(b"model", rb"\u006dodel"),
        lambda text: text[:-1] + b',"x":1}',
        lambda text: text[:-1],
        lambda text: text + b"\n",
        lambda text: b"\xff" + text,
        lambda _text: b'{"predicate":' * 9999,
    ],
)
def test_one_statement_is_written_in_one_way(wrong: object) -> None:
    assert callable(wrong)
    text = statement(1).canonical()
    assert exact(Statement, text, source="x") == statement(1)
    with pytest.raises(ProofError):
        exact(Statement, wrong(text), source="x")


def test_the_gist_leaves_the_time_out_and_nothing_else() -> None:
    assert statement(1, at=1).gist == statement(1, at=2).gist
    assert len({statement(1).gist, statement(2).gist, statement(1, kind="rollback").gist}) == 3
