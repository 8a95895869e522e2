"""The errors that a person meets at SCF's command line; each module adds its own below these."""

from typing import ClassVar

from sovereign.errors import Exit, SovereignError


class ScfError(SovereignError):
    """Something about a drive, a job or a release that the person at the keyboard can mend."""

    code: ClassVar[str] = "SCF001"


class ContractError(ScfError):
    """A document that is not what it should be: where, and what was expected there."""

    code = "SCF002"


class DriveError(ScfError):
    """The drive is not there, is full, or does not take what it is given; nothing was half-written."""

    code = "SCF003"


class QuotaError(DriveError):
    """A partition has no room left for what is to be written."""

    code = "SCF004"


class RefusedError(ScfError):
    """Input that is forged, damaged or hostile; nothing of it was kept."""

    code = "SCF005"
    exit_code: ClassVar[Exit] = Exit.FINDINGS
