"""The command line: a file per verb, each imported only when it is called or its help is shown."""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

import click
import rich_click

from sovereign import __version__
from sovereign.errors import Exit, SovereignError

VERBS = (
    "check",
    "generate",
    "rehearse",
    "verify",
    "show",
    "graph",
    "explain",
    "schema",
    "options",
    "init",
    "emily",
    "scf",
)

rich_click.rich_click.COMMAND_GROUPS = {
    "sovereign": [
        {"name": "Every day", "commands": ["check", "generate"]},
        {"name": "Prove", "commands": ["rehearse", "verify"]},
        {"name": "Look", "commands": ["show", "graph", "explain"]},
        {"name": "Set up", "commands": ["init", "schema", "options"]},
        {"name": "What the hosts run", "commands": ["emily", "scf"]},
    ]
}
rich_click.rich_click.SHOW_ARGUMENTS = True
rich_click.rich_click.TEXT_MARKUP = "ansi"
rich_click.rich_click.TEXT_PARAGRAPH_LINEBREAKS = "\n\n"
rich_click.rich_click.MAX_WIDTH = 100


class _Verbs(rich_click.RichGroup):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in VERBS:
            return None
        command = import_module(f"sovereign.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - each verb's file holds its command
        return command


@rich_click.group(
    cls=_Verbs, name="sovereign", context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, message="%(version)s")
def cli() -> None:
    """From one typed inventory of hosts to NixOS modules, reviewed before anything is built.

    Example: sovereign generate
    """


def main() -> NoReturn:
    """Run the command line and exit with the code that tells how it went."""
    # A command lives for seconds and frees nothing that is worth a search for cycles; on a fleet of
    # a thousand hosts the collector would take a third of the time.
    gc.disable()
    _prepare_streams()
    code = run()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            continue
        except OSError:
            code = code or Exit.FAILED
    # Taking a thousand hosts apart again would take as long as reading half of them.
    os._exit(code)


def _prepare_streams() -> None:
    """Have both streams, and let them write what their encoding lacks as an escape."""
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command line with these words, or the process's own; return the exit code."""
    try:
        result = cli.main(argv, prog_name="sovereign", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return Exit.USAGE
    except click.ClickException as error:
        error.show()
        return Exit.USAGE if isinstance(error, click.UsageError) else Exit.FAILED
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return Exit.DONE  # who reads has seen enough
    except SovereignError as error:
        from sovereign.cli.output import tell_error

        tell_error(error)
        return error.exit_code
    except MemoryError:
        click.echo("error[SOV006]: there is too little memory", err=True)
        return Exit.FAILED
    except OSError as error:
        click.echo(f"error[SOV005]: {error.filename or 'output'}: {error.strerror}", err=True)
        return Exit.FAILED
    return result if isinstance(result, int) else Exit.DONE
