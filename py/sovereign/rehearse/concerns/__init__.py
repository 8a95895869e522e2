"""What each concern puts on a rehearsed host: `<concern>.nix` and `<concern>.py` in this folder.

The `.nix` file is a function from a host's evaluated configuration to plain values; it is called as
`values.nix` beside this folder tells. The `.py` file has `furnish`, a pure function of those values,
and may have `AFTER`, the concerns whose work it builds on, and `UNPROVEN`: for what the rehearsal
cannot show, a regular expression on expectations' ids and the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from sovereign.rehearse.furnish import Furnish


@dataclass(frozen=True, slots=True)
class Concern:
    """A concern of the rehearsal."""

    name: str
    furnish: Furnish
    after: tuple[str, ...]
    unproven: tuple[tuple[str, str], ...]


def _found() -> Mapping[str, Concern]:
    folder = Path(__file__).parent
    names = sorted(file.stem for file in folder.glob("*.nix"))
    concerns = {name: _concern(name) for name in names}
    waiting = {name: {*one.after} & {*names} for name, one in concerns.items()}
    # sorted at each step, so that the order is the same everywhere
    order = TopologicalSorter(waiting)
    order.prepare()
    placed: list[str] = []
    while order.is_active():
        ready = sorted(order.get_ready())
        placed += ready
        order.done(*ready)
    return MappingProxyType({name: concerns[name] for name in placed})


def _concern(name: str) -> Concern:
    module = import_module(f"{__name__}.{name}")
    return Concern(
        name,
        module.furnish,
        tuple(getattr(module, "AFTER", ())),
        tuple(getattr(module, "UNPROVEN", ())),
    )


CONCERNS: Mapping[str, Concern] = _found()
"""All concerns by name, in the order in which they are furnished."""
