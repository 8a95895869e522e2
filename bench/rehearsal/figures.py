"""What the parts inside the namespaces measure, as they hand it out."""

from statistics import median
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

from sovereign.errors import SovereignError


class WrongError(SovereignError):
    """What was measured is not what should have been: there is no figure of it."""

    code: ClassVar[str] = "BEN001"


class Round(BaseModel):
    """One repetition: bytes a second over each path, one after another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to_host: float
    from_host: float
    written: float
    read: float
    outside: float
    """The bare link to the far end of the tunnel, in the direction of the tunnel's figure."""
    tunnel: float


class Throughput(BaseModel):
    """All repetitions, and how fast one core encrypts, in bytes a second.

    `paced` are those with the cables held to `wire`, the rate of the host's own interface.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rounds: tuple[Round, ...]
    paced: tuple[Round, ...]
    wire: float
    aes: float
    chacha: float


class Tried(BaseModel):
    """What became of a fault. `recovered_s` is None where it took a hand, which then is named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    acknowledged: int
    """Bytes: everything that was acknowledged until then."""
    lost: int | None
    """None where it could not be looked at."""
    recovered_s: float | None
    hand: str = ""
    still_wrong: tuple[str, ...] = ()
    """Expectations that held before and never again."""

    @property
    def survived(self) -> bool:
        """Whether nothing was lost and everything came back by itself."""
        return self.lost == 0 and self.recovered_s is not None and not self.still_wrong


TRIED: TypeAdapter[tuple[Tried, ...]] = TypeAdapter(tuple[Tried, ...])


class Spread:
    """The smallest, the middle and the largest of several figures."""

    def __init__(self, values: list[float]) -> None:
        if not values:
            raise WrongError("nothing was measured")
        self.low, self.middle, self.high = min(values), median(values), max(values)

    def text(self, scale: float, unit: str, digits: int = 0) -> str:
        """Return `middle (low to high) unit`, each divided by `scale`."""
        low, middle, high = (
            f"{one / scale:.{digits}f}" for one in (self.low, self.middle, self.high)
        )
        return f"{middle} ({low} to {high}){unit}"


def ratios(ours: list[float], bare: list[float]) -> Spread:
    """Return the spread of paired ratios. Raises WrongError for a pair without its other half."""
    if len(ours) != len(bare) or not all(value > 0 for value in (*ours, *bare)):
        raise WrongError("a figure is without its pair")
    return Spread([one / other for one, other in zip(ours, bare, strict=True)])
