"""What the page, the metrics and `scf status` tell: one look at all the parts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from scf.contracts.job import Heartbeat
from scf.daemon.build import Parts
from scf.daemon.journal import Intent, Journal, Stage
from scf.daemon.orient import fossils_due, that_count
from scf.daemon.pictures import ATLAS, DENSITY
from scf.daemon.state import Mode
from scf.drive import Partition
from scf.page.board import Generation, Order, Release, Room, Snapshot, Work
from scf.registry.registry import CHAMPION
from scf.release.documents import read, releases
from scf.training.revision import code_revision

_LAST = 12
"""Generations and releases that are shown."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What only the process that turns knows."""

    phase: str
    heartbeat: Heartbeat | None = None
    started_at: float | None = None
    """Seconds since 1970."""
    cycles: int = 0
    problems: tuple[str, ...] = ()
    errors: int = 0
    """Trainings that failed."""


def snapshot(parts: Parts, journal: Journal, mode: Mode, turn: Turn) -> Snapshot:
    """How everything is now. Raises ScfError."""
    intents = journal.intents()
    train = parts.settings.train
    open_one = journal.open_intent()
    return Snapshot(
        gear=mode.gear,
        phase=turn.phase,
        period_s=mode.gear.period_s,
        locked=parts.home.locked,
        control=Order(mode.seq, mode.ignored),
        code=code_revision(),
        started_at=turn.started_at,
        cycles=turn.cycles,
        rooms=tuple(
            Room(each, parts.drive.used(each), parts.drive.quota(each)) for each in Partition
        ),
        fossils=parts.vault.count(),
        shards=parts.vault.pulse(),
        due=fossils_due(that_count(intents, train.model, code_revision()), train.minimum),
        refused=_sum(parts.vault.refusals().values()),
        work=_work(open_one, turn.heartbeat) if open_one is not None else None,
        generations=_generations(parts, intents),
        metric=parts.settings.promote.metric,
        releases=_releases(parts),
        log_size=len(parts.log),
        log_root=parts.log.root,
        ledger_entries=len(parts.ledger),
        ledger_head=parts.ledger.head,
        balances=parts.ledger.balances(),
        problems=turn.problems,
        errors=turn.errors,
        density=_picture(parts, DENSITY),
        atlas=_picture(parts, ATLAS),
    )


def _work(intent: Intent, heartbeat: Heartbeat | None) -> Work:
    job = intent.job
    return Work(
        job=job.id,
        model=job.model,
        recipe=job.recipe,
        generation=job.generation,
        runner=intent.runner,
        stage=intent.stage,
        attempt=heartbeat.attempt if heartbeat else 0,
        step=heartbeat.step if heartbeat else 0,
        of=heartbeat.of if heartbeat else 0,
        beat_at=heartbeat.at if heartbeat else None,
    )


def _generations(parts: Parts, intents: tuple[Intent, ...]) -> tuple[Generation, ...]:
    model = parts.settings.train.model
    champion = parts.registry.alias(model, CHAMPION)
    versions = {version.job: version for version in parts.registry.versions(model)}
    found = []
    for intent in islice(reversed(intents), _LAST):
        job, version = intent.job, versions.get(intent.job.id)
        if version is None and intent.stage is not Stage.FAILED:
            continue
        found.append(
            Generation(
                model=job.model,
                recipe=job.recipe,
                generation=job.generation,
                job=job.id,
                version=version.version if version else 0,
                metrics=version.metrics if version else {},
                champion=version is not None and version == champion,
                reason=intent.reason,
            )
        )
    return tuple(found)


def _releases(parts: Parts) -> tuple[Release, ...]:
    champion = parts.registry.alias(parts.settings.train.model, CHAMPION)
    folders = releases(parts.drive.folder(Partition.RELEASE_HISTORY))
    found = []
    for folder in islice(reversed(folders), _LAST):
        release = read(folder)
        version = release.version
        found.append(
            Release(
                week=folder.name,
                model=version.model,
                version=version.version,
                digest=release.id,
                current=champion is not None and version.checkpoint == champion.checkpoint,
            )
        )
    return tuple(found)


def _sum(counts: Iterable[object]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        if isinstance(each, dict):
            total.update(each)
    return dict(sorted(total.items()))


def _picture(parts: Parts, name: str) -> Path | None:
    pictures = sorted((parts.drive.root / Partition.ENERGY_ATLAS).glob(f"*/{name}"))
    return max(pictures, key=lambda path: path.stat().st_mtime, default=None)
