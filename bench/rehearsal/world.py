"""The world of the fast tier with a part of ours in it, instead of the suite alone."""

import sys
import time
from pathlib import Path

from bench.rehearsal.cli import Options
from bench.rehearsal.figures import WrongError

from sovereign.expectations.document import read
from sovereign.inventory.load import load
from sovereign.operate.rehearse import NotPreparedError, _roots, missing
from sovereign.rehearse import debian
from sovereign.rehearse.fast import Trial, _credentials, _far_keys, _variant
from sovereign.rehearse.job import Event, Job
from sovereign.rehearse.keys import make_keys
from sovereign.rehearse.namespace import isolated, run_folder
from sovereign.rehearse.surroundings import surroundings


def measured(part: str, options: Options) -> bytes:
    """Run a part of `inside` in its own namespaces; return the JSON that it left.

    Raises NotPreparedError, WrongError, and what the rehearsal raises.
    """
    if lacking := missing():
        raise NotPreparedError("the figures need " + "; ".join(lacking))
    cache = debian.cache_folder()
    inventory = load(options.root)
    roots = tuple(_roots(cache, inventory, options.host, say))
    with run_folder(cache) as folder:
        host_folder = inventory.root / "hosts" / options.host
        document = read(host_folder / "generated" / "expectations.json")
        around = surroundings(inventory, options.host, document.expectations)
        private = folder / "private"
        private.mkdir(mode=0o700)
        keys = make_keys(inventory, around, roots[-1], private)
        say(f"evaluate {options.host}")
        trial = Trial(options.host, inventory.root)
        results = folder / "results.json"
        job = Job(
            roots=roots,
            inventory=folder / options.host,
            host=options.host,
            folder=folder,
            secrets=dict(keys.secrets),
            far_keys=_far_keys(around, keys),
            credentials=_credentials(keys, private / "credentials"),
            variants=(_variant(trial, options.host, document, keys, folder, results),),
        )
        return _inside(part, job)


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _inside(part: str, job: Job) -> bytes:
    file, found, log = (job.folder / name for name in ("job.json", "found.json", "inside.log"))
    file.touch(mode=0o600)
    file.write_text(job.model_dump_json(), "utf-8")
    process = isolated("bench.rehearsal.inside", (part, str(file), str(found)), log=log)
    problem = "it ended before it was done"
    try:
        for line in process.lines():
            event = Event.model_validate_json(line)
            if event.stage == "end":
                problem = event.problem
            elif event.seconds is None:
                say(event.stage)
    finally:
        process.stop(grace=0)
    if problem:
        said = (log.read_text("utf-8", "replace").strip().splitlines() or [""])[-1]
        raise WrongError(f"{problem} {said}".strip())
    return Path(found).read_bytes()
