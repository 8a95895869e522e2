"""A small drive with a vault, runs and a registry, as the daemon leaves them before a release."""

import json
import shutil
import sys
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from scf.attest.keys import Keyring
from scf.attest.log import Log
from scf.batcher.shards import write_shard
from scf.cid import cid_of
from scf.contracts.dataset import Dataset, ShardRef
from scf.contracts.fossil import Fossil, Verdict
from scf.contracts.job import Budget, FileRef, Job, Result
from scf.drive import Drive, Partition
from scf.registry.files import FileRegistry
from scf.registry.registry import Version
from scf.release.documents import seconds
from scf.release.rule import MetricRule
from scf.release.weekly import release

WEEKS = (date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16))
RULE = MetricRule(metric="loss", direction="lower", ties=("kl:lower", "older"))
SECRET = bytes(range(32))
TIME = seconds(date(2026, 11, 21))


@dataclass
class World:
    drive: Drive
    registry: FileRegistry
    log: Log

    @classmethod
    def make(cls, folder: Path) -> "World":
        """The same in every folder: also its key is."""
        folder.mkdir(exist_ok=True)
        keys = folder / "keys"
        if not keys.exists():
            keys.mkdir(mode=0o700)
            private = Ed25519PrivateKey.from_private_bytes(SECRET)
            key = keys / "first.key"
            key.write_bytes(
                private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            )
            key.chmod(0o600)
        drive = Drive.make(folder / "drive")
        return cls(drive, FileRegistry(drive), Log.open(drive, Keyring.make(keys)))

    @property
    def history(self) -> Path:
        return self.drive.root / Partition.RELEASE_HISTORY

    def fossils(self, shard: int) -> list[Fossil]:
        """Four fossils; in later shards each is made of one in the shard before."""
        made = []
        for number in range(4):
            content = {"shard": shard, "number": number}
            before = {"shard": shard - 1, "number": number}
            made.append(
                Fossil(
                    cid=cid_of(json.dumps(content, separators=(",", ":"), sort_keys=True).encode()),
                    encoding="json",
                    content=content,
                    media="application/json",
                    source="test",
                    parents=(
                        cid_of(json.dumps(before, separators=(",", ":"), sort_keys=True).encode()),
                    )
                    if shard > 1
                    else (),
                    verdict=Verdict(verifier="test", passed=True),
                )
            )
        return made

    def shard(self, number: int) -> ShardRef:
        out = BytesIO()
        written = write_shard(out, (fossil.canonical() for fossil in self.fossils(number)))
        name = f"shard-{number:08d}.ndjson.zst"
        folder = self.drive.folder(Partition.FOSSIL_VAULT, "shards")
        if not (folder / name).exists():
            self.drive.write(folder / name, out.getvalue())
        return ShardRef(
            name=name,
            cid=written.cid,
            records=written.records,
            bytes=written.bytes,
            raw_bytes=written.raw_bytes,
        )

    def dataset(self, shards: int) -> Dataset:
        dataset = Dataset(shards=tuple(self.shard(number) for number in range(1, shards + 1)))
        folder = self.drive.folder(Partition.FOSSIL_VAULT, "datasets")
        self.drive.write(folder / f"{dataset.id}.json", dataset.canonical())
        return dataset

    def train(
        self,
        generation: int,
        *,
        shards: int = 0,
        parent: Version | None = None,
        model: str = "energy",
        **metrics: float,
    ) -> Version:
        """What a worker and the daemon leave of a training."""
        dataset = self.dataset(shards or generation)
        job = Job(
            model=model,
            recipe="ebdm",
            generation=generation,
            dataset=dataset.id,
            parent=parent.checkpoint if parent else None,
            config={"width": 128, "note": "a | b ``` c"},
            code="revision",
            budget=Budget(seconds=60.0),
        )
        files = {
            "checkpoint.safetensors": f"checkpoint {generation} {model}".encode() * 100,
            "energies.json": f"energies {generation}".encode(),
            "empty.txt": b"",
        }
        result = Result(
            job=job.id,
            metrics=metrics or {"loss": 1 / generation, "kl": 0.5},
            files=tuple(
                FileRef(name=name, cid=cid_of(data), bytes=len(data))
                for name, data in files.items()
            ),
        )
        run = self.drive.folder(Partition.MODEL_ZOO, "runs", job.id)
        for name, data in {
            **files,
            "job.json": job.canonical(),
            "dataset.json": dataset.canonical(),
            "result.json": result.canonical(),
        }.items():
            self.drive.write(run / name, data)
        return self.registry.register(
            Version(
                model=model,
                version=1,
                generation=generation,
                checkpoint=result.checkpoint.cid,
                result=result.id,
                job=job.id,
                dataset=dataset.id,
                parent=job.parent,
                recipe=job.recipe,
                metrics=result.metrics,
            )
        )

    def release(self, week: date, rule: MetricRule = RULE, model: str = "energy"):
        return release(
            self.drive,
            self.registry,
            self.log,
            model=model,
            week=week,
            rule=rule,
            clock=lambda: TIME,
        )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def remove(folder: Path) -> None:
    """Remove a folder with what is read-only in it."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def three_weeks(world: World) -> None:
    """What the test that kills repeats until it is through."""
    parent = None
    for generation, week in enumerate(WEEKS, start=1):
        parent = world.train(generation, parent=parent)
        world.release(week)


if __name__ == "__main__":
    three_weeks(World.make(Path(sys.argv[1])))
