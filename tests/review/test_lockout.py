"""Lock-out: each step on an operator's way to a host is cut in turn."""

from dataclasses import dataclass

import pytest

from sovereign.diagnostics import Diagnostic, Severity
from sovereign.review import lockout
from sovereign.review.lockout_walk import Step, ways

from .cases import Edit
from .conftest import Draft
from .test_access import ED25519, rsa_key

VPN_REACH = '{ zone = "vpn", peer = "minnesota", address = "10.0.0.2" }'
MANAGEMENT_REACH = '{ zone = "management", address = "10.10.0.10" }'
MINNESOTA = 'allowed_ips = ["10.0.0.2/32"]'
GATEWAY = 'allowed_ips = ["10.1.0.2/32", "192.168.1.0/24"]'
SSH = '[access.ssh]\nzones = ["vpn", "management"]'
OWN_MANAGEMENT = 'management = { nic = "uplink", address = "10.10.0.2/24" }\n'
VPN_END = 'address = "10.0.0.1/24"'


@dataclass(frozen=True)
class Cut:
    """What cuts a way, at which step, and the line and text that a reader is pointed to."""

    step: Step
    marked: str
    says: str
    host: tuple[Edit, ...] = ()
    fleet: tuple[Edit, ...] = ()
    host_end: str = ""

    def __str__(self) -> str:
        return f"{self.step}-{self.says}".replace(" ", "-")


BY_TUNNEL = [
    Cut(Step.KEY, "[]", "none", fleet=((f'[\n  "{ED25519}",\n]', "[]"),)),
    Cut(
        Step.KEY,
        f'["{rsa_key(2048)}"]',
        "RSA of less than 3072 bits",
        fleet=((f'[\n  "{ED25519}",\n]', f'["{rsa_key(2048)}"]'),),
    ),
    Cut(
        Step.ENTRY,
        "[]",
        '"minnesota" is no peer of wg-vpn',
        (('vpn.key" }\npeers = ["minnesota"]', 'vpn.key" }\npeers = []'),),
    ),
    Cut(
        Step.ENTRY,
        "[network.tunnels.home]",
        'the host joins no tunnel of zone "vpn" that has "minnesota"',
        (
            (
                '[network.tunnels.vpn]\naddress = "10.0.0.1/24"\n'
                'public_key = "abewc/IrjPJjSbCKeh2tRNAoIZE/dMP6y8oKGJ9AjLQ="\n'
                'private_key = { path = "/persist/secrets/wireguard/vpn.key" }\n'
                'peers = ["minnesota"]\n',
                "",
            ),
            (
                '[expect.shares.code]\nthroughput = "100MB/s"\ntunnel = "vpn"\npeer = "minnesota"',
                "",
            ),
            (
                '[expect.shares.models]\nthroughput = "100MB/s"\ntunnel = "vpn"\npeer = "minnesota"',
                "",
            ),
            (
                '[expect.shares.media]\nthroughput = "100MB/s"\ntunnel = "vpn"\npeer = "minnesota"',
                "",
            ),
        ),
    ),
    Cut(
        Step.ADDRESS,
        '["10.0.0.3/32"]',
        '10.0.0.2 is not in allowed_ips of "minnesota": 10.0.0.3/32',
        fleet=((MINNESOTA, 'allowed_ips = ["10.0.0.3/32"]'),),
    ),
    Cut(
        Step.ADDRESS,
        '"10.0.0.1"',
        "10.0.0.1 is the host's own",
        fleet=((VPN_REACH, VPN_REACH.replace("10.0.0.2", "10.0.0.1")),),
    ),
    Cut(
        Step.FIREWALL,
        '["management"]',
        'port 22 is not open to zone "vpn"',
        ((SSH, '[access.ssh]\nzones = ["management"]'),),
    ),
    Cut(
        Step.SSHD,
        '["10.10.0.2"]',
        "sshd does not listen on 10.0.0.1",
        ((SSH, f'{SSH}\nlisten = ["10.10.0.2"]'),),
    ),
    Cut(
        Step.RETURN,
        '"10.0.0.2/32"',
        "the route to 10.0.0.2/32 leaves by wg-home, not by wg-vpn",
        fleet=(
            (GATEWAY, 'allowed_ips = ["10.1.0.2/32", "10.0.0.2/32"]'),
            (MINNESOTA, 'allowed_ips = ["10.0.0.0/30"]'),
        ),
    ),
    Cut(
        Step.RETURN,
        "[[network.routes]]",
        "the route to 10.0.0.2/32 leaves by data, not by wg-vpn",
        host_end='[[network.routes]]\nto = "10.0.0.2/32"\nvia = "10.20.0.1"',
    ),
]

