"""`scf train`: a generation now."""

import tomllib
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

import click

from scf.cli.options import answer, home_option, json_option, refuse_when_locked
from scf.drive import Drive
from scf.errors import ScfError
from scf.registry.files import FileRegistry
from scf.settings import Home, Train

if TYPE_CHECKING:
    from scf.cli.progress import Progress
    from scf.daemon.journal import Intent


@click.command()
@click.option("--model", help="Its name in the registry; else that of the settings.")
@click.option("--recipe", help="ebdm, distill or gflownet; else that of the settings.")
@click.option("--teacher", metavar="MODEL", help="The model that a student learns from.")
@click.option(
    "--set",
    "changes",
    metavar="KEY=VALUE",
    multiple=True,
    help="A key of the recipe's configuration, as in TOML: steps=500, form='\"ternary\"'.",
)
@home_option
@json_option
def command(
    model: str | None,
    recipe: str | None,
    teacher: str | None,
    changes: tuple[str, ...],
    home: Home,
    as_json: bool,
) -> int:
    """Train a generation on all fossils that there are now, however few are new, and wait for it.

    A daemon that runs is asked to do it; without one it is done here. It goes on with a training that
    was begun. One that failed is tried again with the next seed. With another recipe the configuration
    is what --set says, and nothing of the settings'.

    \b
    Example: scf train
    """
    from scf.cli.progress import Progress
    from scf.daemon.serve import is_running, stopped_by_signals

    refuse_when_locked(home)
    train = _train(home.settings().train, model, recipe, teacher, changes)
    with stopped_by_signals() as stop, Progress() as progress:
        done = (_asked if is_running(home) else _alone)(home, train, stop, progress)
    versions = FileRegistry(Drive.open(home.settings().drive)).versions(train.model)
    version = next(each for each in versions if each.job == done.job.id)
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


def _asked(home: Home, train: Train, stop: Event, progress: "Progress") -> "Intent":
    """What the daemon that runs makes of it. Raises ScfError."""
    from scf.daemon.following import Follower
    from scf.daemon.journal import Stage

    done = Follower(home, stop, progress.training).train(train)
    if done.stage is Stage.FAILED:
        raise _nothing(done.reason)
    return done


def _alone(home: Home, train: Train, stop: Event, progress: "Progress") -> "Intent":
    """What comes of it here, where no daemon runs. Raises ScfError."""
    from scf.daemon.build import Parts
    from scf.daemon.gears import Gear
    from scf.daemon.loop import Did
    from scf.daemon.request import Request, asked
    from scf.daemon.serve import alone, alone_on, over, serve

    with alone(home):
        parts = Parts.open(home)
        parts = replace(parts, settings=parts.settings.model_copy(update={"train": train}))
        daemon = parts.daemon()

        def done(did: Did) -> bool:
            """Whether ours is over; what was begun or ordered before comes first, and then ours."""
            last = daemon.journal.last()
            another = last is not None and not Request(train).is_met_by(last.job)
            if did in {Did.FINISHED, Did.FAILED} and another:
                daemon.ask()
                return False
            return over(daemon, did)

        if asked(daemon.journal) is None:
            daemon.ask()
        with alone_on(parts.drive):
            did = serve(
                daemon,
                stop,
                seen=lambda did: progress.training(did, daemon.seen),
                until=done,
                gear=Gear.HYPER,
            )
    last = daemon.journal.last()
    if did is not Did.FINISHED or last is None:
        failed = last.reason if did is Did.FAILED and last is not None else ""
        waits = daemon.seen.reason if did is Did.WAITING and daemon.seen is not None else ""
        raise _nothing(failed or waits or f"the daemon is {did}")
    return last


def _nothing(why: str) -> ScfError:
    return ScfError(
        f"no generation came of it: {why}", hint="mend it, and call it again: it goes on"
    )


def _train(
    train: Train,
    model: str | None,
    recipe: str | None,
    teacher: str | None,
    changes: tuple[str, ...],
) -> Train:
    """The settings with what the command line says. Raises click.BadParameter."""
    table = train.model_dump()
    if recipe is not None and recipe != train.recipe:
        table |= {"recipe": recipe, "config": {}, "teacher": None}
    table |= {key: value for key, value in (("model", model), ("teacher", teacher)) if value}
    try:
        table["config"] |= tomllib.loads("\n".join(changes))
        return Train.model_validate(table)
    except ValueError as error:  # TOML's and pydantic's
        raise click.BadParameter(str(error).splitlines()[0], param_hint="--set") from None
