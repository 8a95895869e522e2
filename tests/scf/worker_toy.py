"""A recipe without torch, and the program that trains with it: what a worker does, and goes through.

Its checkpoint is a chain of SHA-256, one link a step, so that a step lost or done twice shows. The
job's config says what happens: `pause` seconds a step; `hang_at`, `die_at`, `raise_at`, `full_at` a
step, in the first `attempts` attempts. `measure_hang`, `measure_die` and `measure_raise` are in how many
attempts that befalls who measures it, `measure_pause` how many seconds it takes.
"""

import argparse
import errno
import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import ModuleType

from emily.files import replacing
from scf.cid import cid_of
from scf.contracts.dataset import Dataset, ShardRef
from scf.contracts.job import Budget, Job
from scf.drive import Drive, Partition
from scf.training.task import RECIPES, Beat, Outcome, Task, recipe
from scf.worker.measure import measuring
from scf.worker.process import serve
from sovereign.errors import SovereignError

NAME = "toy"
COMMAND = (sys.executable, "-P", Path(__file__))
HANGS = "worker.hangs"
SHARD = b"not read by the toy\n" * 64


def until_it_hangs(folder: Path) -> None:
    """Wait until a worker is at a step at which it hangs."""
    deadline = time.monotonic() + 60
    while not (folder / HANGS).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def train(task: Task, beat: Beat) -> Outcome:
    config = {"steps": 20, "pause": 0.0, "attempts": 99, **task.job.config}
    saved = task.out / "resume.json"
    step, link = json.loads(saved.read_text()) if saved.exists() else (0, task.job.seed)
    attempt = len(list(task.out.glob("usage-*.json")))
    while step < config["steps"]:
        step, link = step + 1, hashlib.sha256(f"{link}".encode()).hexdigest()
        beat(step, config["steps"])
        time.sleep(config["pause"])
        happens = {name for name, at in config.items() if at == step and name.endswith("_at")}
        if happens and attempt <= config["attempts"]:
            misfortune(happens.pop(), task.out)
        with replacing(saved) as file:
            file.write(json.dumps([step, link]).encode())
    for name, text in (("checkpoint.safetensors", link), ("curve.json", "[1,2]")):
        with replacing(task.out / name) as file:
            file.write(f"{text}".encode())
    return Outcome({"loss": step / 7, "links": step}, ("curve.json", "checkpoint.safetensors"))


def measure(task: Task, beat: Beat) -> dict[str, float]:
    config = {"steps": 20, "measure_pause": 0.0, **task.job.config}
    attempt = len(list(task.out.glob("usage-*.json")))
    for kind in ("hang", "die", "raise"):
        if attempt <= config.get(f"measure_{kind}", 0):
            misfortune(f"{kind}_at", task.out)
    end = time.monotonic() + config["measure_pause"]
    while time.monotonic() < end:
        beat(0, 1)
        time.sleep(0.02)
    return {"loss": config["steps"] / 7, "links": config["steps"]}


def misfortune(kind: str, folder: Path) -> None:
    if kind == "hang_at":
        (folder / HANGS).touch()
        time.sleep(3600)
    if kind == "die_at":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "full_at":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    raise ValueError("the loss is\nno number")


def use() -> None:
    """Let this process know the recipe."""
    module = ModuleType("toy_recipe")
    module.train, module.measure = train, measure
    sys.modules["toy_recipe"] = module
    RECIPES[NAME] = "toy_recipe"


def dataset() -> Dataset:
    ref = {"cid": cid_of(SHARD), "records": 64, "bytes": len(SHARD), "raw_bytes": len(SHARD)}
    return Dataset(shards=(ShardRef(name="a.ndjson.zst", **ref),))


def job(seconds: float = 60.0, *, dollars: float = 0.0, **config: float) -> Job:
    return Job(
        model=NAME,
        recipe=NAME,
        generation=1,
        dataset=dataset().id,
        config=config,
        seed=7,
        code="revision-1",
        budget=Budget(seconds=seconds, dollars=dollars),
    )


def drive(root: Path) -> Drive:
    """A drive whose vault holds the dataset."""
    made = Drive.make(root)
    shards = made.folder(Partition.FOSSIL_VAULT, "shards")
    made.write(shards / "a.ndjson.zst", SHARD)
    listed = made.folder(Partition.FOSSIL_VAULT, "datasets") / f"{dataset().id}.json"
    made.write(listed, dataset().canonical())
    return made


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--job", type=Path, required=True)
    words.add_argument("--shards", type=Path, required=True)
    words.add_argument("--parent", type=Path)
    words.add_argument("--lock", type=Path)
    words.add_argument("--measure", type=Path)
    given = words.parse_args()
    use()
    try:
        recipes = measuring(given.measure) if given.measure else recipe
        done = serve(given.job, given.shards, parent=given.parent, lock=given.lock, recipes=recipes)
        print(done.id)
    except SovereignError as error:
        sys.exit(print(error.message, file=sys.stderr) or int(error.exit_code))


if __name__ == "__main__":
    main()
