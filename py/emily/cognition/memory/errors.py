"""What can go wrong with a memory: what is handed in, the store behind it, or a migration of it."""


class EpisodeError(ValueError):
    """An episode, a query or a text that cannot be taken; the message says what is expected."""


class StoreError(Exception):
    """The store refused, and would again: another episode has the id, or the schema is not there."""


class StoreUnavailable(StoreError):  # noqa: N818 - a state of the store, which passes
    """The store cannot be reached or its disk is full. Nothing was kept; the same call may be tried again."""


class RefusedError(StoreError):
    """The store will not take this episode, though it takes others: its id is another one's."""


class MigrationError(StoreError):
    """A migration that cannot be applied: unknown, changed after it was applied, or not verified."""
