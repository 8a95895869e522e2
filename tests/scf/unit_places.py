"""Where SCF may be: as most have it, and as units have it hard."""

from pathlib import Path

from scf.units import Install

PLAIN = Install(
    program=Path("/opt/scf/bin/scf"),
    drive=Path("/mnt/fossils"),
    state=Path("/var/lib/scf"),
    user="fossils",
)
ODD = Install(
    program=Path("/opt/scf/bin/scf"),
    drive=Path(r'/mnt/my "fossils" \x41'),
    state=Path("/var/lib/s cf/$HOME 100%"),
    user="fossils",
)
MAC = Install(
    program=Path("/usr/local/bin/scf"),
    drive=Path("/Volumes/Expansion/industriverse"),
    state=Path("/Users/ada/Library/Application Support/<SCF> & more"),
    user="ada",
)
