"""What a daemon would tell the page, lively and hostile."""

from dataclasses import replace
from pathlib import Path

from scf.cid import cid_of
from scf.page import Generation, Order, Release, Room, Snapshot, Work

NOTHING = Snapshot(gear="STANDARD", phase="idle", period_s=5.0)
"""A daemon that has just begun, on an empty drive."""

PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300">'
    "<style>path { fill: none; stroke: #0a6a86; stroke-width: 3 }</style>"
    '<path d="M20 280C140 280 120 40 200 40S260 280 380 280"/></svg>'
)


def lively(folder: Path, now: float) -> Snapshot:
    """A daemon at work, with a picture of a density in `folder`."""
    density = folder / "density.svg"
    density.write_text(PICTURE)
    names = {
        "fossil_vault": (1_310, 1_425),
        "energy_atlas": (120, 570),
        "model_zoo": (262, 285),
        "release_history": (31, 195),
        "attestations": (0.2, 195),
        "system_cache": (12, 180),
    }
    return Snapshot(
        gear="ACCELERATED",
        phase="waiting",
        period_s=1.0,
        control=Order(seq=7, ignored=1),
        code="4f1c2a9",
        started_at=now - 93_784,
        cycles=93_001,
        rooms=tuple(
            Room(name, int(used * 1e9), int(quota * 1e9)) for name, (used, quota) in names.items()
        ),
        fossils=1_204_331,
        shards=913,
        due=1_205_000,
        refused={"no provenance": 41, "wrong CID": 3},
        work=Work(
            job=cid_of(b"job 4"),
            model="ebdm",
            recipe="ebdm",
            generation=4,
            runner="local",
            stage="sent",
            attempt=1,
            step=1_240,
            of=3_000,
            beat_at=now - 2,
        ),
        generations=(
            Generation(
                "ebdm",
                "ebdm",
                3,
                cid_of(b"job 3"),
                2,
                {"dsm": 0.01261, "kl": 0.0049, "modes": 25.0},
                champion=True,
            ),
            Generation(
                "ebdm",
                "ebdm",
                2,
                cid_of(b"job 2"),
                reason="over budget: 3601.2 s in 2 attempts, and 3600 s were to be spent at most",
            ),
            Generation(
                "ebdm", "ebdm", 1, cid_of(b"job 1"), 1, {"dsm": 0.0174, "kl": 0.0091, "modes": 25.0}
            ),
        ),
        metric="dsm",
        releases=(
            Release("week-2031-03-10", "ebdm", 2, cid_of(b"release 2"), current=True),
            Release("week-2031-03-03", "ebdm", 1, cid_of(b"release 1")),
        ),
        log_size=19,
        log_root="5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ledger_entries=8,
        ledger_head=cid_of(b"head"),
        balances={"mint": -4_180_250, "model:ebdm": 4_180_250},
        density=density,
    )


def unwell(folder: Path, now: float) -> Snapshot:
    """The same, when its drive has gone."""
    return replace(lively(folder, now), problems=("the drive at /mnt/fossils is gone",), errors=2)
