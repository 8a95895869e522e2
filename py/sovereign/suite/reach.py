"""Which ports answer a vantage; all that a run asks from one vantage is tried at once."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pytest

from sovereign.expectations.flow import Flow
from sovereign.suite.request import Request
from sovereign.suite.uplink import known
from sovereign.suite.vantage import Vantage, last_line

Target: TypeAlias = tuple[str, int]
"""An address and a TCP port."""

Group: TypeAlias = tuple[str, bool]
"""A source, and whether its targets have to be looked up."""

_PROGRAM = Path(__file__).parent / "programs" / "reach.py"
_SECONDS = 3
"""A lost first packet is sent again after one second."""

_AT_ONCE = 200
_VANTAGES_AT_ONCE = 8

_WITHOUT_PYTHON = r"""
seconds=$1
shift
reached() {
  said=$(timeout "$seconds" bash -c 'exec 3<>"/dev/tcp/$1/$2"' bash "$1" "$2" 2>&1) ||
    case $said in *'Connection refused'* | *'Connection reset'*) ;; *) return ;; esac
  echo "$1 $2"
}
while [ $# -gt 1 ]; do
  reached "$1" "$2" &
  shift 2
done
wait
"""
"""The same for bash: bash -s SECONDS ADDRESS PORT [ADDRESS PORT]…"""


def reached(vantage: Vantage, targets: Iterable[Target]) -> frozenset[Target]:
    """The targets that accept or reset a connection from there within three seconds."""
    wanted = sorted(set(targets))
    found: set[Target] = set()
    for start in range(0, len(wanted), _AT_ONCE):
        found |= _try(vantage, wanted[start : start + _AT_ONCE])
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Reach:
    """The flows of a run, and what was found of them: all vantages ask beside each other, once."""

    request: Request
    _asked: dict[Group, Future[frozenset[Target]]] = field(default_factory=dict)

    def of(self, flow: Flow) -> frozenset[Target]:
        """What answers of all that is asked from the source of a flow."""
        if not self._asked:
            with ThreadPoolExecutor(_VANTAGES_AT_ONCE) as pool:
                for group in {_group(one) for one in self._flows if one.source in self._vantages}:
                    self._asked[group] = pool.submit(self._ask, group)
        return self._asked[_group(flow)].result()

    @property
    def _flows(self) -> Iterator[Flow]:
        return (one for one in self.request.document.expectations if isinstance(one, Flow))

    @property
    def _vantages(self) -> Mapping[str, Vantage]:
        return {"inside": self.request.inside, **self.request.zones}

    def _ask(self, group: Group) -> frozenset[Target]:
        alike = [one for one in self._flows if _group(one) == group]
        inside = self.request.inside
        targets = {(known(inside, one.address), port) for one in alike for port in one.ports}
        return reached(self._vantages[group[0]], targets)


def _group(flow: Flow) -> Group:
    """The source; apart, what leads to an address that must be looked up, and may not be there."""
    return flow.source, not flow.address


def _try(vantage: Vantage, targets: list[Target]) -> set[Target]:
    words = [str(_SECONDS), *(str(part) for target in targets for part in target)]
    if vantage.exists("python3"):
        argv, program = ["python3", "-", *words], _PROGRAM.read_text("utf-8")
    else:
        argv, program = ["bash", "-s", *words], _WITHOUT_PYTHON
    out = vantage.output(*argv, stdin=program, timeout=_SECONDS + 30)
    try:
        pairs = [line.split(" ") for line in out.splitlines()]
        answered = {(address, int(port)) for address, port in pairs}
    except ValueError:
        pytest.fail(f"ports cannot be tried from {vantage.name}: {last_line(out)}", pytrace=False)
    return answered & set(targets)
