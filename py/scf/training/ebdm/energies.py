"""What energy a model gives the records of each shard, for the atlas."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from scf.atlas.energies import Energies, Histogram, Spread
from scf.contracts.dataset import Dataset, ShardRef
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.points import Split, read
from scf.training.task import RecipeError

_BINS = 64
_CHUNK = 8192


def energies(model: EnergyModel, dataset: Dataset, shards: Path, sigma: float) -> Energies:
    """The spread of E(x, sigma) over every record of each shard, in units of kT, so the temperature is 1.

    An energy is known up to a constant: zero is the least that any record has. One shard's energies are
    held at a time. Raises RecipeError, ShardError.
    """
    found = {shard.name: _spread(_values(model, shards, shard, sigma)) for shard in dataset.shards}
    zero = min(spread.min for spread in found.values())
    return Energies(shards={name: _shifted(spread, zero) for name, spread in found.items()})


def _values(model: EnergyModel, shards: Path, shard: ShardRef, sigma: float) -> NDArray[np.float64]:
    everything, parts = Split(0.0), []
    for samples in read(shards, shard):
        points, _ = everything.parts(samples)
        if points.shape[1] != model.shape.dimensions:
            raise RecipeError(f"ebdm: {shard.name}: points of other dimensions than the model's")
        for start in range(0, len(points), _CHUNK):
            with torch.no_grad():
                part = model.energy(model.points(points[start : start + _CHUNK]), sigma)
            parts.append(part.cpu().numpy().astype(np.float64))
    return np.concatenate(parts)


def _spread(values: NDArray[np.float64]) -> Spread:
    low, high = float(values.min()), float(values.max())
    end = high if high > low else low + 1.0
    counts, _ = np.histogram(values, bins=_BINS, range=(low, end))
    return Spread(
        n=len(values),
        mean=float(values.mean()),
        sd=float(values.std()),
        min=low,
        max=high,
        histogram=Histogram(low=low, high=end, counts=tuple(counts.tolist())),
    )


def _shifted(spread: Spread, zero: float) -> Spread:
    bins = spread.histogram
    return Spread(
        n=spread.n,
        mean=spread.mean - zero,
        sd=spread.sd,
        min=spread.min - zero,
        max=spread.max - zero,
        histogram=Histogram(low=bins.low - zero, high=bins.high - zero, counts=bins.counts),
    )