BY_VLAN = [
    Cut(
        Step.ENTRY,
        "[network.vlans]",
        'the host has no interface in zone "management"',
        ((OWN_MANAGEMENT, ""),),
    ),
    Cut(
        Step.ADDRESS,
        '"10.11.0.10"',
        "10.11.0.10 is not in 10.10.0.0/24",
        fleet=((MANAGEMENT_REACH, MANAGEMENT_REACH.replace("10.10", "10.11")),),
    ),
    Cut(
        Step.FIREWALL,
        '["vpn"]',
        'port 22 is not open to zone "management"',
        ((SSH, '[access.ssh]\nzones = ["vpn"]'),),
    ),
    Cut(
        Step.SSHD,
        '["10.0.0.1"]',
        "sshd does not listen on 10.10.0.2",
        ((SSH, f'{SSH}\nlisten = ["10.0.0.1"]'),),
    ),
    Cut(
        Step.RETURN,
        '"10.10.0.0/28"',
        "the route to 10.10.0.0/28 leaves by wg-home, not by management",
        fleet=((GATEWAY, 'allowed_ips = ["10.1.0.2/32", "10.10.0.0/28"]'),),
    ),
]


def cut(case: Cut, draft: Draft) -> Draft:
    for old, new in case.host:
        draft = draft.host(old, new)
    for old, new in case.fleet:
        draft = draft.fleet(old, new)
    return draft.add_to_host(case.host_end) if case.host_end else draft


def only(draft: Draft, reach: str) -> Draft:
    """Leave the operator a single way."""
    other = MANAGEMENT_REACH if reach == VPN_REACH else VPN_REACH
    return draft.fleet(f"  {other},\n", "")


def assert_cut(case: Cut, draft: Draft, finding: Diagnostic) -> None:
    assert draft.place(finding).marked == case.marked
    assert finding.message.endswith(f"{case.step}: {case.says}")
    assert f"  {case.step:9} CUT {case.says}" in finding.detail.split("\n")
    assert finding.fix


def test_both_ways_to_cloudlab_are_open(committed: Draft) -> None:
    found = ways(committed.inventory(), "cloudlab")
    assert [way.cut for way in found] == [None, None]
    assert [tuple(link.step for link in way.chain) for way in found] == [tuple(Step)] * 2
    assert found[0].drawn() == (
        'colter at 10.0.0.2 from zone "vpn" through "minnesota" to cloudlab\n'
        "  key       ok  ssh-ed25519\n"
        '  entry     ok  wg-vpn has the peer "minnesota"\n'
        '  address   ok  10.0.0.2 is in 10.0.0.2/32 of "minnesota"\n'
        '  firewall  ok  port 22 is open to zone "vpn"\n'
        "  sshd      ok  sshd listens on all addresses\n"
        "  way back  ok  the route to 10.0.0.2/32 leaves by wg-vpn"
    )
    assert not committed.findings(lockout.locked_out, lockout.way_is_cut, lockout.single_way)


@pytest.mark.parametrize("case", BY_TUNNEL, ids=str)
def test_the_only_way_leads_through_a_tunnel_and_is_cut(case: Cut, committed: Draft) -> None:
    draft = cut(case, only(committed, VPN_REACH))
    finding = draft.finding(lockout.locked_out)
    assert finding.severity is Severity.ERROR
    assert finding.message.startswith("nobody can log in to cloudlab: ")
    assert_cut(case, draft, finding)
    assert not draft.findings(lockout.way_is_cut, lockout.single_way)


