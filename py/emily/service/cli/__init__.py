"""The command line `emily`: a file per verb, each imported only when it is called or its help is shown."""

import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import click

VERBS = {
    "up": "The whole loop on this machine.",
    "demo": "The same, with a made world.",
    "status": "Whether the loop is healthy.",
    "settings": "The settings in force, or their schema.",
    "migrate": "Bring the memory's schema up to date.",
    "router": "The Zenoh router alone.",
    "tier": "One tier alone.",
    "api": "The HTTP API alone.",
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
        command = import_module(f"emily.service.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - each verb's file holds its command
        return command


@click.group(cls=_Verbs, name="emily", context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Emily, the cognitive loop from stimulus to action.

    \b
    Example: emily up
    """


def main() -> NoReturn:
    """Run the command line: 0 done, 1 failed, 2 usage, 3 degraded, 130 interrupted."""
    code = run()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    # A thread of zenoh's that is in a callback while the interpreter ends would abort the process.
    os._exit(code)


def run() -> int:
    """Run the command line with the process's words and return the exit code."""
    try:
        code = cli.main(standalone_mode=False, prog_name="emily")
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except Exception as error:
        from emily.service.cli.errors import EXPECTED

        if not isinstance(error, EXPECTED):
            raise
        print(f"emily: {error}", file=sys.stderr)
        return 1
    return code if isinstance(code, int) else 0
