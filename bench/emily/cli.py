"""Runs topics and prints their tables, or writes them into the README."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from bench.emily.rows import Row

TOPICS = {
    "reflexes": "Onset to published reflex, over a Zenoh router, the other tiers loaded",
    "api": "The API under load, and the loop's footprint",
    "reflex_offline": "Reflexes, sound by sound",
    "metabolism": "Metabolism",
    "liquid": "Liquid networks",
    "inference": "Active inference",
    "gflownet": "GFlowNet",
    "memory": "Episodic memory",
    "soak": "Soak",
}
README = Path(__file__).with_name("README.md")


def main() -> None:
    """Run the topics that are named, or all but the soak."""
    parser = argparse.ArgumentParser(prog="python bench/emily", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=", ".join(TOPICS))
    parser.add_argument("--write", action="store_true", help="write the tables into the README")
    words = parser.parse_args()
    if unknown := set(words.topics) - set(TOPICS):
        parser.error(f"no such topic: {', '.join(sorted(unknown))}")
    missed = False
    for topic in words.topics or [name for name in TOPICS if name != "soak"]:
        print(f"== {topic}", file=sys.stderr, flush=True)
        rows = import_module(f"bench.emily.{topic}").rows()
        table = render(rows)
        print(table)
        if words.write:
            README.write_text(replaced(README.read_text("utf-8"), topic, table), "utf-8")
        missed |= any(row.met is False for row in rows)
    sys.exit(1 if missed else 0)


def render(rows: list[Row]) -> str:
    """Return a Markdown table; figures that miss their goal are marked."""
    marks = {True: "yes", False: "**no**", None: ""}
    lines = ["| What | Measured | Goal | Met |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {row.measured} | {row.goal} | {marks[row.met]} |" for row in rows]
    return "\n".join(lines)


def replaced(text: str, topic: str, table: str) -> str:
    """Return the README with a topic's table put between its marks."""
    begin, end = f"<!-- {topic} -->", f"<!-- /{topic} -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{table}\n{end}{after}"
