"""`emily status`: how the loop is, by its API."""

import json
import urllib.error
from pathlib import Path

import click
from pydantic import TypeAdapter

from emily.contracts.messages import Check
from emily.service.cli.options import config_option
from emily.service.loop import api_url, health
from emily.service.settings import load

_DEGRADED = 3
_CHECKS = TypeAdapter(dict[str, Check])


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print what /health says.")
def command(config: Path | None, as_json: bool) -> int:
    """Say whether the loop is healthy: exit code 0 if it is, 3 if degraded, 1 if it does not answer.

    \b
    Example: emily status
    """
    settings = load(config)
    try:
        told = health(settings)
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        msg = f"{api_url(settings)} does not answer: {reason}"
        raise click.ClickException(msg) from None
    checks = _CHECKS.validate_python(told.get("checks"))
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        click.echo(told["status"])
        for name, check in sorted(checks.items()):
            detail = f"  {check.detail}" if check.detail else ""
            click.echo(f"  {'ok  ' if check.ok else 'FAIL'}  {name}{detail}")
    return 0 if told["status"] == "healthy" else _DEGRADED
