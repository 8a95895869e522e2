"""The command line `scf`: a file per verb, each imported only when it is called or its help is shown."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import click

from sovereign.errors import Exit, SovereignError

VERBS = {
    "demo": "The whole loop once, with made fossils.",
    "init": "Make a home, its keys and a drive.",
    "ingest": "Put fossils into the vault.",
    "daemon": "Train whenever enough fossils have come.",
    "control": "Give the running daemon an order.",
    "train": "Train a generation now.",
    "worker": "Do one job; runners start this.",
    "release": "Make the week's release, or go back to one.",
    "prune": "What nothing needs any more; remove it.",
    "verify": "Check a release, a proof or the vault.",
    "log": "What was attested, and proofs of it.",
    "keys": "The keys that sign; a new one.",
    "lineage": "What a version was made from.",
    "atlas": "Entropy and energy of the fossils.",
    "status": "What the daemon is at.",
    "ledger": "What was saved, and what it earned.",
}


class _Verbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(VERBS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx  # to list the verbs, none is imported
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in VERBS:
            return None
        command = import_module(f"scf.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - each verb's file holds its command
        return command


@click.group(cls=_Verbs, name="scf", context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """SCF: from fossils to models that are trained, attested and released.

    \b
    Example: scf demo
    """


def main() -> NoReturn:
    """Run the command line and exit with the code that tells how it went."""
    sys.exit(run())


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command line with these words, or the process's own; return the exit code."""
    # a stream that was closed by who called is one that nobody reads
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    try:
        result = cli.main(argv, prog_name="scf", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return Exit.USAGE if isinstance(error, click.UsageError) else Exit.FAILED
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        with suppress(OSError):
            sys.stdout.close()
        return Exit.DONE  # who reads has seen enough
    except SovereignError as error:
        click.echo(f"error[{error.code}]: {error.message}", err=True)
        if error.hint:
            click.echo(f"  = help: {error.hint}", err=True)
        return error.exit_code
    except OSError as error:
        click.echo(f"error[SCF007]: {error.filename or 'output'}: {error.strerror}", err=True)
        return Exit.FAILED
    return result if isinstance(result, int) else Exit.DONE
