"""The schema of the episodic memory, in ordered steps that are recorded in the database.

Each step is a module `mNNNN_name.py` with a MIGRATION. It is applied in one transaction together with its
line in the ledger, under a lock, so that a migrator that dies leaves the schema as it was before the
step, and the next one goes on from there. The ledger keeps the SHA-256 of the module: one that was
changed after it was applied is refused.

A schema is to be widened first and narrowed in a later release ("expand and contract"): the services of
both releases then run on what lies between. For that a database may have later migrations than are known.
"""

import hashlib
import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from emily.cognition.memory.errors import MigrationError
from emily.cognition.memory.migrations.drivers import LEDGER, Driver, driver
from emily.cognition.memory.migrations.migration import Migration, Script

if TYPE_CHECKING:
    from emily.cognition.memory.migrations.drivers import Connection

__all__ = ["BASE", "Applied", "Migration", "Script", "Step", "known", "migrate", "schema_hash"]

BASE = "base"
"""The target below all migrations: everything taken back."""


@dataclass(frozen=True, slots=True)
class Step:
    """A migration and the SHA-256 of its file."""

    migration: Migration
    sha256: str


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration that was applied, or that would be, and its statements."""

    id: str
    direction: Literal["up", "down"]
    statements: tuple[str, ...]


def migrate(
    connection: "Connection",
    to: str | None = None,
    dry_run: bool = False,
    *,
    steps: Sequence[Step] | None = None,
) -> list[Applied]:
    """Bring a database of sqlite3 or psycopg to a migration, the newest one unless `to` names another.

    `to` is the id of the last migration that shall be applied, or BASE for none; later ones are taken
    back. Without it, what a later release has applied stays. With `dry_run` nothing is changed and the
    statements are printed. Two migrators wait for each other. Raises MigrationError when a migration is
    unknown, was changed after it was applied, or is not verified, and StoreUnavailable when another one
    keeps the lock; the schema then stays as the last whole step left it. `steps` takes the place of the
    migrations of this package.
    """
    used = driver(connection)
    wanted = known() if steps is None else steps
    todo = [step for step in wanted if used.script(step.migration) is not None]
    ids = [step.migration.id for step in wanted]
    if ids != sorted(set(ids)):
        raise MigrationError("the ids of migrations must be different and in order")
    if to is not None and to != BASE and to not in ids:
        raise MigrationError(f"there is no migration {to!r}; there are {', '.join([BASE, *ids])}")
    target = ids[-1] if to is None and ids else to or BASE
    if dry_run:
        with used.locked():
            planned = _plan(
                used, todo, target, _ledger(used, create=False), newer_allowed=to is None
            )
        for applied in planned:
            print(f"-- {applied.direction} {applied.id}")
            for statement in applied.statements:
                print(f"{statement};")
        return planned
    done: list[Applied] = []
    while True:
        with used.locked():
            planned = _plan(
                used, todo, target, _ledger(used, create=True), newer_allowed=to is None
            )
            if not planned:
                return done
            _apply(used, planned[0], {step.migration.id: step for step in todo})
        done.append(planned[0])


def known() -> list[Step]:
    """The migrations of this package in their order, with the checksums of their files."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if info.name[1:2].isdigit())
    return [_step(importlib.import_module(f"{__name__}.{name}")) for name in names]


def schema_hash(connection: "Connection") -> str:
    """SHA-256 of the whole schema but the ledger."""
    return hashlib.sha256(driver(connection).schema().encode()).hexdigest()


def _step(module: ModuleType) -> Step:
    migration = module.MIGRATION
    if not isinstance(migration, Migration) or module.__file__ is None:
        raise MigrationError(f"{module.__name__} holds no migration")
    return Step(migration, hashlib.sha256(Path(module.__file__).read_bytes()).hexdigest())


def _ledger(used: Driver, *, create: bool) -> Mapping[str, str]:
    if create:
        used.execute(LEDGER)
    elif "schema_migrations" not in used.tables():
        return {}
    rows = used.execute("SELECT id, sha256 FROM schema_migrations ORDER BY id")
    return {str(row[0]): str(row[1]) for row in rows}


def _plan(
    used: Driver,
    todo: Sequence[Step],
    target: str,
    ledger: Mapping[str, str],
    *,
    newer_allowed: bool,
) -> list[Applied]:
    """What is left to be done; raises MigrationError when the ledger tells of other migrations."""
    files = {step.migration.id: step.sha256 for step in todo}
    for applied, sha256 in ledger.items():
        if applied not in files and newer_allowed and files and applied > max(files):
            continue
        if applied not in files:
            raise MigrationError(f"the database has the migration {applied}, which is unknown here")
        if files[applied] != sha256:
            raise MigrationError(f"the file of {applied} was changed after it was applied")
    done = [applied for applied in ledger if applied in files]
    if done != list(files)[: len(done)]:
        raise MigrationError(f"a migration is missing before {done[-1]}")
    planned = []
    for step in reversed(todo):
        script = used.script(step.migration)
        name = step.migration.id
        if script is not None and name in ledger and (target == BASE or name > target):
            planned.append(Applied(name, "down", tuple(script.down)))
    for step in todo:
        script = used.script(step.migration)
        name = step.migration.id
        if script is not None and name not in ledger and target != BASE and name <= target:
            planned.append(Applied(name, "up", tuple(script.up)))
    return planned


def _apply(used: Driver, applied: Applied, steps: Mapping[str, Step]) -> None:
    """Run the statements, write the ledger and verify, all within the transaction that is open."""
    for statement in applied.statements:
        used.execute(statement)
    if applied.direction == "down":
        used.execute("DELETE FROM schema_migrations WHERE id = ?", applied.id)
        return
    step = steps[applied.id]
    used.execute(
        "INSERT INTO schema_migrations (id, sha256) VALUES (?, ?)", applied.id, step.sha256
    )
    script = used.script(step.migration)
    answer = [] if script is None else used.execute(script.verify)
    # SQLite has no booleans: its true is 1
    if [tuple(row) for row in answer] != [(True,)]:
        raise MigrationError(f"{applied.id} is not verified: verify returned {answer!r}")
