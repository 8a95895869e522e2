"""Release notes: what is another than in the release before, by the records of both."""

from dataclasses import dataclass

from scf.contracts.dataset import Dataset
from scf.registry.lineage import Lineage
from scf.registry.registry import Version
from scf.release.card import cell
from scf.release.rule import Choice


@dataclass(frozen=True, slots=True)
class Made:
    """A released version, and what it was trained on."""

    week: str
    version: Version
    dataset: Dataset


def notes(now: Made, before: Made | None, choice: Choice, lineage: Lineage) -> str:
    """The notes of a release, in Markdown."""
    version = now.version
    lines = [
        f"# {version.model}, week of {now.week}",
        "",
        f"Version {version.version}, generation {version.generation}, "
        + (f"after version {before.version.version} of {before.week}." if before else "the first."),
        "",
        f"{choice.reason[:1].upper()}{choice.reason[1:]}.",
        "",
        "## Metrics",
        "",
        *_metrics(version, before.version if before else None),
        "",
        "## Fossils",
        "",
        _fossils(now.dataset, before.dataset if before else None),
        "",
        "## Compared",
        "",
        *_compared(choice),
        "",
        "## Lineage",
        "",
        "```mermaid",
        *lineage.mermaid().splitlines(),
        "```",
        "",
    ]
    return "\n".join(lines)


def _metrics(now: Version, before: Version | None) -> list[str]:
    old = before.metrics if before else {}
    rows = ["| metric | before | now | change |", "| --- | ---: | ---: | ---: |"]
    for name in sorted(now.metrics.keys() | old.keys()):
        was, value = old.get(name), now.metrics.get(name)
        change = f"{value - was:+.6g}" if was is not None and value is not None else ""
        rows.append(f"| {cell(name)} | {_figure(was)} | {_figure(value)} | {change} |")
    return rows


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _fossils(now: Dataset, before: Dataset | None) -> str:
    known = {shard.cid for shard in before.shards} if before else set()
    new = sum(shard.records for shard in now.shards if shard.cid not in known)
    gone = len(known - {shard.cid for shard in now.shards})
    text = f"{now.records} in {len(now.shards)} shards, {new} of them new since the release before."
    return text + (f" {gone} shards of that one were not used." if gone else "")


def _compared(choice: Choice) -> list[str]:
    names = sorted({name for row in choice.rows for name in row.metrics})
    head = ["version", "generation", *(cell(name) for name in names), "standing"]
    return [
        f"By {choice.rule.metric}, {choice.rule.direction} is better"
        + (f"; ties by {', '.join(choice.rule.ties)}." if choice.rule.ties else "."),
        "",
        f"| {' | '.join(head)} |",
        f"| {' | '.join(['---:'] * (len(head) - 1))} | --- |",
        *(
            f"| {row.version} | {row.generation} | "
            + "".join(f"{_figure(row.metrics.get(name))} | " for name in names)
            + f"{row.standing} |"
            for row in choice.rows
        ),
    ]
