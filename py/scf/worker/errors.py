"""What goes wrong with a worker, each with a code of its own."""

from typing import ClassVar

from scf.errors import DriveError, ScfError
from scf.worker.runner import RunnerError
from sovereign.errors import Exit


class WorkerError(ScfError):
    """A training that came to nothing, for a reason of its own: the same job would fail again."""

    code = "SCF031"


class BusyError(ScfError):
    """Another worker is at work in the same folder."""

    code = "SCF032"


class EndedError(ScfError):
    """A worker that was asked to end; started again, it goes on from where it was."""

    code = "SCF033"
    exit_code: ClassVar[Exit] = Exit.INTERRUPTED


class TransportError(ScfError):
    """Files that could not be brought to, or from, a worker's machine; what arrived is kept."""

    code = "SCF034"


class HaltedError(DriveError):
    """A worker whose drive is full or gone; started again when it is mended, it goes on."""

    code = "SCF037"
    exit_code: ClassVar[Exit] = Exit.INTERRUPTED


class RunnerGivesUpError(RunnerError):
    """A runner that will not do a job it had taken, and holds nothing for it; another one may."""

    code = "SCF038"
