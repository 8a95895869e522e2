"""Partitions: the labels by which they are found."""

from collections.abc import Iterator

from sovereign.diagnostics import KeyPath, Severity
from sovereign.review.rule import Hit, Subject, host_rule

_LONGEST = 36
"""A GPT entry keeps 72 bytes of UTF-16 for the name (UEFI, table "GPT Partition Entry")."""


@host_rule(
    "STO070",
    Severity.ERROR,
    "A partition's label is too long",
    why="A partition is found by its label, disk-<disk>-<partition>, and a partition table keeps 36"
    " characters of it. Disko writes a hash instead of a longer one, so that nothing finds the"
    " partition under its name.",
    source="https://github.com/nix-community/disko/blob/master/lib/types/gpt.nix",
)
def label_fits(subject: Subject) -> Iterator[Hit]:
    """Find partitions whose label has more than 36 characters on one of their disks."""
    for index, layout in enumerate(subject.host.storage.layouts):
        disk = max(layout.disks, key=len)
        for place, part in enumerate(layout.partitions):
            label = f"disk-{disk}-{part.name}"
            if len(label) > _LONGEST:
                at: KeyPath = ("storage", "layouts", index, "partitions", place, "name")
                yield Hit(
                    at,
                    f"the label {label} has {len(label)} characters, a partition table keeps"
                    f" {_LONGEST}",
                    fix=f"shorten the name of the disk or of the partition by {len(label) - _LONGEST}",
                )
