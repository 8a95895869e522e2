"""A store that accepts episodes while the one behind it cannot."""

from contextlib import suppress
from datetime import datetime
from threading import Lock

from emily.cognition.memory.errors import RefusedError, StoreError, StoreUnavailable
from emily.cognition.memory.outbox import Outbox
from emily.cognition.memory.recall import Query, Recalled, check_k, ranked
from emily.cognition.memory.record import Episode, check_id
from emily.cognition.memory.store import EpisodicStore, Health, check_same


class DurableMemory:
    """An EpisodicStore made of another one and an outbox.

    What the store cannot take waits in the outbox, in its order, until `flush` stores it: nothing that
    was acknowledged is lost, and the ids see to it that nothing is stored twice. While anything waits
    the store is not asked to take more, so that one that is down delays only the call that found out.
    Recall needs the store; what waits is recalled beside what it holds.
    """

    def __init__(self, store: EpisodicStore, outbox: Outbox) -> None:
        """Take both; `close` closes both."""
        self._store = store
        self._outbox = outbox
        self._lock = Lock()
        """Guards the outbox; never held while the store is asked by `flush`."""
        self._flushing = Lock()
        self._unsure = {episode.id for episode in outbox.pending()}
        """Ids that wait but may be stored already: the store broke off before it answered."""
        self._refused: dict[str, str] = {}
        """Ids that wait but that the store will not take, and why."""

    def store(self, episode: Episode) -> bool:
        """Keep an episode, in the store or in the outbox; see EpisodicStore.

        Raises StoreUnavailable, and keeps nothing, when neither has room.
        """
        with self._lock:
            if (held := self._outbox.get(episode.id)) is not None:
                check_same(episode, held)
                return False
            tried = not self._waiting()
            if tried:
                with suppress(StoreUnavailable):
                    return self._store.store(episode)
            self._outbox.append(episode)
            if tried:
                self._unsure.add(episode.id)
            return True

    def waits(self, episode_id: str) -> bool:
        """Tell whether an episode waits in the outbox. Raises EpisodeError for what is no id."""
        with self._lock:
            return check_id(episode_id) in self._outbox

    def flush(self) -> int:
        """Store what waits, the oldest first, until the store cannot; returns how many wait no more.

        To be called now and then: once a second while anything waits. What the store refuses stays in the
        outbox and is tried again when it is opened the next time.
        """
        done = 0
        with self._flushing:
            with self._lock:
                waiting = self._waiting()
            for episode in waiting:
                with self._lock:
                    self._unsure.add(episode.id)
                try:
                    self._store.store(episode)
                except RefusedError as error:
                    self._refused[episode.id] = str(error)
                    continue
                except StoreError:  # not this one's fault: health tells
                    break
                with self._lock:
                    self._outbox.delivered(episode.id)
                    self._unsure.discard(episode.id)
                done += 1
        return done

    def recall(self, query: Query, k: int, now: datetime) -> list[Recalled]:
        """The k that score best, of the store and of what waits; see EpisodicStore."""
        check_k(k)
        with self._lock:
            waiting = self._outbox.pending()
        found = {recalled.episode.id: recalled for recalled in self._store.recall(query, k, now)}
        for recalled in ranked(query, waiting, k, now):
            found.setdefault(recalled.episode.id, recalled)
        return sorted(found.values(), key=lambda each: (-each.score, each.episode.id))[:k]

    def get(self, episode_id: str) -> Episode | None:
        """The episode with this id; see EpisodicStore."""
        episode_id = check_id(episode_id)
        with self._lock:
            held = self._outbox.get(episode_id)
        return self._store.get(episode_id) if held is None else held

    def forget(self, episode_id: str) -> bool:
        """Remove an episode for good from both; see EpisodicStore."""
        episode_id = check_id(episode_id)
        with self._flushing:
            stored = self._store.forget(episode_id)
            with self._lock:
                waited = self._outbox.forget(episode_id)
                self._unsure.discard(episode_id)
                self._refused.pop(episode_id, None)
        return stored or waited

    def count(self) -> int:
        """How many episodes are held by both, each once; see EpisodicStore."""
        with self._flushing:
            with self._lock:
                waiting = len(self._outbox)
                unsure = [number for number in self._unsure if number in self._outbox]
            stored = sum(self._store.get(number) is not None for number in unsure)
            return self._store.count() + waiting - stored

    def health(self) -> Health:
        """How the store is, and how many episodes wait; see EpisodicStore."""
        health = self._store.health()
        with self._lock:
            refused = dict(self._refused)
            pending = len(self._outbox) - len(refused)
        detail = health.detail
        if self._outbox.damaged:
            detail += f"; {self._outbox.damaged} damaged records of the outbox were dropped"
        if refused:
            detail += f"; refused: {next(iter(refused.values()))}"
        return Health(health.available, detail, health.episodes, pending, len(refused))

    def close(self) -> None:
        """Close the outbox and the store; what waits stays in the file."""
        with self._flushing, self._lock:
            self._outbox.close()
            self._store.close()

    def __repr__(self) -> str:
        return f"DurableMemory({self._store!r}, {self._outbox!r})"

    def _waiting(self) -> list[Episode]:
        return [held for held in self._outbox.pending() if held.id not in self._refused]
