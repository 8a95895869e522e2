"""The energy model on a density that it was tuned on, and on two that it was not, beside a KDE.

The exact score is a closed form (25 Gaussians) or a quadrature along a curve. Times are of training and
sampling together, on one thread. The kernel density estimate has the same points, and the bandwidth of
the largest likelihood of points that it has not.
"""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np
import rfc8785
import torch
from bench.emily.rows import Row
from pydantic import JsonValue

from scf.batcher.shards import write_shard
from scf.cid import cid_of
from scf.contracts.dataset import Dataset, ShardRef
from scf.contracts.fossil import Fossil, Verdict
from scf.contracts.job import CHECKPOINT, Budget, Job
from scf.training.densities.density import Density, Floats
from scf.training.densities.quality import quality, relative_error, sliced_wasserstein
from scf.training.densities.shapes import DENSITIES
from scf.training.ebdm.checkpoint import load_with_card
from scf.training.ebdm.figures import LEVELS, score_errors
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.picture import picture
from scf.training.ebdm.sampling import Sampling, sample
from scf.training.task import Task, recipe

POINTS = 50_000
SAMPLES = 10_000
SECONDS = 180.0
PICTURES = Path(__file__).parents[2] / "docs" / "scf"
_TRIED = 1000
_BANDWIDTHS = np.geomspace(0.01, 0.2, 10)


class Kernels(Density):
    """A kernel density estimate: points blurred by a Gaussian too."""

    name = "kde"

    def __init__(self, points: Floats, bandwidth: float) -> None:
        super().__init__(points, np.full(len(points), 1 / len(points)))
        self.sd = bandwidth

    def skeleton(self, n: int, rng: np.random.Generator) -> Floats:
        """Points that it has, drawn at random."""
        return self.nodes[rng.integers(len(self.nodes), size=n)]


def rows() -> list[Row]:
    """Train on all densities with the same configuration, the default, and measure."""
    return [row for name in ("gaussians-25", "two-moons", "spiral") for row in _of(name)]


def _of(name: str) -> Iterator[Row]:
    density = DENSITIES[name]()
    points = density.sample(POINTS, np.random.default_rng(0))
    with TemporaryDirectory(prefix="scf-ebdm-") as folder:
        task = _task(Path(folder), points)
        wall, work = perf_counter(), process_time()
        recipe("ebdm")(task, lambda _step, _of: None)
        model, card = load_with_card(task.out / CHECKPOINT)
        low, high = card.sigma_min, card.sigma_max
        drawn = sample(model, SAMPLES, low=low, high=high, plan=Sampling(), seed=1)
        wall, work = perf_counter() - wall, process_time() - work
    yield Row(
        f"{name}: training and {SAMPLES} samples, seconds; of one core's time",
        f"{wall:.0f}; {work:.0f}",
        f"<= {SECONDS:.0f}",
        wall <= SECONDS,
    )
    samples = drawn.double().numpy()
    kernels = _kernels(points, density)
    errors = score_errors(model, density, seed=1)
    others = _score_errors(kernels, density)
    for sigma in LEVELS:
        yield Row(
            f"{name}: relative score error, noise {sigma:g}; squared; KDE's",
            f"{errors[sigma]:.4f}; {errors[sigma] ** 2:.5f}; {others[sigma]:.4f}",
            "< .05",
            errors[sigma] < 0.05,
        )
    yield from _samples(name, samples, kernels, density)
    yield _log_density(name, model, density)
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"ebdm-{name}.svg").write_text(picture(model, density, samples), "utf-8")


def _samples(name: str, samples: Floats, kernels: Kernels, density: Density) -> Iterator[Row]:
    rng = np.random.default_rng(3)
    true, also_true = density.sample(SAMPLES, rng), density.sample(SAMPLES, rng)
    others = kernels.sample(SAMPLES, rng)
    apart = [sliced_wasserstein(each, true) for each in (samples, others, also_true)]
    yield Row(
        f"{name}: sliced Wasserstein from true samples; KDE's; true from true",
        "; ".join(f"{each:.4f}" for each in apart),
    )
    modes = density.modes()
    if not len(modes):
        return
    found, kde, floor = (quality(each, modes, density.sd) for each in (samples, others, also_true))
    yield Row(f"{name}: modes of 25; KDE's", f"{found.modes}; {kde.modes}", "25", found.modes == 25)
    yield Row(
        f"{name}: high-quality share; KDE's; true samples'",
        f"{found.high_quality:.4f}; {kde.high_quality:.4f}; {floor.high_quality:.4f}",
        "> .97",
        found.high_quality > 0.97,
    )
    yield Row(
        f"{name}: KL of the modes from uniform; KDE's; true samples'",
        f"{found.kl:.4f}; {kde.kl:.4f}; {floor.kl:.4f}",
        "< .02",
        found.kl < 0.02,
    )


def _log_density(name: str, model: EnergyModel, density: Density, sigma: float = 0.1) -> Row:
    """The sd of log p + E is zero for an exact energy, whatever its constant."""
    rng = np.random.default_rng(4)
    x = density.sample(8192, rng) + sigma * rng.standard_normal((8192, 2))
    with torch.no_grad():
        energy = model.energy(torch.from_numpy(x).float(), sigma).double().numpy()
    spread = float((energy + density.log_density(x, sigma)).std())
    return Row(f"{name}: sd of E + log p, noise {sigma:g}, in nats", f"{spread:.3f}")


def _kernels(points: Floats, density: Density) -> Kernels:
    unseen = density.sample(_TRIED, np.random.default_rng(5))
    tried = [Kernels(points, float(width)) for width in _BANDWIDTHS]
    return max(tried, key=lambda each: float(each.log_density(unseen).mean()))


def _score_errors(kernels: Kernels, density: Density) -> dict[float, float]:
    rng = np.random.default_rng(6)
    errors = {}
    for sigma in LEVELS:
        x = density.sample(_TRIED, rng) + sigma * rng.standard_normal((_TRIED, 2))
        errors[sigma] = relative_error(kernels.score(x, sigma), density.score(x, sigma))
    return errors


def _task(folder: Path, points: Floats) -> Task:
    with (folder / "points.zst").open("wb") as file:
        written = write_shard(file, map(_fossil, points.tolist()))
    dataset = Dataset(shards=(ShardRef(name="points.zst", **asdict(written)),))
    job = Job(
        model="bench",
        recipe="ebdm",
        generation=1,
        dataset=dataset.id,
        config={"samples": 0},
        code="bench",
        budget=Budget(seconds=SECONDS),
    )
    out = folder / "out"
    out.mkdir()
    return Task(job=job, dataset=dataset, shards=folder, out=out)


def _fossil(point: list[float]) -> bytes:
    content: JsonValue = {"point": list[JsonValue](point)}
    return Fossil(
        cid=cid_of(rfc8785.dumps(content)),
        encoding="json",
        content=content,
        media="application/json",
        source="bench",
        verdict=Verdict(verifier="bench", passed=True),
    ).canonical()
