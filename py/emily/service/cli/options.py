"""What several verbs share: the option --config, and logs by the settings."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from emily.service import logs
from emily.service.settings import Settings, load

CommandT = TypeVar("CommandT", bound=Callable[..., object])


def config_option(command: CommandT) -> CommandT:
    """Add --config FILE, handed on as `config`."""
    return click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A TOML file of settings; variables EMILY_<TABLE>__<KEY> stand above it.",
    )(command)


def terminal_logs() -> dict[str, str]:
    """Return what quietens the processes of a loop whose logs a person sees, unless told otherwise."""
    quiet = {"EMILY_LOG__FORMAT": "console", "EMILY_LOG__LEVEL": "warning"}
    if not sys.stderr.isatty():
        return {}
    return {name: value for name, value in quiet.items() if name not in os.environ}


def begin(service: str, config: Path | None) -> Settings:
    """Read the settings and set the logs up. SettingsError: they cannot be used."""
    settings = load(config)
    logs.setup(service, settings.node, level=settings.log.level, style=settings.log.format)
    return settings
