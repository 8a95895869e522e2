"""Everything that a home and its settings name, opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scf.attest.keys import Keyring
from scf.attest.log import Log
from scf.daemon.finish import Finish
from scf.daemon.loop import Daemon
from scf.drive import Drive
from scf.ledger import Ledger
from scf.registry.files import FileRegistry
from scf.registry.registry import Registry
from scf.release.rule import MetricRule
from scf.settings import Home, Promote, RunPod, Settings
from scf.training.revision import code_revision
from scf.vault import Vault
from scf.worker.folder import MEASURE
from scf.worker.local import LocalRunner
from scf.worker.measure import MeasuringRunner, Verifier
from scf.worker.runner import Runner

if TYPE_CHECKING:
    from scf.worker.access import Access


@dataclass(frozen=True, slots=True)
class Parts:
    """What verbs and the daemon work with."""

    home: Home
    settings: Settings
    drive: Drive
    vault: Vault
    registry: Registry
    log: Log
    ledger: Ledger

    @classmethod
    def open(cls, home: Home) -> "Parts":
        """Open all of it. Raises ScfError."""
        settings = home.settings()
        drive = Drive.open(settings.drive)
        log = Log.open(drive, Keyring.open(home.keys))
        return cls(
            home,
            settings,
            drive,
            Vault.open(drive),
            registry(home, settings, drive),
            log,
            # a ledger that was cut, or replaced by an older one, lacks what was attested of it
            Ledger.open(drive, log.newest("ledger")),
        )

    def daemon(self) -> Daemon:
        """The daemon on these parts."""
        finish = Finish(
            self.drive,
            registry=self.registry,
            log=self.log,
            ledger=self.ledger,
            rule=rule(self.settings.promote),
            baseline=self.settings.ledger,
        )
        return Daemon(
            self.home,
            self.settings,
            drive=self.drive,
            vault=self.vault,
            runners=runners(self.home, self.settings, self.drive),
            verifier=verifier(self.home, self.settings, self.drive),
            finish=finish,
            code=code_revision(),
        )


def rule(promote: Promote) -> MetricRule:
    """By what versions are compared."""
    return MetricRule(
        metric=promote.metric,
        direction=promote.direction,
        ties=promote.ties,
        tolerance=promote.tolerance,
    )


def registry(home: Home, settings: Settings, drive: Drive) -> Registry:
    """The embedded registry, which a tracking server follows when one is set. Raises ScfError."""
    files = FileRegistry(drive)
    if settings.mlflow is None:
        return files
    from scf.registry.mirrored import Mirrored
    from scf.registry.mlflow import MlflowRegistry

    token = settings.mlflow.token_file
    token = home.folder / token if token is not None else None
    server = MlflowRegistry(settings.mlflow.uri, token_file=token, drive=drive)
    return Mirrored(drive, files, server)


def verifier(home: Home, settings: Settings, drive: Drive) -> Verifier:
    """What has figures computed again on this machine."""
    measuring = MeasuringRunner(
        drive,
        code=code_revision(),
        stale_seconds=settings.stale_seconds,
        lock=home.lock,
        below=MEASURE,
    )
    return Verifier(drive, measuring, settings.measure)


def runners(home: Home, settings: Settings, drive: Drive) -> Sequence[Runner]:
    """Where jobs go, in the order in which they are asked: Ray, rented machines, this one at last.

    Raises ScfError.
    """
    code, stale, lock = code_revision(), settings.stale_seconds, home.lock
    found: list[Runner] = []
    if settings.ray is not None:
        from scf.worker.ray.runner import RayRunner

        cluster = settings.ray
        found.append(
            RayRunner(
                drive,
                cluster.address,
                workers=cluster.workers,
                code=code,
                stale_seconds=stale,
                lock=lock,
            )
        )
    if settings.runpod is not None:
        found.append(_rented(home, settings.runpod, drive, code))
    return (*found, LocalRunner(drive, code=code, stale_seconds=stale, lock=lock))


def _rented(home: Home, rent: RunPod, drive: Drive, code: str) -> Runner:
    from scf.worker.runpod import Offer, RunPodRunner
    from scf.worker.runpod_api import RunPodApi

    return RunPodRunner(
        drive,
        code=code,
        api=RunPodApi(home.folder / rent.key_file, endpoint=rent.endpoint),
        offer=Offer(rent.image, rent.gpus, rent.most_dollars_an_hour),
        access=_access(home, rent),
    )


def _access(home: Home, rent: RunPod) -> "Access":
    from scf.worker.bucket import BucketAccess
    from scf.worker.pod_keys import PodKeys

    if rent.ssh_key_file is not None:
        return PodKeys(home.folder / "pods", home.folder / rent.ssh_key_file)
    bucket = rent.bucket
    assert bucket is not None  # noqa: S101 - the settings have one of the two
    return BucketAccess(
        bucket.name,
        bucket.prefix,
        home.folder / bucket.key_file,
        home.folder / (bucket.pod_key_file or bucket.key_file),
        bucket.endpoint,
        bucket.region,
    )
