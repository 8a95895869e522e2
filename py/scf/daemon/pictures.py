"""Pictures of what the drive holds: the atlas of the newest dataset, the density that was learned."""

from pathlib import Path

from scf.atlas import Atlas
from scf.atlas.energies import ENERGIES, Energies
from scf.contracts.job import CHECKPOINT, Job
from scf.daemon.build import Parts
from scf.drive import Partition
from scf.places import run_folder
from scf.registry.registry import Version

DENSITY = "density.svg"
ATLAS = "atlas.svg"
_SAMPLES = 2000


def draw_atlas(parts: Parts, field: str | None = None) -> Path:
    """Survey the shards that are new, take in the energies of the newest version, and draw.

    Raises ScfError.
    """
    atlas = Atlas.open(parts.drive)
    dataset = parts.vault.dataset()
    atlas.survey(dataset, field=field)
    versions = parts.registry.versions(parts.settings.train.model)
    newest = next((each for each in reversed(versions) if each.dataset == dataset.id), None)
    if newest is not None:
        path = run_folder(parts.drive, newest.job) / ENERGIES
        if path.exists():
            atlas.energies(dataset, Energies.read(path))
    atlas.draw(dataset.id)
    return parts.drive.root / Partition.ENERGY_ATLAS / dataset.id / ATLAS


def draw_density(parts: Parts, version: Version) -> Path:
    """Draw the density that a version learned, beside the true one where its job names it.

    Needs torch, and a version of the recipe ebdm. Raises ScfError.
    """
    from scf.training.densities.shapes import DENSITIES
    from scf.training.ebdm.checkpoint import load
    from scf.training.ebdm.config import configured
    from scf.training.ebdm.picture import picture
    from scf.training.ebdm.sampling import sample

    run = run_folder(parts.drive, version.job)
    model, config = load(run / CHECKPOINT), configured(Job.read(run / "job.json"))
    points = sample(
        model,
        _SAMPLES,
        low=config.sigma_min,
        high=config.sigma_max,
        plan=config.sampling,
        seed=version.generation,
    )
    density = DENSITIES[config.density]() if config.density is not None else None
    svg = picture(
        model, density, points.numpy().astype("float64"), title=f"version {version.version}"
    )
    path = parts.drive.folder(Partition.ENERGY_ATLAS, version.dataset) / DENSITY
    parts.drive.write(path, svg.encode())
    return path
