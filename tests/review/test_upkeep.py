"""What lets a host decay unseen is found in its place."""

import pytest

from review.cases import Case, assert_found
from review.conftest import Draft
from sovereign.review import upkeep
from sovereign.units import Size

SCRUB = 'scrub = "monthly"'
ARC = 'arc_max = "48GiB"'
USER = 'user = "cloudlab"\n'
PASSWORD = 'password = { path = "/persist/secrets/mail/password" }\n'
HARDENING = 'hardening = "server"\n'

CASES = (
    Case(
        upkeep.scrubbed, '"yearly"', "a scrub yearly is rare", host=((SCRUB, 'scrub = "yearly"'),)
    ),
    Case(
        upkeep.scrubbed,
        '"*-01,07-01 02:00"',
        "a scrub *-01,07-01 02:00 is rare",
        host=((SCRUB, 'scrub = "*-01,07-01 02:00"'),),
    ),
    Case(
        upkeep.arc_limit_counts,
        '"128GiB"',
        "128.0 GiB on a host with 128.0 GiB",
        host=((ARC, 'arc_max = "128GiB"'),),
    ),
    Case(
        upkeep.arc_limit_counts,
        '"32MiB"',
        "32.0 MiB on a host with 128.0 GiB",
        host=((ARC, 'arc_max = "32MiB"'),),
    ),
    Case(
        upkeep.arc_leaves_room,
        '"120GiB"',
        "120.0 GiB leave 8.0 GiB",
        host=((ARC, 'arc_max = "120GiB"'),),
    ),
    Case(
        upkeep.arc_is_limited,
        "[upkeep]",
        "the cache may take 127.0 GiB of 128.0 GiB",
        host=((f"{ARC}\n", ""),),
    ),
    Case(
        upkeep.drives_are_watched,
        "false",
        "smartd is off",
        host=(("smart = true", "smart = false"),),
    ),
    Case(upkeep.login_is_whole, '"cloudlab"', "user without password", host=((PASSWORD, ""),)),
    Case(
        upkeep.login_is_whole,
        '{ path = "/persist/secrets/mail/password" }',
        "password without user",
        host=((USER, ""),),
    ),
    Case(
        upkeep.arc_is_set_once,
        '"zfs.zfs_arc_max=1073741824"',
        "zfs.zfs_arc_max=1073741824 beside upkeep.arc_max",
        host=((HARDENING, f'{HARDENING}parameters = ["zfs.zfs_arc_max=1073741824"]\n'),),
    ),
)


def without_alerts(draft: Draft) -> Draft:
    text = draft.texts["hosts/cloudlab/host.toml"]
    alerts = text[text.index("[upkeep.alerts]") : text.index("[samba]")]
    return draft.host(alerts, "")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_found_where_it_stands(committed: Draft, case: Case) -> None:
    assert_found(case, committed)


def test_a_failed_drive_must_be_told_to_somebody(committed: Draft) -> None:
    draft = without_alerts(committed)
    assert draft.marked(upkeep.somebody_is_told) == "[upkeep]"


@pytest.mark.parametrize(
    "often",
    ["weekly", "monthly", "Sun *-*-* 02:00:00", "*-*-01", "*-*-1,15 03:00", "*-1,3,5,7,9,11-1"],
)
def test_a_scrub_every_two_months_or_more_often_is_fine(committed: Draft, often: str) -> None:
    draft = committed.host(SCRUB, f'scrub = "{often}"')
    assert draft.findings(upkeep.scrubbed) == ()


@pytest.mark.parametrize("rare", ["quarterly", "semiannually", "Sun *-1,4,7,10-1..7 02:00"])
def test_a_scrub_every_quarter_is_rare(committed: Draft, rare: str) -> None:
    draft = committed.host(SCRUB, f'scrub = "{rare}"')
    assert draft.marked(upkeep.scrubbed) == f'"{rare}"'


def test_the_cache_takes_nearly_all_memory_by_default() -> None:
    assert upkeep.default_arc(Size.parse("128GiB")) == Size.parse("127GiB")
    assert upkeep.default_arc(Size.parse("2GiB")) == Size.parse("1.25GiB")


def test_only_a_host_that_shares_its_memory_needs_a_limit(committed: Draft) -> None:
    text = committed.texts["hosts/cloudlab/host.toml"]
    database = text[text.index("[database]") : text.index("# What the owner counts on")]
    gpu = text[text.index("[hardware.gpus.p4]") : text.index("[hardware.nics.uplink]")]
    draft = committed.host(f"{ARC}\n", "").host(database, "").host(gpu, "")
    assert draft.findings(upkeep.arc_is_limited) == ()