@pytest.mark.parametrize("case", BY_VLAN, ids=str)
def test_the_only_way_leads_through_a_vlan_and_is_cut(case: Cut, committed: Draft) -> None:
    draft = cut(case, only(committed, MANAGEMENT_REACH))
    assert_cut(case, draft, draft.finding(lockout.locked_out))


@pytest.mark.parametrize(
    "case", [case for case in BY_TUNNEL if case.step is not Step.KEY] + BY_VLAN, ids=str
)
def test_one_of_two_ways_is_cut(case: Cut, committed: Draft) -> None:
    draft = cut(case, committed)
    assert not draft.findings(lockout.locked_out)
    finding = draft.finding(lockout.way_is_cut)
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("colter cannot come to cloudlab from zone ")
    assert_cut(case, draft, finding)
    assert draft.finding(lockout.single_way).message.startswith("cloudlab is reached from zone ")


def test_every_place_that_cuts_a_way_is_named(committed: Draft) -> None:
    draft = committed.host(SSH, '[access.ssh]\nzones = ["vpn"]').fleet(
        MINNESOTA, 'allowed_ips = ["10.0.0.3/32"]'
    )
    findings = draft.findings(lockout.locked_out)
    assert {draft.place(found).marked for found in findings} == {'["vpn"]', '["10.0.0.3/32"]'}


def test_a_single_way_is_noted(committed: Draft) -> None:
    draft = only(committed, VPN_REACH)
    found = draft.finding(lockout.single_way)
    assert found.message == 'cloudlab is reached from zone "vpn" through "minnesota" only'
    assert found.severity is Severity.NOTE
    assert draft.place(found).marked == '["colter"]'


def test_a_host_without_operators_is_locked(committed: Draft) -> None:
    draft = committed.host('trusted_users = ["colter"]', "trusted_users = []").host(
        '[access]\noperators = ["colter"]', "[access]\noperators = []"
    )
    found = draft.finding(lockout.locked_out)
    assert found.message == "nobody can log in to cloudlab: it has no operators"
    assert draft.place(found).marked == "[]"
    assert found.fix == 'operators = ["colter"]'


def test_an_operator_who_comes_from_nowhere_is_locked_out(committed: Draft) -> None:
    draft = committed.fleet(f"reach = [\n  {VPN_REACH},\n  {MANAGEMENT_REACH},\n]", "reach = []")
    found = draft.finding(lockout.locked_out)
    assert "says of no address from which the operator comes" in found.message
    assert draft.place(found).marked == "[operators.colter]"


def test_a_second_operator_may_be_the_one_who_gets_in(committed: Draft) -> None:
    draft = (
        committed.host(
            '[access]\noperators = ["colter"]', '[access]\noperators = ["colter", "emily"]'
        )
        .add_to_fleet(
            f'[operators.emily]\nkeys = ["{rsa_key(4096)}"]\n'
            'reach = [{ zone = "data", address = "10.20.0.10" }]'
        )
        .host(SSH, '[access.ssh]\nzones = ["data"]')
    )
    assert not draft.findings(lockout.locked_out)
    assert {found.message.split(" from ")[0] for found in draft.findings(lockout.way_is_cut)} == {
        "colter cannot come to cloudlab"
    }


def test_what_is_wrong_in_the_fleet_is_found_once_for_all_hosts(committed: Draft) -> None:
    draft = only(committed, VPN_REACH).fleet(MINNESOTA, 'allowed_ips = ["10.0.0.99/32"]')
    for name in ("ash", "coal", "ember", "flint"):
        draft = draft.twin(name)
    found = draft.finding(lockout.locked_out)
    assert found.message.startswith("nobody can log in to ash, cloudlab, coal and 2 more: ")
    assert found.detail.count("CUT") == 3
