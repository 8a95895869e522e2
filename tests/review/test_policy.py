"""The policy between zones."""

import pytest

from sovereign.review import policy

from .cases import Case, assert_found
from .conftest import Draft

MANAGEMENT = '[policy.management]\nai = ["https"]'

FOUND = [
    Case(
        policy.empty_zone,
        '{ vlan = 40, prefix = "10.40.0.0/24" }',
        'no host stands in zone "guests"',
        fleet=(("[zones]", '[zones]\nguests = { vlan = 40, prefix = "10.40.0.0/24" }'),),
    ),
    Case(
        policy.from_the_internet,
        '["https"]',
        'everybody reaches https in zone "management"',
        fleet_end='[policy.internet]\nmanagement = ["https"]',
    ),
    Case(
        policy.to_itself,
        '["https"]',
        'the row from "ai" to itself does nothing',
        fleet=(('[policy.ai]\nhome = ["https"]', '[policy.ai]\nhome = ["https"]\nai = ["https"]'),),
    ),
    Case(
        policy.no_router,
        '["https"]',
        'no host stands both in "management" and in "guests"',
        fleet=(
            ("[zones]", '[zones]\nguests = { vlan = 40, prefix = "10.40.0.0/24" }'),
            (MANAGEMENT, f'{MANAGEMENT}\nguests = ["https"]'),
        ),
    ),
    # The documents block the AI VLAN from the data VLAN, and leave everything else open.
    Case(
        policy.empty_row,
        "[]",
        'the empty row from "ai" to "data" changes nothing',
        fleet=(('[policy.ai]\nhome = ["https"]', '[policy.ai]\nhome = ["https"]\ndata = []'),),
    ),
    Case(
        policy.not_in_zone,
        '"ai"',
        'SMB is opened to zone "ai", in which the host has no interface',
        (
            ('ai = { nic = "uplink", address = "10.30.0.2/24" }\n', ""),
            ('[samba]\nzones = ["vpn", "data"]', '[samba]\nzones = ["vpn", "ai"]'),
        ),
    ),
]


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_a_row_does_not_do_what_it_says(case: Case, committed: Draft) -> None:
    assert_found(case, committed)


def test_a_row_that_lets_everything_through_is_no_barrier(committed: Draft) -> None:
    services = ", ".join(f'"{name}"' for name in committed.inventory().fleet.ports)
    draft = committed.fleet(MANAGEMENT, f"{MANAGEMENT}\ndata = [{services}]")
    found = draft.finding(policy.everything)
    assert found.message == 'every service of "data" is open to "management"'
    assert draft.place(found).marked == f"[{services}]"
    fewer = services.removesuffix(', "qdrant"')
    assert fewer != services
    assert not committed.fleet(MANAGEMENT, f"{MANAGEMENT}\ndata = [{fewer}]").findings(
        policy.everything
    )


def test_a_second_host_may_be_the_one_that_stands_in_both_zones(committed: Draft) -> None:
    draft = committed.twin("ember").host(
        'ai = { nic = "uplink", address = "10.30.0.2/24" }\n', "", name="cloudlab"
    )
    assert not draft.findings(policy.no_router)
    without = draft.host('ai = { nic = "uplink", address = "10.30.0.2/24" }\n', "", name="ember")
    marked = {without.place(found).number for found in without.findings(policy.no_router)}
    lines = without.texts["hosts/fleet.toml"].split("\n")
    rows = [number for number, line in enumerate(lines, 1) if line == 'ai = ["https"]']
    assert marked == {*rows, lines.index('home = ["https"]') + 1}
