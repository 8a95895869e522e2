"""`scf train`: a generation now."""

import click

from scf.cli.options import answer, home_option, json_option, refuse_when_locked
from scf.settings import Home


@click.command()
@home_option
@json_option
def command(home: Home, as_json: bool) -> int:
    """Train a generation on all fossils that there are now, however few are new, and wait for it.

    It goes on with a training that was begun. One that failed is tried again with the next seed.

    \b
    Example: scf train
    """
    from scf.cli.progress import Progress
    from scf.daemon.build import Parts
    from scf.daemon.gears import Gear
    from scf.daemon.loop import Did
    from scf.daemon.serve import alone, over, serve, stopped_by_signals
    from scf.errors import ScfError

    refuse_when_locked(home)
    with alone(home), stopped_by_signals() as stop, Progress() as progress:
        parts = Parts.open(home)
        daemon = parts.daemon()
        daemon.ask()
        did = serve(
            daemon,
            stop,
            seen=lambda did: progress.training(did, daemon.seen),
            until=lambda did: over(daemon, did),
            gear=Gear.HYPER,
        )
    if did is not Did.FINISHED:
        last = daemon.journal.last()
        failed = last.reason if did is Did.FAILED and last is not None else ""
        waits = daemon.seen.reason if did is Did.WAITING and daemon.seen is not None else ""
        raise ScfError(
            f"no generation came of it: {failed or waits or f'the daemon is {did}'}",
            hint="mend it, and call it again: it goes on",
        )
    version = parts.registry.versions(parts.settings.train.model)[-1]
    answer(
        as_json,
        version.model_dump(mode="json"),
        lambda: "\n".join(
            (
                f"{version.model} version {version.version}, generation {version.generation}",
                f"  checkpoint {version.checkpoint}",
                *(f"  {name} {value:.6g}" for name, value in sorted(version.metrics.items())),
            )
        ),
    )
    return 0
