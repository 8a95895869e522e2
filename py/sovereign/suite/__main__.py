"""`python -m sovereign.suite`: run the checks of one host."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import pytest

from sovereign.errors import Exit, SovereignError, UsageError
from sovereign.expectations.document import Document, read
from sovereign.files import write_atomically
from sovereign.suite.plugin import Plugin
from sovereign.suite.request import Credentials, Request, read_stand_ins, read_unproven
from sovereign.suite.result import junit
from sovereign.suite.transport import Ssh, UnreachableError, transport
from sovereign.suite.vantage import Vantage, unreachable


class IncompleteError(SovereignError):
    """The suite left something out."""

    code: ClassVar[str] = "VER004"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the checks; return 0 when none failed, 3 when one did, 1 when they could not be run."""
    options = _parser().parse_args(argv)
    try:
        with TemporaryDirectory(prefix="sov-") as control:
            request = _request(options, Path(control))
            try:
                return _check(request, options)
            finally:
                for vantage in (request.inside, *request.zones.values()):
                    if isinstance(vantage.transport, Ssh):
                        vantage.transport.close()
    except SovereignError as error:
        _tell(f"error[{error.code}]: {error.message}" + (f" ({error.hint})" if error.hint else ""))
        return error.exit_code


def _check(request: Request, options: argparse.Namespace) -> int:
    """Look at everything and write the results; what was cut short writes none."""
    problem = unreachable(request.inside)
    if problem:
        raise UnreachableError(problem)
    away = {zone: unreachable(vantage) for zone, vantage in request.zones.items()}
    plugin = Plugin(replace(request, away={z: why for z, why in away.items() if why}), _tell)
    code = _run(plugin)
    if code == pytest.ExitCode.INTERRUPTED:
        return Exit.INTERRUPTED
    results = plugin.results
    if len(results.results) != len(request.document.expectations):
        raise IncompleteError("not every expectation was looked at; this is a fault of the suite")
    write_atomically(options.results, results.text())
    if options.junit:
        write_atomically(options.junit, junit([results]))
    return Exit.FINDINGS if results.of("failed") else Exit.DONE


def _run(plugin: Plugin) -> int:
    """Run pytest on this folder and nothing else: no configuration, no plugin that happens to be there."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    folder = str(Path(__file__).parent)
    quiet = ("-p", "no:terminal", "-p", "no:cacheprovider", "--noconftest", "--assert=plain")
    return pytest.main(
        ["-c", os.devnull, f"--rootdir={folder}", "--import-mode=importlib", *quiet, folder],
        plugins=[plugin],
    )


def _request(options: argparse.Namespace, control: Path) -> Request:
    document = read(options.expectations)
    if wanted := {word for word in (options.only or "").split(",") if word}:
        document = _only(document, wanted)
    zones = dict(_zone(word) for word in options.zones)
    return Request(
        document=document,
        inside=Vantage("inside", transport(options.inside, control)),
        zones={zone: Vantage(zone, transport(spec, control)) for zone, spec in zones.items()},
        credentials=Credentials(options.credentials),
        unproven=read_unproven(options.unproven),
        stand_ins=read_stand_ins(options.stand_ins),
    )


def _only(document: Document, wanted: set[str]) -> Document:
    chosen = (one for one in document.expectations if one.concern in wanted)
    return document.model_copy(update={"expectations": tuple(chosen)})


def _zone(word: str) -> tuple[str, str]:
    zone, equals, spec = word.partition("=")
    if not (zone and equals):
        raise UsageError(f"{word!r} names no vantage of a zone", hint="write ZONE=SPEC")
    return zone, spec


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m sovereign.suite", description="Check one host against what is expected of it."
    )
    add = parser.add_argument
    add("--expectations", type=Path, required=True, metavar="FILE", help="an expectations.json")
    add(
        "--inside", required=True, metavar="SPEC", help="the host: local://, ssh://…, nsenter://PID"
    )
    add("--from", dest="zones", action="append", default=[], metavar="ZONE=SPEC", help="a client")
    add("--credentials", type=Path, metavar="DIR", help="the secrets of clients")
    add("--unproven", type=Path, metavar="FILE", help="what is skipped, with reasons")
    add("--stand-ins", type=Path, metavar="FILE", help="what stands in for NixOS")
    add("--only", metavar="CONCERN,…", help="these concerns alone")
    add("--results", type=Path, required=True, metavar="FILE", help="where the results go, as JSON")
    add("--junit", type=Path, metavar="FILE", help="and as JUnit XML")
    return parser


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
