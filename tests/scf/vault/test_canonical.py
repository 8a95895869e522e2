"""Whoever writes a value, however: one form, one CID; and what has no such form is refused."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from scf.contracts.fossil import Fossil, Verdict
from scf.vault.candidate import Candidate, Reason
from scf.vault.canonical import MAX_DEPTH, Refused, canonical, read_json
from scf.vault.validator import line_of, validate
from scf.vault.verifiers import AnyBytes

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_the_form_is_one_and_is_read_back(value, ascii_only, indent) -> None:
    written = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    try:
        read = read_json(written)
    except Refused as refused:
        reason = refused.reason
    else:
        reason = None
    # 2.0**60 has no exponent in RFC 8785: others would read an integer
    assert reason in (None, Reason.INTEGER_RANGE)
    if reason:
        return
    form = canonical(read)
    assert form == rfc8785.dumps(value)
    assert canonical(read_json(form)) == form


@given(JSON, st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_the_line_is_the_canonical_document(value, media, source) -> None:
    try:
        read = read_json(json.dumps(value).encode())
        raw = canonical(read)
        candidate = Candidate(raw, "json", read, media, source)
        _, line = validate(candidate, AnyBytes(), lambda _: False)
    except Refused:
        return
    fossil = Fossil.parse(line, source="the line")
    assert fossil.canonical() == line
    assert fossil.raw() == raw


@pytest.mark.parametrize("encoding", ["utf-8", "base64"])
def test_lines_of_bytes_are_canonical_too(encoding) -> None:
    parents = tuple(f"bafkrei{'a' * 51}q" for _ in range(2))
    verdict = Verdict(verifier="é", passed=True, detail='"')
    candidate = Candidate(b"", encoding, "aé\n=", "text", "s", parents)
    cid = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"
    expected = {
        "cid": cid,
        "encoding": encoding,
        "content": "aé\n=",
        "media": "text",
        "parents": list(parents),
        "source": "s",
        "verdict": {"verifier": "é", "passed": True, "detail": '"'},
    }
    assert line_of(candidate, cid, verdict) == rfc8785.dumps(expected)


REFUSED = {
    b"NaN": Reason.NOT_FINITE,
    b"[Infinity]": Reason.NOT_FINITE,
    b'{"a": -Infinity}': Reason.NOT_FINITE,
    b"1e999": Reason.NOT_FINITE,
    b"9007199254740992": Reason.INTEGER_RANGE,
    b"-9007199254740992": Reason.INTEGER_RANGE,
    b"1" * 5000: Reason.INTEGER_RANGE,
    b"1e16": Reason.INTEGER_RANGE,
    b'{"a": 1, "a": 1}': Reason.DUPLICATE_KEY,
    b'[{"x": {"a": 1, "\\u0061": 2}}]': Reason.DUPLICATE_KEY,
    b"\xff": Reason.NOT_UTF8,
    b'"\xed\xa0\x80"': Reason.NOT_UTF8,
    b'"\\ud800"': Reason.NOT_UTF8,
    b'{"\\udfff": 1}': Reason.NOT_UTF8,
    b"\xef\xbb\xbf1": Reason.NOT_JSON,
    b"{": Reason.NOT_JSON,
    b"1 2": Reason.NOT_JSON,
    b"'a'": Reason.NOT_JSON,
    b"[1,]": Reason.NOT_JSON,
    b"01": Reason.NOT_JSON,
    b'"\x01"': Reason.NOT_JSON,
    b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1): Reason.TOO_DEEP,
    b"[" * 1_000_000: Reason.TOO_DEEP,
    b'{"a":' * 500_000: Reason.TOO_DEEP,
}


@pytest.mark.parametrize("line", REFUSED, ids=lambda line: repr(line[:24]))
def test_what_has_no_form_is_refused_with_its_reason(line) -> None:
    with pytest.raises(Refused) as refused:
        canonical(read_json(line))
    assert refused.value.reason is REFUSED[line]


KEPT = {
    b"9007199254740991": b"9007199254740991",
    b"1e21": b"1e+21",
    b"-0.0": b"0",
    b"1.0": b"1",
    b" [ 1.50 , 2e0 ] ": b"[1.5,2]",
    b'{"b":1,"a":"\\u20ac"}': '{"a":"€","b":1}'.encode(),
    b"[" * MAX_DEPTH + b"]" * MAX_DEPTH: b"[" * MAX_DEPTH + b"]" * MAX_DEPTH,
    b'"' + b"[" * 500 + b'\\""': b'"' + b"[" * 500 + b'\\""',
    b"[" + b"[]," * 500 + b"[]]": b"[" + b"[]," * 500 + b"[]]",
}


@pytest.mark.parametrize("line", KEPT, ids=lambda line: repr(line[:24]))
def test_what_has_a_form_is_kept(line) -> None:
    assert canonical(read_json(line)) == KEPT[line]
