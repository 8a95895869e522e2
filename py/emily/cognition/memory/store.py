"""What every store of episodes does."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from emily.cognition.memory.errors import RefusedError
from emily.cognition.memory.recall import Query, Recalled
from emily.cognition.memory.record import Episode


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the store answers, what it said, and how much it holds.

    `episodes` is None when it does not answer; `pending` episodes wait in an outbox to be stored, and
    `refused` ones lie beside it because the store will not take them.
    """

    available: bool
    detail: str
    episodes: int | None = None
    pending: int = 0
    refused: int = 0


class EpisodicStore(Protocol):
    """A store of episodes. Threads may share one.

    Each method raises StoreUnavailable when the store cannot be reached or has no room, and the same
    call may then be made again; StoreError when it would fail again; EpisodeError for a wrong argument.
    """

    def store(self, episode: Episode) -> bool:
        """Keep an episode; on return it survives the death of this process.

        False when it was held already. Raises RefusedError when another one has its id.
        """
        ...

    def recall(self, query: Query, k: int, now: datetime) -> list[Recalled]:
        """The k episodes (1 to 1000) that score best, the best first."""
        ...

    def get(self, episode_id: str) -> Episode | None:
        """The episode with this id."""
        ...

    def forget(self, episode_id: str) -> bool:
        """Remove an episode for good; False when it was not held."""
        ...

    def count(self) -> int:
        """How many episodes are held."""
        ...

    def health(self) -> Health:
        """How the store is; never raises."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


def check_same(episode: Episode, held: Episode | None) -> None:
    """Raise RefusedError when the id of an episode is another one's."""
    if held is not None and held != episode:
        raise RefusedError(f"another episode has the id {episode.id}")
