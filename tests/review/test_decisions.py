"""What the founding documents say, written into the committed inventory: each mistake is found.

Each row has the documents' own numbers and spelling, and the line at which a reader is pointed to
them. What an inventory cannot say cannot be said wrongly:

- H1, the kernel's spelling, and "Confidential Computing: SEV-SNP" are two rows: `boot.parameters`
  and `boot.confidential`.
- N2's path /mnt/zpool/emily lies on no pool, which is a finding of its own; so is a pool called
  "zpool" (S10).
- N4, rules by `iptables -A FORWARD`: there is no key for a rule, for its order or for a chain's
  policy. `[policy]` names what is let through, and everything else is dropped. The nearest that
  can be written is the documents' second rule, DROP from VLAN 30 to VLAN 20: an empty row, which
  is answered with what holds anyway.
- S7 (one ESP for two drives, md under an ESP), S8 (swap on one drive) and N6 (`max xmit`, no key)
  are no claims of numbers, and are found or refused like the others.
"""

import pytest

from sovereign.inventory.load import InvalidInventoryError

from .conftest import Draft
from .decisions import ROWS, Row


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_documents_mistake_is_found_at_its_line(row: Row, committed: Draft) -> None:
    for old, new in row.host:
        committed = committed.host(old, new)
    for old, new in row.fleet:
        committed = committed.fleet(old, new)
    found = [one for one in committed.findings() if one.code == row.code]
    places = [committed.place(one) for one in found]
    assert [(place.line, place.marked) for place in places] == [(row.line, row.marked)]
    assert row.says in f"{found[0].message}\n{found[0].detail}"
    assert found[0].severity is row.severity
    assert found[0].source.startswith("https://")


@pytest.mark.parametrize("hours", [55, 60])
def test_the_documents_rebuild_of_55_to_60_hours_is_sound(hours: int, committed: Draft) -> None:
    draft = committed.host('rebuild = "60h"', f'rebuild = "{hours}h"')
    assert not {"STO061", "STO062"} & {one.code for one in draft.findings()}


def test_capacity_is_told_in_all_three_figures(committed: Draft) -> None:
    draft = committed.host('usable = "111TB"', 'usable = "120TB"')
    told = next(one.detail for one in draft.findings() if one.code == "STO060")
    for figure in (
        "raw 168.0 TB",
        "`zfs list` 101.6 TiB",
        "119.5 TB as 1MiB records",
        "80 to 90 %",
    ):
        assert figure in told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "[network.tuning]",
            '[network.iptables]\nextra = "-A FORWARD -j DROP"\n\n[network.tuning]',
        ),
        ("[samba.users.colter]", "max_xmit = 1048576\n\n[samba.users.colter]"),
        ("[samba.users.colter]", '"max xmit" = "1048576"\n\n[samba.users.colter]'),
        ('path = "/ember/code"', 'path = "/ember/code"\n"guest ok" = "yes"'),
        ('size = "32GiB"', 'size = "32G"'),
    ],
    ids=["N4-iptables", "N6-max_xmit", "N6-max-xmit", "N2-guest-ok", "S1-sgdisk-G"],
)
def test_what_an_inventory_cannot_say_is_refused(old: str, new: str, committed: Draft) -> None:
    with pytest.raises(InvalidInventoryError):
        committed.host(old, new).inventory()


def test_a_pool_called_zpool_reads_as_the_program(committed: Draft) -> None:
    """S10: `zpool/data` and /mnt/zpool/emily beside ember and rpool."""
    path = "hosts/cloudlab/host.toml"
    text = committed.texts[path].replace("storage.pools.ember", "storage.pools.zpool")
    draft = Draft(committed.root, {**committed.texts, path: text}).host(
        "[expect.pools.ember]", "[expect.pools.zpool]"
    )
    found = [one for one in draft.findings() if one.code == "STO035"]
    assert [draft.place(one).line for one in found] == ["[storage.pools.zpool]"]
