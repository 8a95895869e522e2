"""What a message must be: an envelope that is whole, of a version that is known, and nothing more."""

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from emily.contracts import topics
from emily.contracts.messages import Candidate, Check, Refused, Remember, Remembered, Stimulus
from emily.contracts.topic import Topic, read, seal
from emily.contracts.ulid import PATTERN, new_ulid

STIMULUS = Stimulus(kind="clap", t0_ns=1, features=(0.1, 0.5))


def sealed(**changes: object) -> bytes:
    envelope = json.loads(seal(STIMULUS, src="test").model_dump_json())
    return json.dumps(envelope | changes).encode()


@given(
    st.builds(
        Candidate,
        ref=st.text(max_size=20),
        kind=st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True),
        source=st.just("ear"),
        content=st.text(max_size=50),
        salience=st.floats(0, 1),
        surprise=st.floats(0, 1),
    )
)
def test_what_is_sealed_is_read_again(candidate: Candidate) -> None:
    envelope = seal(candidate, src="test", ttl_ms=5)
    assert read(Candidate, envelope.model_dump_json().encode()) == envelope


def test_a_chain_of_messages_keeps_its_trace() -> None:
    first = seal(STIMULUS, src="ear")
    second = seal(STIMULUS, src="instinct", after=first)
    third = seal(STIMULUS, src="nervous", after=second)
    assert first.cause is None
    assert (second.cause, third.cause) == (first.id, second.id)
    assert first.id == first.trace == second.trace == third.trace


OTHER = "01ARYZ6S41TSV4RRFFQ69G5FAV"


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": "1"},
        {"minor": 1},
        {"minor": -1},
        {"id": "not an id"},
        {"id": OTHER.lower()},
        {"trace": OTHER},
        {"src": ""},
        {"src": "a/b"},
        {"src": "a" * 65},
        {"ts_ns": -1},
        {"mono_ns": 1 << 63},
        {"ttl_ms": -1},
        {"cause": ""},
        {"surplus": 1},
        {"body": None},
        {"body": {}},
        {"body": {"kind": "clap", "t0_ns": 1, "surplus": 1}},
        {"body": {"kind": "clap", "t0_ns": 1, "features": [float("nan")]}},
        {"body": {"kind": "clap", "t0_ns": 1, "features": [float("inf")]}},
        {"body": {"kind": "clap", "t0_ns": 1, "features": [0.0] * 1025}},
        {"body": {"kind": "clap", "t0_ns": 1.5}},
        {"body": {"kind": "**", "t0_ns": 1}},
    ],
    ids=str,
)
def test_what_is_no_message_is_refused(changes: dict[str, object]) -> None:
    assert read(Stimulus, sealed())
    with pytest.raises(ValidationError):
        read(Stimulus, sealed(**changes))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_are_refused(payload: bytes) -> None:
    with pytest.raises(ValidationError):
        read(Stimulus, payload)


def test_a_message_expires_by_the_monotonic_clock() -> None:
    envelope = seal(STIMULUS, src="test", ttl_ms=10)
    assert not envelope.expired(envelope.mono_ns + 10_000_000)
    assert envelope.expired(envelope.mono_ns + 10_000_001)
    assert not seal(STIMULUS, src="test").expired(1 << 62)


def test_ids_sort_by_time_and_differ() -> None:
    ids = [new_ulid(ms * 1_000_000) for ms in (0, 1, 1000, time.time_ns() // 1_000_000)]
    assert ids == sorted(ids)
    assert ids[0].startswith("0" * 10)
    assert len({new_ulid(5) for _ in range(1000)}) == 1000
    assert all(re.fullmatch(PATTERN, one) for one in ids)
    # the example of the specification: 1469918176385 ms is 01ARYZ6S41
    assert new_ulid(1_469_918_176_385_000_000).startswith("01ARYZ6S41")


def test_an_id_ends_with_the_random_bytes() -> None:
    low, high = (new_ulid(0, lambda count, byte=byte: byte * count) for byte in (b"\0", b"\xff"))
    assert low == "0" * 26
    assert high == "0" * 10 + "Z" * 16
    assert new_ulid(0, lambda count: bytes(count - 1) + b"\1")[-1] == "1"


@pytest.mark.parametrize("ts_ns", [-1, (1 << 48) * 1_000_000])
def test_an_id_has_a_time_of_48_bits(ts_ns: int) -> None:
    assert new_ulid((1 << 48) * 1_000_000 - 1).startswith("7" + 9 * "Z")
    with pytest.raises(ValueError, match="from 1970 on, but is"):
        new_ulid(ts_ns)


def test_keys_are_made_of_whole_chunks() -> None:
    assert (
        topics.SENSE.key("lab", modality="audio", source="mic-1")
        == "emily/v4/lab/sense/audio/mic-1"
    )
    assert topics.SENSE.every("lab") == "emily/v4/lab/sense/*/*"
    assert topics.live("lab", "instinct") == "emily/v4/@live/lab/instinct"


@pytest.mark.parametrize(
    ("node", "parts"),
    [
        ("lab", {"modality": "audio"}),
        ("lab", {"modality": "audio", "source": "a", "other": "b"}),
        ("lab", {"modality": "audio", "source": "a/b"}),
        ("lab", {"modality": "*", "source": "a"}),
        ("lab", {"modality": "audio", "source": ""}),
        ("@live", {"modality": "audio", "source": "a"}),
        ("lab/x", {"modality": "audio", "source": "a"}),
    ],
)
def test_a_key_that_would_be_another_is_refused(node: str, parts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"must be one chunk|takes the parts"):
        topics.SENSE.key(node, **parts)


def test_every_topic_has_a_key_of_its_own() -> None:
    paths = [one.path for one in vars(topics).values() if isinstance(one, Topic)]
    assert len(set(paths)) == len(paths) == 10
    table = topics.__doc__ or ""
    assert [path for path in paths if path.split("/")[-1].strip("{}") not in table] == []


def test_an_answer_is_read_as_an_answer_or_as_a_refusal() -> None:
    answer = Remembered(id="1", durable="store")
    refusal = Refused(reason="full", retry=True)
    for body in (answer, refusal):
        payload = seal(body, src="test").model_dump_json().encode()
        assert topics.STORE.read_answer(payload) == body
    with pytest.raises(ValidationError):
        topics.STORE.read_answer(seal(Check(ok=True), src="test").model_dump_json().encode())


def test_messages_are_frozen() -> None:
    with pytest.raises(ValidationError):
        STIMULUS.kind = "voice"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Remember(content="")
