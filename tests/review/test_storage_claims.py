"""What is counted on and cannot be is found where it stands."""

import pytest

from review.cases import Case, assert_found
from review.conftest import Draft
from sovereign.diagnostics import Severity
from sovereign.review import storage_claims

CASES = (
    Case(
        storage_claims.holds_what_is_counted_on,
        '"120TB"',
        "ember holds 111.7 TB (101.6 TiB), not 120.0 TB (109.1 TiB)",
        host=(('usable = "111TB"', 'usable = "120TB"'),),
    ),
    Case(
        storage_claims.rebuilt_in_time,
        '"10h"',
        "one disk of ember takes 13 hours at best, not 10",
        host=(('rebuild = "60h"', 'rebuild = "10h"'),),
    ),
    Case(
        storage_claims.rebuilt_in_time_under_load,
        '"24h"',
        "one disk of ember takes 53 hours at 50 MB/s, not 24",
        host=(('rebuild = "60h"', 'rebuild = "24h"'),),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_found_where_it_stands(committed: Draft, case: Case) -> None:
    assert_found(case, committed)


def test_120_tb_are_not_there(committed: Draft) -> None:
    draft = committed.host('usable = "111TB"', 'usable = "120TB"')
    finding = draft.finding(storage_claims.holds_what_is_counted_on)
    assert finding.severity is Severity.WARNING
    assert "raw 168.0 TB" in finding.detail
    assert "119.5 TB as 1MiB records" in finding.detail
    assert "80 to 90 %: 89.4 TB to 100.6 TB" in finding.detail
    assert finding.fix == 'usable = "111TB"'


def test_a_rebuild_is_a_range(committed: Draft) -> None:
    finding = committed.host('rebuild = "60h"', 'rebuild = "24h"').finding(
        storage_claims.rebuilt_in_time_under_load
    )
    assert finding.detail == (
        "at 80 % full: 53 h at 50 MB/s, 27 h at 100 MB/s, 18 h at 150 MB/s, 13 h at 200 MB/s"
    )


def test_the_documents_55_to_60_hours_are_possible(committed: Draft) -> None:
    for hours in ("55h", "60h"):
        draft = committed.host('rebuild = "60h"', f'rebuild = "{hours}"')
        assert draft.findings(storage_claims.rebuilt_in_time) == ()
        assert draft.findings(storage_claims.rebuilt_in_time_under_load) == ()
