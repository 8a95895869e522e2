"""`scf status`: what the daemon is at."""

import json

import click

from scf.cli.options import answer, home_option, json_option
from scf.cli.reading import key_option, parts
from scf.settings import Home


@click.command()
@key_option
@home_option
@json_option
def command(key: str | None, home: Home, as_json: bool) -> int:
    """Say what the daemon is at, whether it runs or not: 0 when it runs, 3 when it does not.

    \b
    Example: scf status --json
    """
    from scf.daemon.gears import Gear
    from scf.daemon.journal import Journal
    from scf.daemon.serve import is_running
    from scf.daemon.snapshot import Turn, snapshot
    from scf.daemon.state import Mode
    from scf.page.board import Board
    from scf.places import run_folder
    from scf.worker.folder import RunFolder

    there = parts(home, key)
    journal = Journal(home.journal)
    mode = Mode.of(journal, Gear(there.settings.gear))
    intent = journal.open_intent()
    beat = None
    if intent is not None:
        beat = RunFolder(run_folder(there.drive, intent.job.id)).heartbeat(intent.job)
    running = is_running(home)
    now = snapshot(there, journal, mode, Turn("runs" if running else "does not run", beat))

    def text() -> str:
        from scf.cli.told import told

        return told(now)

    board = Board()
    board.publish(now)
    answer(as_json, json.loads(board.json())["snapshot"], text)
    return 0 if running else 3
