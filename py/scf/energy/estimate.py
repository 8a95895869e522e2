"""An estimate, where nothing is measured: the processor time of this process times declared watts."""

import resource

from scf.energy.reading import Reading

WATTS_PER_CORE = 10.0
"""A declared figure, the order of a server's power per busy core; nobody measured it here."""


class EstimateMeter:
    """This process and those of its children that have ended; nothing of GPUs.

    `watts` are those of one core that is busy.
    """

    def __init__(self, watts: float = WATTS_PER_CORE) -> None:
        self._watts = watts
        self._began = _seconds()

    def read(self) -> Reading:
        """The energy since it was made; never a measurement."""
        return Reading((_seconds() - self._began) * self._watts, "estimate")


def _seconds() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
