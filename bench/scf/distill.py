"""An energy model beside its students, one small, one of ternary weights: quality, size and speed.

Two densities; the students' defaults were tuned on the 25 Gaussians. `quality_ratio` is the worst of a
student's figures over its teacher's. A trained student is compared in NumPy with what torch says of it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np
import rfc8785
import torch
from bench.emily.rows import Row
from pydantic import JsonValue

from scf.batcher.shards import write_shard
from scf.cid import cid_of, cid_of_file
from scf.contracts.dataset import Dataset, ShardRef
from scf.contracts.fossil import Fossil, Verdict
from scf.contracts.job import CHECKPOINT, Budget, Job
from scf.training.densities.density import Floats
from scf.training.densities.shapes import DENSITIES
from scf.training.distill.checkpoint import load as load_student
from scf.training.distill.student import Student
from scf.training.ebdm.checkpoint import load as load_teacher
from scf.training.task import Task, recipe

POINTS = 50_000
MOST = {"small": 1.1, "ternary": 1.1}
"""The quality ratio that a student is held to: within a tenth of its teacher."""
FORMS = {"small": "float", "ternary": "ternary"}


def rows() -> list[Row]:
    """Teach, distil and measure on both densities."""
    return [row for name in ("gaussians-25", "two-moons") for row in _of(name)]


def _of(density: str) -> list[Row]:
    found = []
    with TemporaryDirectory(prefix="scf-distill-") as folder:
        place = Path(folder)
        data = _dataset(place, DENSITIES[density]().sample(POINTS, np.random.default_rng(0)))
        teacher, figures, took = _train(place, data, "ebdm", None, {"density": density})
        _check(figures["score_error"] < 0.1, "the teacher has learned")
        found.append(
            Row(f"{density}, teacher", f"{_figures(figures)}; {_size(teacher)}, {took:.0f} s")
        )
        for name, most in MOST.items():
            config: dict[str, JsonValue] = {"density": density, "form": FORMS[name]}
            path, figures, took = _train(place, data, "distill", teacher, config)
            ratio = figures["quality_ratio"]
            measured = f"{ratio:.3f}: {_figures(figures)}; {_size(path)}, {took:.0f} s"
            found.append(
                Row(f"{density}, {name}: worst ratio", measured, f"<= {most}", ratio <= most)
            )
            found.append(_numpy(density, name, path, teacher))
    return found


def _train(
    place: Path, data: Dataset, name: str, parent: Path | None, config: dict[str, JsonValue]
) -> tuple[Path, Mapping[str, float], float]:
    """The checkpoint, the figures, and the CPU seconds of it all."""
    job = Job(
        model="bench",
        recipe=name,
        generation=1 if parent is None else 2,
        dataset=data.id,
        parent=None if parent is None else cid_of_file(parent),
        config=config,
        code="bench",
        budget=Budget(seconds=3600),
    )
    out = place / job.id
    out.mkdir()
    begun = process_time()
    task = Task(job=job, dataset=data, shards=place, out=out, parent=parent)
    outcome = recipe(name)(task, lambda _step, _of: None)
    return out / CHECKPOINT, outcome.metrics, process_time() - begun


def _numpy(density: str, name: str, path: Path, teacher: Path) -> Row:
    """How far NumPy is from torch, and how fast both are."""
    student, (model, card), other = Student.load(path), load_student(path), load_teacher(teacher)
    random = np.random.default_rng(1)
    sigma = np.geomspace(card.sigma_min, card.sigma_max, 1000).astype(np.float32)
    drawn = DENSITIES[density]().sample(1000, random)
    x = (drawn + sigma[:, None] * random.standard_normal((1000, 2))).astype(np.float32)
    points, levels = torch.from_numpy(x), torch.from_numpy(sigma)
    true = model.score(points, levels).numpy()
    apart = float(np.linalg.norm(student.score(x, sigma) - true) / np.linalg.norm(true))
    ours = _median_ms(lambda: student.score(x, sigma))
    theirs = _median_ms(lambda: other.score(points, levels))
    return Row(
        f"{density}, {name}: NumPy beside torch; 1,000 scores, CPU (teacher in torch)",
        f"{apart:.0e} apart; {ours:.1f} ms ({theirs:.1f} ms)",
        "<= 1e-5 apart",
        apart <= 1e-5,
    )


def _figures(figures: Mapping[str, float]) -> str:
    """What is known of a model, in one line."""
    words = [f"score error {figures['score_error']:.4f}", f"dsm {figures['dsm']:.4f}"]
    if "modes" in figures:
        words.append(f"{figures['modes']:.0f} modes")
        words.append(f"{figures['high_quality']:.1%} of high quality")
        words.append(f"KL {figures['kl']:.4f}")
    words.append(f"sliced Wasserstein {figures['sliced_wasserstein']:.3f}")
    if "score_distance" in figures:
        words.append(f"{figures['score_distance']:.3f} from its teacher's scores")
    return ", ".join(words)


def _size(path: Path) -> str:
    return f"{path.stat().st_size:,} bytes"


def _dataset(folder: Path, points: Floats) -> Dataset:
    """Points as one shard in `folder`."""
    verdict = Verdict(verifier="bench", passed=True)
    name = "points.ndjson.zst"

    def line(point: JsonValue) -> bytes:
        content: dict[str, JsonValue] = {"point": point}
        return Fossil(
            cid=cid_of(rfc8785.dumps(content)),
            encoding="json",
            content=content,
            media="application/json",
            source="bench",
            verdict=verdict,
        ).canonical()

    with (folder / name).open("wb") as file:
        done = write_shard(file, map(line, points.tolist()))
    ref = ShardRef(
        name=name,
        cid=done.cid,
        records=done.records,
        bytes=done.bytes,
        raw_bytes=done.raw_bytes,
    )
    return Dataset(shards=(ref,))


def _median_ms(work: Callable[[], object], times: int = 31) -> float:
    took = []
    for _ in range(times):
        begun = process_time()
        work()
        took.append(process_time() - begun)
    return 1000 * median(took)


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise RuntimeError(f"no figures are reported: {what}, but not here")
