"""`scf demo`: the whole loop once, with made fossils."""

import time
from pathlib import Path
from shutil import which

import click

from scf.cli.options import answer, json_option


@click.command()
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("scf-demo"),
    show_default=True,
    help="The folder that takes it; what is there already is gone on with.",
)
@click.option(
    "--density",
    type=click.Choice(["gaussians-25", "two-moons", "rings", "spiral"]),
    default="gaussians-25",
    show_default=True,
    help="Where the points come from.",
)
@click.option("--points", type=click.IntRange(100, 10_000_000), default=20_000, show_default=True)
@click.option(
    "--steps",
    type=click.IntRange(1, 1_000_000),
    default=1200,
    show_default=True,
    help="Steps of the training.",
)
@json_option
def command(into: Path, density: str, points: int, steps: int, as_json: bool) -> None:
    """Ingest, validate, train, verify, attest, promote and release, once, on this machine.

    It takes under two minutes, and goes on where it was when it is cut off.

    \b
    Example: scf demo --into /tmp/scf-demo
    """
    from scf.cli.ledger import line
    from scf.cli.progress import Progress
    from scf.demo import CONFIG, Place, run
    from scf.drive import Drive
    from scf.ledger import Ledger

    began = time.monotonic()
    place = Place(into.absolute())
    config = CONFIG.format(density=density, steps=steps)
    with Progress() as progress:
        done = run(place, progress, density=density, points=points, config=config)
    seconds = time.monotonic() - began
    ledger = Ledger.open(Drive.open(place.drive))
    table = {
        "release": str(done.release),
        "release_id": done.proven.id,
        "version": done.version.model_dump(mode="json"),
        "added": done.report.added,
        "refused": dict(done.report.refused),
        "fossils": done.lineage.fossils,
        "ledger": [entry.model_dump(mode="json") for entry in ledger.entries()],
        "density": str(done.density),
        "atlas": str(done.atlas),
        "seconds": round(seconds, 1),
    }

    def text() -> str:
        version, head = done.version, done.proven.statement
        figures = version.metrics
        modes = f"{figures['modes']:.0f} modes" if "modes" in figures else ""
        quality = f"{figures['high_quality']:.1%} of samples near one" if modes else ""
        error = f"score error {figures['score_error']:.3f} (0 is exact)"
        said = ", ".join(each for each in (modes, quality, error) if each)
        refused = ", ".join(f"{count} {reason}" for reason, count in done.report.refused.items())
        # in a checkout, the launcher stands for the command
        program = "scf" if which("scf") else "./sovereign scf"
        lines = [
            f"vault     {done.lineage.fossils} fossils; refused: {refused or 'none'}",
            f"version   {version.version}, generation {version.generation}: {said}",
            f"release   {done.release}",
            f"proof     {head.kind} {done.proven.id[:16]}…, {done.proven.files} files: as signed and logged",
            *(f"ledger    {entry.index}: {line(entry)}" for entry in ledger.entries()),
            f"density   {done.density.as_uri()}",
            f"atlas     {done.atlas.as_uri()}",
            f"again     {program} verify {done.release} --key {place.home.keys / 'keys.json'}",
            f"look      {program} daemon --home {place.home.folder}, and its page in a browser",
            f"{seconds:.0f} s",
        ]
        return "\n".join(lines)

    answer(as_json, table, text)
