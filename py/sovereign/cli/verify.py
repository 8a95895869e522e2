"""`sovereign verify`: look whether what must be true on running hosts is."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from sovereign.cli.hosts import hosts_argument
from sovereign.cli.output import color_option, json_option, root_option

if TYPE_CHECKING:
    from sovereign.inventory.load import Inventory
    from sovereign.operate.verify import Verified


@click.command("verify")
@hosts_argument
@click.option(
    "--hosts",
    "specs",
    multiple=True,
    metavar="[HOST=]SPEC",
    help="Where a host is: ssh://USER@ADDRESS:PORT?sudo=true or local://."
    " Default: its first operator at its address in a zone that may use SSH.",
)
@click.option(
    "--from",
    "zones",
    multiple=True,
    metavar="ZONE=SPEC",
    help="A machine in a zone, from which the host is also looked at. May be repeated.",
)
@click.option(
    "--credentials",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The secrets of clients: samba/USER, postgresql/ROLE, emily/token, ssh/OPERATOR.",
)
@click.option("--only", default="", metavar="CONCERN,…", help="These concerns alone.")
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the results as JUnit XML too.",
)
@root_option
@json_option
@color_option
def command(  # noqa: PLR0913, PLR0917 - click hands over each option by its name
    hosts: tuple[str, ...],
    specs: tuple[str, ...],
    zones: tuple[str, ...],
    credentials: Path | None,
    only: str,
    junit: Path | None,
    root: Path | None,
    as_json: bool,
    color: str,
) -> int:
    """Check running hosts against the inventory; exit with 3 when a check fails.

    HOST chooses hosts by name, glob (`web-*`) or tag (`@gpu`); `!` takes some away.

    Example: sovereign verify cloudlab --from data=ssh://root@10.20.0.10
    """
    from sovereign.cli.output import count, find_root, load_or_tell, talk
    from sovereign.cli.verified import tally
    from sovereign.files import write_atomically
    from sovereign.inventory.select import select
    from sovereign.operate.verify import From, exit_code, verify
    from sovereign.suite.result import junit as junit_text

    folder = find_root(root)
    inventory = load_or_tell(folder, color, as_json=as_json)
    names = select(inventory.hosts, hosts)
    given = From(_specs(specs, names), zones, credentials, only)

    def tell(one: "Verified") -> None:
        talk(f"{one.host}: {tally(one.results) if one.results else one.problem}")

    talk(f"checking {count(len(names), 'host')} …")
    verified = verify(inventory, names, given, tell)
    # who stops to read has seen enough, and the verdict is still the verdict; rich exits then
    with suppress(BrokenPipeError, SystemExit):
        _answer(inventory, verified, color, as_json=as_json)
    if junit is not None:
        write_atomically(junit, junit_text([one.results for one in verified if one.results]))
    return exit_code(verified)


def _answer(
    inventory: "Inventory", verified: Sequence["Verified"], color: str, *, as_json: bool
) -> None:
    from sovereign.cli.output import answer, answer_json, console, tell_diagnostics
    from sovereign.cli.verified import as_json_of, matrix, tell_skipped
    from sovereign.operate.verify import failures

    if as_json:
        answer_json(as_json_of(inventory, verified))
        return
    out = console(color)
    if any(one.results for one in verified):
        out.print(matrix(verified))
    found = tuple(failures(inventory, verified))
    if found:
        answer("")
        tell_diagnostics(found, inventory.root, color, err=False)
    tell_skipped(out, verified)
    for one in verified:
        if one.results is None:
            answer(f"{one.host} was not looked at: {one.problem}")


def _specs(words: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Host → where it is; a word without a name is the only host's."""
    from sovereign.errors import UsageError

    found: dict[str, str] = {}
    for word in words:
        named = re.match(r"(?P<host>[^:/?=]+)=(?P<spec>.*)", word)
        if named is None and len(names) != 1:
            raise UsageError(
                f"{word!r} does not say which of {len(names)} hosts it is",
                hint="write HOST=SPEC, or choose one host",
            )
        host, spec = (named["host"], named["spec"]) if named else (names[0], word)
        if host not in names:
            raise UsageError(f"{word!r} names a host that is not chosen")
        found[host] = spec
    return found
