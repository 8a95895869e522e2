"""The world of the fast tier with a part of ours in it, instead of the suite alone."""

import sys
import time

from bench.rehearsal.cli import Options
from bench.rehearsal.figures import WrongError

from sovereign.inventory.load import load
from sovereign.operate.rehearse import NotPreparedError, machine_roots, missing
from sovereign.rehearse import debian
from sovereign.rehearse.fast import prepare
from sovereign.rehearse.follow import RehearsalError, do
from sovereign.rehearse.job import Event
from sovereign.rehearse.namespace import run_folder


def measured(part: str, options: Options) -> bytes:
    """Run a part of `inside` in its own namespaces; return the JSON that it left.

    Raises NotPreparedError, WrongError, and what the rehearsal raises.
    """
    if lacking := missing():
        raise NotPreparedError("the figures need " + "; ".join(lacking))
    cache = debian.cache_folder()
    inventory = load(options.root)
    roots = tuple(machine_roots(cache, inventory, options.host, say))
    with run_folder(cache) as folder:
        job, _ = prepare(
            inventory, options.host, roots=roots, folder=folder, tell=lambda event: say(event.stage)
        )
        found = folder / "found.json"
        try:
            do("bench.rehearsal.inside", (part, str(found)), job, folder, _begun)
        except RehearsalError as error:
            raise WrongError(f"{error.message} {error.hint or ''}".strip()) from error
        return found.read_bytes()


def _begun(event: Event) -> None:
    if event.seconds is None:
        say(event.stage)


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
