"""A service's end of the bus: what cannot be read is dropped and counted, and nobody gets stuck."""

import time
from collections.abc import Callable

import pytest

from emily.contracts.messages import (
    Candidate,
    Generate,
    Hypotheses,
    Refused,
    Remember,
    Remembered,
    Stimulus,
)
from emily.contracts.topic import Delivery, seal
from emily.contracts.topics import CANDIDATE, GENERATE, SENSE, STORE
from emily.nervous_system.bus import NoAnswerError
from emily.nervous_system.local import LocalBus
from emily.nervous_system.node import MAX_PAYLOAD, MAX_WAITING, Message, Node, RefusedError

CANDIDATE_A = Candidate(ref="a", kind="clap", source="ear", content="a clap", salience=0.9)
PLAIN = Delivery()


@pytest.fixture
def bus() -> LocalBus:
    return LocalBus()


@pytest.fixture
def node(bus: LocalBus) -> Node:
    return Node(bus, "lab", "listener")


def test_a_message_arrives_with_what_caused_it(bus: LocalBus, node: Node) -> None:
    heard: list[Message[Candidate]] = []
    node.subscribe(CANDIDATE, heard.append)
    speaker = Node(bus, "lab", "speaker")
    cause = seal(Stimulus(kind="x", t0_ns=1), src="world")
    speaker.publish(CANDIDATE, CANDIDATE_A, after=cause, attachment=b"\x00", source="ear")
    (message,) = heard
    assert message.body == CANDIDATE_A
    assert message.key == "emily/v4/lab/workspace/candidate/ear"
    assert (message.envelope.src, message.envelope.cause) == ("speaker", cause.id)
    assert message.attachment == b"\x00"


def test_another_node_is_not_heard(bus: LocalBus, node: Node) -> None:
    heard: list[Message[Candidate]] = []
    node.subscribe(CANDIDATE, heard.append)
    Node(bus, "elsewhere", "speaker").publish(CANDIDATE, CANDIDATE_A, source="ear")
    assert heard == []


FOREIGN: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "unreadable"),
    ("no JSON", b"\xff\xfe", "unreadable"),
    ("a list", b"[]", "unreadable"),
    ("another body", seal(Generate(), src="x").model_dump_json().encode(), "unreadable"),
    ("deep", b"[" * 100_000 + b"]" * 100_000, "unreadable"),
    ("long", b" " * (MAX_PAYLOAD + 1), "oversize"),
]


@pytest.mark.parametrize(("what", "payload", "counted"), FOREIGN, ids=[one[0] for one in FOREIGN])
def test_a_foreign_message_is_dropped_and_counted(
    bus: LocalBus, node: Node, what: str, payload: bytes, counted: str
) -> None:
    heard: list[Message[Candidate]] = []
    node.subscribe(CANDIDATE, heard.append)
    bus.publish(CANDIDATE.key("lab", source=what.replace(" ", "-")), payload, delivery=PLAIN)
    assert heard == []
    assert node.counters[counted] == 1
    Node(bus, "lab", "speaker").publish(CANDIDATE, CANDIDATE_A, source="ear")
    assert len(heard) == 1


def test_a_message_that_is_too_old_is_dropped(bus: LocalBus, node: Node) -> None:
    heard: list[Message[Stimulus]] = []
    node.subscribe(SENSE, heard.append)
    envelope = seal(Stimulus(kind="x", t0_ns=1), src="ear", ttl_ms=10)
    old = envelope.model_copy(update={"mono_ns": time.monotonic_ns() - 20_000_000})
    key = SENSE.key("lab", modality="audio", source="mic")
    bus.publish(key, old.model_dump_json().encode(), delivery=PLAIN)
    assert heard == []
    assert node.counters["expired"] == 1


def test_a_message_from_the_future_is_dropped(bus: LocalBus, node: Node) -> None:
    heard: list[Message[Candidate]] = []
    node.subscribe(CANDIDATE, heard.append)
    envelope = seal(CANDIDATE_A, src="ear")
    ahead = envelope.model_copy(update={"mono_ns": time.monotonic_ns() + 2_000_000_000})
    key = CANDIDATE.key("lab", source="ear")
    bus.publish(key, ahead.model_dump_json().encode(), delivery=PLAIN)
    assert heard == []
    assert node.counters["future"] == 1


