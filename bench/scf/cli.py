"""Runs topics and prints their tables, or writes them wherever the documentation has a place for them."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from bench.emily.cli import render, replaced

TOPICS = {
    "ebdm": "The energy model on two densities, beside a kernel density estimate",
    "distill": "Students of it",
    "batcher": "The batcher beside json, and beside reading alone",
    "ray": "A step on a Ray cluster of two nodes beside one machine",
    "idle": "The idle daemon",
    "kills": "kill -9 at random moments of the demonstration",
}
_ROOT = Path(__file__).parents[2]
PLACES = (_ROOT / "bench" / "scf" / "README.md", *sorted((_ROOT / "docs" / "scf").glob("*.md")))
"""Where tables go: between the marks of their topic."""


def main() -> None:
    """Run the topics that are named, or all."""
    parser = argparse.ArgumentParser(prog="python bench/scf", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=", ".join(TOPICS))
    parser.add_argument("--write", action="store_true", help="write the tables into their places")
    words = parser.parse_args()
    if unknown := set(words.topics) - set(TOPICS):
        parser.error(f"no such topic: {', '.join(sorted(unknown))}")
    missed = False
    for topic in words.topics or TOPICS:
        print(f"== {topic}", file=sys.stderr, flush=True)
        rows = import_module(f"bench.scf.{topic}").rows()
        table = render(rows)
        print(table, flush=True)
        if words.write:
            write(topic, table)
        missed |= any(row.met is False for row in rows)
    sys.exit(1 if missed else 0)


def write(topic: str, table: str) -> None:
    """Put a topic's table wherever there is a place for it."""
    for path in PLACES:
        text = path.read_text("utf-8")
        if f"<!-- {topic} -->" in text:
            path.write_text(replaced(text, topic, table), "utf-8")
