"""`scf status`: what the daemon is at."""

import json

import click

from scf.cli.options import answer, home_option, json_option
from scf.settings import Home


@click.command()
@home_option
@json_option
def command(home: Home, as_json: bool) -> int:
    """Say what the daemon is at, whether it runs or not: 0 when it runs, 3 when it does not.

    \b
    Example: scf status --json
    """
    from scf.daemon.build import Parts
    from scf.daemon.gears import Gear
    from scf.daemon.journal import Journal
    from scf.daemon.serve import is_running
    from scf.daemon.snapshot import Turn, snapshot
    from scf.daemon.state import Mode
    from scf.page.board import Board
    from scf.worker.folder import RunFolder

    parts = Parts.open(home)
    journal = Journal(home.journal)
    mode = Mode.of(journal, Gear(parts.settings.gear))
    intent = journal.open_intent()
    beat = None
    if intent is not None:
        folder = parts.drive.root / "model_zoo" / "runs" / intent.job.id
        beat = RunFolder(folder).heartbeat(intent.job)
    running = is_running(home)
    now = snapshot(parts, journal, mode, Turn("runs" if running else "does not run", beat))

    def text() -> str:
        from scf.cli.told import told

        return told(now)

    board = Board()
    board.publish(now)
    answer(as_json, json.loads(board.json())["snapshot"], text)
    return 0 if running else 3
