"""The trainer's program, which the runner starts: one job, with the help of a cluster."""

import argparse
import logging
import sys
from pathlib import Path

from scf.worker.process import serve
from scf.worker.ray.trainer import Trainer
from sovereign.errors import SovereignError


def main() -> int:
    """Do the job; the exit code is that of `scf worker`."""
    words = argparse.ArgumentParser(prog="scf.worker.ray", description=__doc__)
    words.add_argument("--address", required=True, help="host:port of the cluster's head")
    words.add_argument("--workers", required=True, type=int, help="at most so many there")
    words.add_argument("--job", required=True, type=Path, help="the run's folder")
    words.add_argument("--shards", required=True, type=Path, help="the folder with the shards")
    words.add_argument("--parent", type=Path, help="the checkpoint that the job starts from")
    words.add_argument("--lock", type=Path, help="while this file exists nothing is done")
    given = words.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    trainer = Trainer(given.address, given.workers)
    try:
        result = serve(
            given.job.absolute(),
            given.shards.absolute(),
            parent=given.parent,
            meter=trainer.meter,
            lock=given.lock,
            recipes=trainer.recipe,
        )
    except SovereignError as error:
        print(error.message, file=sys.stderr)
        return int(error.exit_code)
    print(f"checkpoint {result.checkpoint.cid}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
