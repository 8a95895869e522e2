"""SMB and WireGuard against the bare link, in one run."""

from bench.rehearsal.cli import Options
from bench.rehearsal.figures import Spread, Throughput, ratios
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
    rounds = found.rounds
    pairs = (
        ("bare link to the host", [one.to_host for one in rounds], None),
        (
            f"SMB, {FILE_MIB} MiB written",
            [one.written for one in rounds],
            [one.to_host for one in rounds],
        ),
        ("bare link from the host", [one.from_host for one in rounds], None),
        (
            f"SMB, {FILE_MIB} MiB read",
            [one.read for one in rounds],
            [one.from_host for one in rounds],
        ),
        ("bare link to the far end", [one.outside for one in rounds], None),
        (
            "WireGuard (wireguard-go) over it",
            [one.tunnel for one in rounds],
            [one.outside for one in rounds],
        ),
    )
    rows = [
        (what, Spread(values).text(_MB, ""), ratios(values, bare).text(1, "", 3) if bare else "")
        for what, values, bare in pairs
    ]
    rows += [
        ("AES-128-GCM, one core, 16 KiB at a time", f"{found.aes / _MB:.0f}", ""),
        ("ChaCha20-Poly1305, one core, 16 KiB at a time", f"{found.chacha / _MB:.0f}", ""),
    ]
    note = f"Medians of {ROUNDS} paired repetitions (smallest to largest)."
    return Table(_COLUMNS, rows, note=note)
