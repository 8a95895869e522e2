"""SMB and WireGuard against the bare link, in one run."""

from collections.abc import Iterator

from bench.rehearsal.cli import Options
from bench.rehearsal.figures import Round, Spread, Throughput, ratios
from bench.rehearsal.paths import FILE_MIB, ROUNDS
from bench.rehearsal.table import Table
from bench.rehearsal.world import measured

_MB = 1e6
_COLUMNS = ("Path", "MB/s", "to the bare link")


def table(options: Options) -> Table:
    """Measure and compare. Raises WrongError where a path is not as it must be."""
    return compared(Throughput.model_validate_json(measured("throughput", options)))


def compared(found: Throughput) -> Table:
    """Return the figures and their paired ratios."""
    gigabits = f"{found.wire * 8 / 1e9:g} Gbit/s"
    rows = [
        *_rows(found.rounds, ""),
        ("AES-128-GCM, one core, 16 KiB at a time", f"{found.aes / _MB:.0f}", ""),
        ("ChaCha20-Poly1305, one core, 16 KiB at a time", f"{found.chacha / _MB:.0f}", ""),
        *_rows(found.paced, f", cable of {gigabits}"),
    ]
    note = f"Medians of {ROUNDS} paired repetitions (smallest to largest)."
    return Table(_COLUMNS, rows, note=note)


def _rows(rounds: tuple[Round, ...], where: str) -> Iterator[tuple[str, str, str]]:
    to_host, written = [one.to_host for one in rounds], [one.written for one in rounds]
    from_host, read = [one.from_host for one in rounds], [one.read for one in rounds]
    outside, tunnel = [one.outside for one in rounds], [one.tunnel for one in rounds]
    yield _row(f"bare link to the host{where}", to_host)
    yield _row(f"SMB, {FILE_MIB} MiB written{where}", written, to_host)
    yield _row(f"bare link from the host{where}", from_host)
    yield _row(f"SMB, {FILE_MIB} MiB read{where}", read, from_host)
    yield _row(f"bare link to the far end{where}", outside)
    yield _row(f"WireGuard (wireguard-go) over it{where}", tunnel, outside)


def _row(what: str, values: list[float], bare: list[float] | None = None) -> tuple[str, str, str]:
    ratio = ratios(values, bare).text(1, "", 3) if bare else ""
    return what, Spread(values).text(_MB, ""), ratio
