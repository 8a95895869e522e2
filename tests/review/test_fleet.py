"""What must be unique in the fleet."""

import pytest

from sovereign.review import fleet, identity
from sovereign.review.rule import Rule

from .cases import Case, Sound, assert_found, assert_sound
from .conftest import Draft

HOST_ID = 'host_id = "c10d1ab0"'
UPLINK = '[network.uplink]\nnic = "uplink"\nzone = "internet"'
GATEWAY = 'allowed_ips = ["10.1.0.2/32", "192.168.1.0/24"]'
MINNESOTA = 'allowed_ips = ["10.0.0.2/32"]'

FOUND = [
    Case(
        identity.no_host_id,
        '"8425e349"',
        '"8425e349" is the installer\'s host id',
        ((HOST_ID, 'host_id = "8425e349"'),),
    ),
    Case(
        identity.no_host_id,
        '"00000000"',
        '"00000000" is no host id to ZFS',
        ((HOST_ID, 'host_id = "00000000"'),),
    ),
    Case(
        fleet.same_vlan,
        "10",
        'VLAN id 10 belongs to zone "management" and to zone "data"',
        fleet=(("vlan = 20", "vlan = 10"),),
    ),
    Case(
        fleet.same_prefix,
        '"10.10.0.128/25"',
        '10.10.0.128/25 of zone "data" and 10.10.0.0/24 of zone "management" overlap',
        fleet=(('prefix = "10.20.0.0/24"', 'prefix = "10.10.0.128/25"'),),
    ),
    Case(
        fleet.same_wireguard_key,
        '"pI/uvc25wsmPXE082SPVT80RkPiCKRdr/npq8DvNy5E="',
        'belongs to "minnesota" and to "gateway"',
        fleet=(
            (
                'public_key = "i8+03SKBiNonjtHNDtAfpXwO+BfzpaAf37bigUMKF1k="',
                'public_key = "pI/uvc25wsmPXE082SPVT80RkPiCKRdr/npq8DvNy5E="',
            ),
        ),
    ),
    Case(
        fleet.same_wireguard_key,
        '"abewc/IrjPJjSbCKeh2tRNAoIZE/dMP6y8oKGJ9AjLQ="',
        'cloudlab on tunnel "vpn" and to cloudlab on tunnel "home"',
        (
            (
                'public_key = "r3pm2f85+/QXqvycrH/gWnnGaz97aYsEVRX/4eHs1eE="',
                'public_key = "abewc/IrjPJjSbCKeh2tRNAoIZE/dMP6y8oKGJ9AjLQ="',
            ),
        ),
    ),
    Case(
        fleet.same_address,
        '"10.20.0.2/24"',
        "address 10.20.0.2 belongs to cloudlab's data and to cloudlab's ai",
        (('address = "10.30.0.2/24"', 'address = "10.20.0.2/24"'),),
    ),
    Case(
        fleet.same_site_network,
        '"10.20.0.0/25"',
        '10.20.0.0/25 of site "gateway" and 10.20.0.0/24 of zone "data" overlap',
        fleet=((GATEWAY, 'allowed_ips = ["10.1.0.2/32", "10.20.0.0/25"]'),),
    ),
    Case(
        fleet.same_site_network,
        '"192.168.1.0/24"',
        '192.168.1.0/24 of site "gateway" and 192.168.0.0/16 of site "minnesota" overlap',
        fleet=((MINNESOTA, 'allowed_ips = ["10.0.0.2/32", "192.168.0.0/16"]'),),
    ),
]

SOUND = [
    Sound(
        fleet.same_site_network,
        "networks side by side",
        fleet=((MINNESOTA, 'allowed_ips = ["10.0.0.2/32", "192.168.2.0/24"]'),),
    ),
    Sound(
        fleet.same_prefix,
        "halves of one network",
        fleet=(
            ('prefix = "10.20.0.0/24"', 'prefix = "10.20.0.0/25"'),
            ('prefix = "10.30.0.0/24"', 'prefix = "10.20.0.128/25"'),
        ),
    ),
]

TWINS: list[tuple[Rule, set[str]]] = [
    (fleet.same_host_id, {'"c10d1ab0"'}),
    (
        fleet.same_address,
        {'"10.10.0.2/24"', '"10.20.0.2/24"', '"10.30.0.2/24"', '"10.0.0.1/24"', '"10.1.0.1/24"'},
    ),
    (fleet.same_mac, {'"3c:fd:fe:0c:22:05"'}),
    (
        fleet.same_wireguard_key,
        {
            '"abewc/IrjPJjSbCKeh2tRNAoIZE/dMP6y8oKGJ9AjLQ="',
            '"r3pm2f85+/QXqvycrH/gWnnGaz97aYsEVRX/4eHs1eE="',
        },
    ),
]


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_something_is_there_twice(case: Case, committed: Draft) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize("case", SOUND, ids=str)
def test_everything_is_there_once(case: Sound, committed: Draft) -> None:
    assert_sound(case, committed)


@pytest.mark.parametrize(("rule", "marked"), TWINS, ids=lambda value: getattr(value, "code", ""))
def test_a_copied_host_is_found_in_the_copy(rule: Rule, marked: set[str], committed: Draft) -> None:
    draft = committed.twin("ember")
    findings = draft.findings(rule)
    assert {found.host for found in findings} == {"ember"}
    assert {draft.place(found).marked for found in findings} == marked
    assert len(findings) == len(marked)


def test_each_copied_disk_is_found_by_serial_number_and_by_path(committed: Draft) -> None:
    findings = committed.twin("ember").findings(fleet.same_disk)
    assert len(findings) == 2 * len(committed.loaded().hardware.disks)


def test_private_addresses_of_separate_uplinks_may_repeat(committed: Draft) -> None:
    private = committed.host(
        UPLINK, f'{UPLINK}\naddress = "192.168.50.7/24"\ngateway = "192.168.50.1"'
    ).twin("ember")
    assert "192.168.50.7" not in " ".join(
        found.message for found in private.findings(fleet.same_address)
    )
    known = committed.host(UPLINK, f'{UPLINK}\naddress = "9.9.9.9/24"\ngateway = "9.9.9.1"')
    assert "9.9.9.9" in " ".join(
        found.message for found in known.twin("ember").findings(fleet.same_address)
    )
