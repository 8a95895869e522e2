"""`scf worker`: one job, in this process."""

from pathlib import Path

import click

from scf.cli.options import say


@click.command()
@click.option(
    "--job",
    "folder",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The run's folder, with job.json and dataset.json; it takes the result.",
)
@click.option(
    "--shards",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder with the dataset's shards.",
)
@click.option(
    "--parent",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The checkpoint that the job starts from.",
)
@click.option(
    "--lock",
    type=click.Path(path_type=Path),
    help="Once this exists, the worker ends at the next step.",
)
@click.option(
    "--measure",
    metavar="CHECKPOINT",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compute the figures of this checkpoint instead of training one.",
)
def command(
    folder: Path, shards: Path, parent: Path | None, lock: Path | None, measure: Path | None
) -> None:
    """Do the job in a folder and leave result.json there; ended by a signal, it goes on when called again.

    Runners start this, on this machine or on a rented one.

    \b
    Example: scf worker --job model_zoo/runs/bafk… --shards fossil_vault/shards
    """
    from scf.energy import meter
    from scf.training.revision import code_revision
    from scf.training.task import recipe
    from scf.worker.measure import measuring
    from scf.worker.process import serve

    result = serve(
        folder.absolute(),
        shards.absolute(),
        parent=parent,
        code=code_revision(),
        meter=meter(),
        lock=lock.absolute() if lock is not None else None,
        recipes=measuring(measure.absolute()) if measure is not None else recipe,
    )
    say(f"checkpoint {result.checkpoint.cid}")
