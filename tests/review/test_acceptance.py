"""What an owner accepts: bound to one code at one key, only warnings and notes, never for nothing."""

import pytest

from sovereign.diagnostics import Diagnostic, Severity
from sovereign.review.run import Review, review

from .conftest import Draft

LEAST = (
    '[[accept]]\ncode = "STO020"\nkey = "storage.pools.ember.special"\n'
    'reason = "Two NVMe drives are all there is: ember survives two failed disks, its special'
    ' mirror one."\n'
)
EMPTY_ROW = '[policy.ai]\nhome = ["https"]'


def accept(code: str, key: str, reason: str = "seen") -> str:
    quote = "'" if '"' in key else '"'
    return f'[[accept]]\ncode = "{code}"\nkey = {quote}{key}{quote}\nreason = "{reason}"\n'


def reviewed(draft: Draft) -> Review:
    return review(draft.inventory())


def codes(found: tuple[Diagnostic, ...]) -> list[str]:
    return [one.code for one in found]


def test_all_that_is_found_in_what_is_committed_is_accepted(committed: Draft) -> None:
    result = reviewed(committed)
    assert result.open == ()
    assert {finding.code for finding, _ in result.accepted} == {
        "STO020",
        "STO022",
        "STO025",
        "WG007",
    }
    assert all(acceptance.reason for _, acceptance in result.accepted)


def test_what_is_not_accepted_is_open(committed: Draft) -> None:
    result = reviewed(committed.host(LEAST, ""))
    assert codes(result.open) == ["STO020"]
    assert result.errors == ()


@pytest.mark.parametrize(
    "key",
    [
        "storage.pools.ember.special",
        'storage."pools".ember.special',
        "storage.pools.'ember'.special",
        '"storage" . "pools" . "ember" . "special"',
    ],
)
def test_a_key_is_the_same_however_it_is_spelt(key: str, committed: Draft) -> None:
    result = reviewed(committed.host(LEAST, accept("STO020", key.replace("'", '"'))))
    assert result.open == ()
    quoted = '"""' + key + '"""'
    assert reviewed(
        committed.host(LEAST, f'[[accept]]\ncode = "STO020"\nkey = {quoted}\nreason = "seen"\n')
    ).open == ()  # fmt: skip


@pytest.mark.parametrize("key", ["policy.ai.data", 'policy.ai."data"'])
def test_a_finding_of_the_fleet_is_accepted_in_its_file(key: str, committed: Draft) -> None:
    draft = committed.fleet(EMPTY_ROW, f"{EMPTY_ROW}\ndata = []")
    assert codes(reviewed(draft).open) == ["POL006"]
    result = reviewed(draft.add_to_fleet(accept("POL006", key)))
    assert result.open == ()
    assert ("POL006", None) in {(finding.code, finding.host) for finding, _ in result.accepted}


def test_a_host_accepts_nothing_for_the_fleet_nor_the_fleet_for_a_host(committed: Draft) -> None:
    draft = committed.fleet(EMPTY_ROW, f"{EMPTY_ROW}\ndata = []")
    result = reviewed(draft.add_to_host(accept("POL006", "policy.ai.data")))
    assert codes(result.open) == ["POL006", "REV001"]
    draft = committed.host(LEAST, "")
    result = reviewed(draft.add_to_fleet(accept("STO020", "storage.pools.ember.special")))
    assert codes(result.open) == ["STO020", "REV001"]


def test_a_rule_of_the_fleet_may_find_something_in_a_host_which_accepts_it(
    committed: Draft,
) -> None:
    one_way = committed.fleet('  { zone = "management", address = "10.10.0.10" },\n', "")
    assert codes(reviewed(one_way).open) == ["LCK003"]
    assert reviewed(one_way.add_to_host(accept("LCK003", "access.operators"))).open == ()


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("STO020", "storage.pools.rpool.special"),
        ("STO021", "storage.pools.ember.special"),
        ("ABC999", "storage.pools.ember.special"),
        ("WG007", "network.tunnels.home.peers[1]"),
        ("STO020", "nowhere"),
    ],
)
def test_an_acceptance_that_matches_nothing_is_found(code: str, key: str, committed: Draft) -> None:
    draft = committed.add_to_host(accept(code, key))
    (found,) = reviewed(draft).open
    assert (found.code, found.severity) == ("REV001", Severity.WARNING)
    assert found.message == f"nothing is found as {code} at {key}"
    assert found.at == ("accept", 4, "code")
    assert draft.place(found).marked == f'"{code}"'


def test_an_error_is_not_accepted(committed: Draft) -> None:
    draft = committed.host('inference = "llama-cpp"', 'inference = "vllm"').add_to_host(
        accept("HW001", "hardware.gpus.p4.inference")
    )
    error, refused = reviewed(draft).open
    assert (error.code, refused.code) == ("HW001", "REV002")
    assert refused.severity is Severity.ERROR
    assert draft.place(refused).marked == '"HW001"'
    assert codes(reviewed(draft).errors) == ["HW001", "REV002"]


def test_the_second_of_two_acceptances_of_one_finding_is_too_many(committed: Draft) -> None:
    draft = committed.add_to_host(accept("STO020", 'storage."pools".ember.special'))
    (found,) = reviewed(draft).open
    assert found.code == "REV001"
    assert found.message == "STO020 at storage.pools.ember.special is accepted already"
    assert found.at == ("accept", 4, "code")


def test_one_acceptance_serves_all_findings_of_its_code_at_its_key(committed: Draft) -> None:
    draft = committed.host('  "/var/lib/nixos",\n  "/var/lib/systemd",\n', "")
    assert codes(reviewed(draft).open) == ["BOOT053", "BOOT053"]
    result = reviewed(draft.add_to_host(accept("BOOT053", "boot.persist.directories")))
    assert result.open == ()


def test_acceptances_are_of_one_host(committed: Draft) -> None:
    twin = committed.twin("twin")
    path = "hosts/twin/host.toml"
    draft = Draft(twin.root, {**twin.texts, path: twin.texts[path].replace(LEAST, "")})
    assert [(one.code, one.host) for one in reviewed(draft).open if one.code == "STO020"] == [
        ("STO020", "twin")
    ]
