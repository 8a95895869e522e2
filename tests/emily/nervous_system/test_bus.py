"""The contract of the bus, which the in-process bus and the one over Zenoh both keep."""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.contracts.topic import Delivery
from emily.nervous_system.bus import Bus, BusError, NoAnswerError, Question, Sample
from emily.nervous_system.expression import matches
from emily.nervous_system.zenoh_bus import ZenohBus
from zenoh_router import Router, free_endpoint, wait_until

Join = Callable[[], Bus]
PLAIN = Delivery()


def settle(bus: Bus, listener: Bus, expression: str) -> None:
    """Return once what `bus` publishes reaches `listener`: a declaration takes its way over the net."""
    seen = threading.Event()
    cancel = listener.subscribe(f"{expression}", lambda _: seen.set())

    def tried() -> bool:
        bus.publish(expression, b"", delivery=PLAIN)
        return seen.wait(0.01)

    wait_until(tried)
    cancel()


def test_a_sample_arrives_whole(join: Join) -> None:
    alice, bob = join(), join()
    heard: SimpleQueue[Sample] = SimpleQueue()
    bob.subscribe("a/*/c", heard.put)
    settle(alice, bob, "ready")
    alice.publish("a/b/c", b"\x00\xff", b"attached", delivery=Delivery(real_time=True))
    assert heard.get(timeout=5) == Sample("a/b/c", b"\x00\xff", b"attached")
    alice.publish("a/b/c", b"", delivery=PLAIN)
    assert heard.get(timeout=5) == Sample("a/b/c", b"", b"")


def test_each_subscriber_hears_each_sample_once_in_order(join: Join) -> None:
    alice, bob = join(), join()
    heard: dict[str, list[bytes]] = {"bob": [], "bob again": [], "alice": []}
    bob.subscribe("n/**", lambda sample: heard["bob"].append(sample.payload))
    bob.subscribe("n/x", lambda sample: heard["bob again"].append(sample.payload))
    alice.subscribe("n/x", lambda sample: heard["alice"].append(sample.payload))
    settle(alice, bob, "ready")
    sent = [str(number).encode() for number in range(500)]
    for payload in sent:
        alice.publish("n/x", payload, delivery=PLAIN)
    wait_until(lambda: all(len(payloads) >= len(sent) for payloads in heard.values()))
    time.sleep(0.05)
    assert all(payloads == sent for payloads in heard.values())


def test_nothing_arrives_after_the_cancellation(join: Join) -> None:
    alice, bob = join(), join()
    heard: list[bytes] = []
    cancel = bob.subscribe("n/x", lambda sample: heard.append(sample.payload))
    settle(alice, bob, "ready")
    alice.publish("n/x", b"early", delivery=PLAIN)
    wait_until(lambda: heard == [b"early"])
    cancel()
    cancel()
    alice.publish("n/x", b"late", delivery=PLAIN)
    settle(alice, bob, "ready")
    assert heard == [b"early"]


def test_a_question_is_answered_from_any_thread(join: Join) -> None:
    alice, bob = join(), join()
    askers: list[threading.Thread] = []

    def answer(question: Question) -> None:
        askers.append(threading.Thread(target=lambda: question.reply(question.payload[::-1])))
        askers[-1].start()

    bob.serve("ask/me", answer)

    def asked() -> bool:
        try:
            return alice.ask("ask/me", b"abc", timeout_s=5) == b"cba"
        except NoAnswerError:  # the service's declaration is still on its way
            return False

    wait_until(asked)
    assert bob.ask("ask/me", b"", timeout_s=5) == b""
    for asker in askers:
        asker.join()


def test_a_question_without_an_answer_ends_in_time(join: Join) -> None:
    alice, bob = join(), join()
    with pytest.raises(NoAnswerError):
        alice.ask("nobody", b"", timeout_s=0.2)
    kept: list[Question] = []
    bob.serve("silent", kept.append)
    settle(alice, bob, "ready")
    start = time.monotonic()
    with pytest.raises(NoAnswerError):
        alice.ask("silent", b"", timeout_s=0.2)
    assert time.monotonic() - start < 5
    assert kept


def test_tokens_come_and_go(join: Join) -> None:
    alice, bob = join(), join()
    changes: SimpleQueue[tuple[str, bool]] = SimpleQueue()
    early = bob.announce("@live/n/early")
    alice.watch("@live/n/*", lambda key, there: changes.put((key, there)))
    assert changes.get(timeout=5) == ("@live/n/early", True)
    late = bob.announce("@live/n/late")
    assert changes.get(timeout=5) == ("@live/n/late", True)
    early()
    early()
    assert changes.get(timeout=5) == ("@live/n/early", False)
    late()
    assert changes.get(timeout=5) == ("@live/n/late", False)


def test_a_closed_bus_says_so(join: Join, backend: str) -> None:
    bus = join()
    bus.close()
    bus.close()
    with pytest.raises(BusError):
        bus.publish("a", b"", delivery=PLAIN)
    with pytest.raises(BusError):
        bus.subscribe("a", lambda _: None)
    with pytest.raises(BusError):
        bus.ask("a", b"", timeout_s=0.1)
    assert backend == "in-process" or not bus.connected


KEYS = st.lists(st.sampled_from(["a", "b", "@x"]), min_size=1, max_size=4).map("/".join)
EXPRESSIONS = st.lists(st.sampled_from(["a", "b", "*", "**", "@x"]), min_size=1, max_size=4).map(
    "/".join
)


@given(EXPRESSIONS, KEYS)
def test_expressions_match_as_zenoh_does(expression: str, key: str) -> None:
    zenoh = pytest.importorskip("zenoh")
    canonical = zenoh.KeyExpr.autocanonize(expression)
    assert matches(expression, key) == canonical.intersects(zenoh.KeyExpr(key))


def test_a_process_goes_on_without_the_router_and_finds_it_again(router: Router) -> None:
    alice, bob = ZenohBus(router.endpoint), ZenohBus(router.endpoint)
    here: list[bytes] = []
    there: list[bytes] = []
    changes: list[bool] = []
    alice.subscribe("n/x", lambda sample: here.append(sample.payload))
    bob.subscribe("n/x", lambda sample: there.append(sample.payload))
    bob.announce("@live/n/bob")
    alice.watch("@live/n/bob", lambda _, is_there: changes.append(is_there))
    settle(alice, bob, "n/ready")
    wait_until(lambda: changes == [True])

    router.kill()
    lost_s = wait_until(lambda: not alice.connected and not bob.connected)
    here.clear()
    alice.publish("n/x", b"alone", delivery=PLAIN)
    assert here == [b"alone"]
    wait_until(lambda: changes == [True, False])

    router.start()
    found_s = wait_until(lambda: alice.connected and bob.connected)
    settle(alice, bob, "n/ready")
    there.clear()
    alice.publish("n/x", b"together", delivery=PLAIN)
    wait_until(lambda: there == [b"together"])
    wait_until(lambda: changes == [True, False, True])
    print(
        f"router killed: seen after {lost_s * 1e3:.0f} ms, found again after {found_s * 1e3:.0f} ms"
    )
    alice.close()
    bob.close()


def test_a_process_may_come_before_its_router() -> None:
    router = Router(free_endpoint())
    bus = ZenohBus(router.endpoint)
    assert not bus.connected
    router.start()
    wait_until(lambda: bus.connected)
    bus.close()
    router.kill()
