"""Does something in a child that is killed before its n-th change of a file, for n = 0, 1, 2 … in turn.

After each kill another child does it again, to the end. Prints how many moments there were, and those
after which the drive was another than when nobody was killed.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tests.scf.release_world import WEEKS, World, contents, remove

from scf.places import run_folder
from scf.registry.registry import Version

WRITES = os.O_WRONLY | os.O_RDWR
EVENTS = {
    "os.rename",
    "os.chmod",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "shutil.rmtree",
    "os.truncate",
}


def release(world: World) -> None:
    world.release(WEEKS[1])


def back(world: World) -> None:
    from scf.release.rollback import rollback

    rollback(world.drive, world.registry, world.log, week=WEEKS[0])


def prune(world: World) -> None:
    from scf.release.prune import Jobs
    from scf.release.prune import prune as remove_leftovers

    remove_leftovers(world.drive, world.registry, world.log, lambda: Jobs((), ()))


def clutter(world: World, version: Version) -> None:
    """What a run may leave behind."""
    run = run_folder(world.drive, version.job)
    (run / "resume.safetensors").write_bytes(b"state")
    (run / "incoming").mkdir()
    (run / "incoming" / "checkpoint.safetensors").write_bytes(b"half of it")


ACTS = {"release": release, "rollback": back, "prune": prune}


def child(folder: Path, act: Callable[[World], None], moment: int | None) -> bool:
    """Whether it came to its end."""
    pid = os.fork()
    if pid == 0:
        left = moment

        def hook(event: str, args: tuple[object, ...]) -> None:
            nonlocal left
            changes = event in EVENTS or (
                event == "open" and isinstance(args[2], int) and args[2] & WRITES
            )
            if changes and left is not None:
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1

        try:
            world = World.make(folder)
            sys.addaudithook(hook)
            act(world)
        except BaseException as error:  # said, then counted as another end
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    if not os.WIFSIGNALED(status) and status:
        raise SystemExit(f"a child failed at the moment {moment}")
    return not os.WIFSIGNALED(status)


def main(scratch: Path, name: str) -> None:
    act = ACTS[name]
    start, work = scratch / "start", scratch / "work"
    world = World.make(start)
    first = world.train(1)
    world.release(WEEKS[0])
    second = world.train(2, parent=first)
    if name == "prune":
        clutter(world, world.train(3, parent=second, loss=0.9))
        clutter(world, world.train(4, parent=second, loss=0.8))
    if name in {"rollback", "prune"}:
        world.release(WEEKS[1])
        world.train(5, parent=second, loss=0.7)
    del world, second
    moment, wrong, wanted = None, [], {}
    while True:
        shutil.copytree(start, work)
        ended = child(work, act, moment)
        child(work, act, None)
        found = contents(work / "drive")
        wanted = wanted or found
        if found != wanted:
            wrong.append([moment, sorted({n for n, _ in found.items() ^ wanted.items()})])
        remove(work)
        if moment is not None and ended:
            break
        moment = 0 if moment is None else moment + 1
    print(json.dumps({"moments": moment, "wrong": wrong}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