def test_a_message_that_waited_too_long_is_not_handled(bus: LocalBus) -> None:
    waiting: list[Callable[[], None]] = []
    heard: list[Message[Stimulus]] = []
    lazy = Node(bus, "lab", "lazy", run=waiting.append)
    lazy.subscribe(SENSE, heard.append)
    envelope = seal(Stimulus(kind="x", t0_ns=1), src="ear", ttl_ms=20)
    key = SENSE.key("lab", modality="audio", source="mic")
    bus.publish(key, envelope.model_dump_json().encode(), delivery=PLAIN)
    time.sleep(0.03)
    waiting.pop()()
    assert heard == []
    assert lazy.counters["expired"] == 1
    assert lazy.waited_ns >= 30_000_000


@pytest.mark.parametrize(("size", "most"), [(10, MAX_WAITING), (MAX_PAYLOAD // 2, 32)])
def test_what_waits_is_bounded_by_number_and_by_bytes(bus: LocalBus, size: int, most: int) -> None:
    waiting: list[Callable[[], None]] = []
    lazy = Node(bus, "lab", "lazy", run=waiting.append)
    lazy.subscribe(CANDIDATE, lambda _: None)
    speaker = Node(bus, "lab", "speaker")
    for _ in range(MAX_WAITING + 10 if size == 10 else 50):
        speaker.publish(CANDIDATE, CANDIDATE_A, attachment=bytes(size), source="ear")
    assert most - 2 <= len(waiting) <= most
    assert lazy.counters["overflow"] > 0
    waiting.pop()()
    speaker.publish(CANDIDATE, CANDIDATE_A, attachment=bytes(size), source="ear")
    assert most - 2 <= len(waiting) <= most


def test_a_question_is_answered_or_refused(bus: LocalBus, node: Node) -> None:
    answers: list[Remembered | Refused] = [
        Remembered(id="1", durable="store"),
        Refused(reason="full", retry=True),
    ]
    node.serve(STORE, lambda _: answers.pop(0))
    asker = Node(bus, "lab", "asker")
    assert asker.ask(STORE, Remember(content="a")).id == "1"
    with pytest.raises(RefusedError, match="full") as refused:
        asker.ask(STORE, Remember(content="a"))
    assert refused.value.retry


def test_nobody_answers(node: Node) -> None:
    with pytest.raises(NoAnswerError):
        node.ask(GENERATE, Generate(), timeout_s=0.05)


def test_a_service_that_fails_refuses(bus: LocalBus, node: Node) -> None:
    def fail(_: Message[Generate]) -> Hypotheses:
        raise ZeroDivisionError

    node.serve(GENERATE, fail)
    with pytest.raises(ZeroDivisionError):
        # the in-process bus asks on the caller's thread, to which the failure belongs
        Node(bus, "lab", "asker").ask(GENERATE, Generate())


@pytest.mark.parametrize("payload", [b"", b"{}", b" " * (MAX_PAYLOAD + 1)], ids=["", "{}", "long"])
def test_a_question_that_cannot_be_read_is_refused(
    bus: LocalBus, node: Node, payload: bytes
) -> None:
    node.serve(STORE, lambda _: Remembered(id="1", durable="store"))
    told = bus.ask(STORE.key("lab"), payload, timeout_s=1)
    assert isinstance(STORE.read_answer(told), Refused)


def test_an_answer_that_cannot_be_read_is_a_refusal(bus: LocalBus, node: Node) -> None:
    bus.serve(STORE.key("lab"), lambda question: question.reply(b"nonsense"))
    with pytest.raises(RefusedError, match="cannot be read"):
        node.ask(STORE, Remember(content="a"))


def test_handlers_run_where_they_are_meant_to(bus: LocalBus) -> None:
    waiting: list[Callable[[], None]] = []
    heard: list[Message[Candidate]] = []
    Node(bus, "lab", "lazy", run=waiting.append).subscribe(CANDIDATE, heard.append)
    Node(bus, "lab", "speaker").publish(CANDIDATE, CANDIDATE_A, source="ear")
    assert heard == []
    waiting.pop()()
    assert len(heard) == 1


def test_services_see_each_other_come_and_go(bus: LocalBus, node: Node) -> None:
    seen: list[tuple[str, bool]] = []
    node.watch(lambda name, there: seen.append((name, there)))
    leave = Node(bus, "lab", "instinct").announce()
    Node(bus, "elsewhere", "instinct").announce()
    leave()
    assert seen == [("instinct", True), ("instinct", False)]
