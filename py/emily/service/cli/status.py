"""`emily status`: how the loop is, by its API."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import click

from emily.service.cli.options import config_option
from emily.service.loop import api_url
from emily.service.settings import load

_DEGRADED = 3


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print what /health says.")
def command(config: Path | None, as_json: bool) -> int:
    """Say whether the loop is healthy: exit code 0 if it is, 3 if degraded, 1 if it does not answer.

    \b
    Example: emily status
    """
    url = api_url(load(config))
    try:
        with urllib.request.urlopen(f"{url}health", timeout=5.0) as answer:  # noqa: S310
            health = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        msg = f"{url} does not answer: {reason}"
        raise click.ClickException(msg) from None
    if as_json:
        click.echo(json.dumps(health, indent=2))
    else:
        click.echo(health["status"])
        for name, check in sorted(health["checks"].items()):
            detail = f"  {check['detail']}" if check["detail"] else ""
            click.echo(f"  {'ok  ' if check['ok'] else 'FAIL'}  {name}{detail}")
    return 0 if health["status"] == "healthy" else _DEGRADED
