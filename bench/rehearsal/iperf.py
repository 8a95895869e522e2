"""The speed of a link, by iperf3: what arrived, checked against the counters of the interface."""

from bench.rehearsal.figures import WrongError
from pydantic import BaseModel, TypeAdapter, ValidationError

from sovereign.rehearse.machine import Machine

_SECONDS = 2


class _Sum(BaseModel):
    bytes: int
    bits_per_second: float


class _End(BaseModel):
    sum_received: _Sum


class _Report(BaseModel):
    error: str = ""
    end: _End | None = None


class _Counter(BaseModel):
    bytes: int


class _Counters(BaseModel):
    rx: _Counter
    tx: _Counter


class _Link(BaseModel):
    stats64: _Counters


_LINKS: TypeAdapter[tuple[_Link]] = TypeAdapter(tuple[_Link])


def serve(machine: Machine) -> None:
    """Listen on a machine until its world ends."""
    machine.run(("iperf3", "--server", "--daemon"))


def speed(host: Machine, address: str, link: str, *, backwards: bool = False) -> float:
    """Return bytes a second that arrive from the host at an address, or back. Raises WrongError."""
    words = ("iperf3", "--client", address, "--time", str(_SECONDS), "--json")
    before = crossed(host, link, backwards=backwards)
    done = host.run((*words, *(("--reverse",) if backwards else ())), check=False, timeout=60)
    arrived, rate = received(done.out)
    passed = crossed(host, link, backwards=backwards) - before
    if passed < arrived:
        raise WrongError(f"iperf3 says {arrived} bytes, and {passed} went over {link}")
    return rate


def received(text: str) -> tuple[int, float]:
    """Return the bytes that arrived and bytes a second, as iperf3 reports them. Raises WrongError."""
    try:
        report = _Report.model_validate_json(text)
    except ValidationError as error:
        raise WrongError(f"iperf3 reports nothing: {text.strip()[:200]}") from error
    if report.error or report.end is None or not report.end.sum_received.bytes:
        raise WrongError(f"iperf3 moved nothing: {report.error or 'no message'}")
    total = report.end.sum_received
    return total.bytes, total.bits_per_second / 8


def crossed(host: Machine, link: str, *, backwards: bool) -> int:
    """Return the bytes that an interface of the host has sent, or received."""
    out = host.run(("ip", "-json", "-stats", "link", "show", "dev", link)).out
    (found,) = _LINKS.validate_json(out)
    return (found.stats64.rx if backwards else found.stats64.tx).bytes
