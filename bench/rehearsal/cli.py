"""Runs topics and prints their tables, or writes them into the README."""

import argparse
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from bench.rehearsal.table import Table, replaced

from sovereign.errors import SovereignError

TOPICS = {
    "throughput": "SMB and WireGuard against the bare link",
    "faults": "Faults, what they cost, and how long until everything holds again",
    "stages": "How long a whole rehearsal takes, with an empty cache and with a full one",
    "vm": "The last full run of the vm tier, from what it wrote",
}
README = Path(__file__).with_name("README.md")


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured: the project, its host, and where the vm tier left its results."""

    root: Path
    host: str
    results: Path | None


def main() -> int:
    """Run the topics that are named, or all that need no virtual machine; 1: a goal is missed."""
    parser = argparse.ArgumentParser(prog="python bench/rehearsal", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=", ".join(TOPICS))
    parser.add_argument("--write", action="store_true", help="write the tables into the README")
    parser.add_argument("--host", default="cloudlab", help="the host that is rehearsed")
    parser.add_argument("--results", type=Path, help="vm: the folder that `rehearse --keep` wrote")
    words = parser.parse_args()
    if unknown := set(words.topics) - set(TOPICS):
        parser.error(f"no such topic: {', '.join(sorted(unknown))}")
    options = Options(Path(__file__).resolve().parents[2], words.host, words.results)
    missed = False
    for topic in words.topics or [name for name in TOPICS if name != "vm"]:
        print(f"== {topic}", file=sys.stderr, flush=True)
        try:
            table: Table = import_module(f"bench.rehearsal.{topic}").table(options)
        except SovereignError as error:
            print(f"error[{error.code}]: no figures of {topic}: {error.message}", file=sys.stderr)
            return 1
        print(table.text(), flush=True)
        if words.write:
            text = replaced(README.read_text("utf-8"), topic, table.text())
            README.write_text(text, "utf-8")
        missed |= table.missed
    return int(missed)
