"""`scf ingest`: fossils into the vault."""

from collections import Counter
from pathlib import Path

import click

from scf.cli.options import answer, home_option, json_option, refuse_when_locked
from scf.cli.progress import Progress
from scf.drive import Drive
from scf.settings import Home


@click.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--shape",
    metavar="SHAPE",
    help="Keep only JSON of this shape, such as 'point: number[2], name: string'.",
)
@click.option(
    "--name",
    metavar="NAME",
    help="What the one source is called; else its file's name and 16 digits of its contents.",
)
@home_option
@json_option
def command(
    sources: tuple[Path, ...], shape: str | None, name: str | None, home: Home, as_json: bool
) -> None:
    """Put what SOURCES hold into the vault: .ndjson (.gz, .zst), .parquet, .fossils.ndjson, any files.

    What is there already is not added again; what cannot be proven is refused, with the reason. An
    ingest that was cut off goes on where it was when it is called again. Give a source that grows a
    name, and its counts are those of its last reading.

    \b
    Example: scf ingest points.ndjson --shape 'point: number[2]'
    """
    from scf.vault import Vault
    from scf.vault.sources import source_of
    from scf.vault.verifiers import AnyBytes, JsonShape

    if name is not None and len(sources) > 1:
        raise click.UsageError("--name is for one source")
    refuse_when_locked(home)
    verifier = JsonShape.parse(shape) if shape else AnyBytes()
    vault = Vault.open(Drive.open(home.settings().drive))
    added = known = shards = 0
    refused: Counter[str] = Counter()
    with Progress() as progress:

        def beat(done: int, of: int) -> None:
            refuse_when_locked(home)
            progress.step(done, of)

        for path in sources:
            progress.stage(f"ingest {path.name}")
            report = vault.ingest(source_of(path, name=name), verifier, beat=beat)
            added, known = added + report.added, known + report.known
            shards += report.shards
            refused.update(report.refused)
    table = {
        "added": added,
        "known": known,
        "refused": dict(sorted(refused.items())),
        "shards": shards,
    }

    def text() -> str:
        lines = [f"{added} fossils added in {shards} shards, {known} known before"]
        lines += [f"  {count} refused: {reason}" for reason, count in sorted(refused.items())]
        return "\n".join(lines)

    answer(as_json, table, text)
