"""What is lost with the root in memory is found where it should be kept."""

import pytest

from review.cases import Case, assert_found
from review.conftest import Draft
from sovereign.review import boot_root
from sovereign.review.boot_root import outlives

HARDENING = 'hardening = "server"\n'


def with_line(line: str) -> tuple[str, str]:
    """Add a line to [boot]."""
    return HARDENING, f"{HARDENING}{line}\n"


CASES = (
    Case(
        boot_root.persist_is_mounted,
        '"/keep"',
        "no dataset and no array is mounted at /keep",
        host=(('at = "/persist"', 'at = "/keep"'),),
    ),
    Case(
        boot_root.store_is_mounted,
        "[[storage.layouts]]",
        "nothing is mounted at /nix",
        host=(('mount = "/nix"\n', 'mount = "/store"\n'),),
    ),
    Case(
        boot_root.keys_outlive,
        "[",
        "/var/lib/sbctl is lost at every boot",
        host=(('  "/var/lib/sbctl",\n', ""),),
    ),
    Case(
        boot_root.state_outlives,
        "[",
        "/var/lib/nixos is lost at every boot: user and group ids are given out anew",
        host=(('  "/var/lib/nixos",\n', ""),),
    ),
    Case(
        boot_root.state_outlives,
        "[]",
        "/etc/machine-id is lost at every boot",
        host=(('files = ["/etc/machine-id"]', "files = []"),),
    ),
    Case(
        boot_root.state_outlives,
        "[",
        "/var/lib/pcrlock.d is lost at every boot",
        host=(with_line("measured = true"),),
    ),
    Case(
        boot_root.root_large_enough,
        '"100MiB"',
        "the root has 100.0 MiB",
        host=(('[boot.root]\nsize = "2GiB"', '[boot.root]\nsize = "100MiB"'),),
    ),
    Case(
        boot_root.root_mode,
        '"0777"',
        "the root has mode 0777",
        host=(('[boot.root]\nsize = "2GiB"', '[boot.root]\nmode = "0777"\nsize = "2GiB"'),),
    ),
    Case(
        boot_root.root_mode,
        '"0700"',
        "the root has mode 0700",
        host=(('[boot.root]\nsize = "2GiB"', '[boot.root]\nmode = "0700"\nsize = "2GiB"'),),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_found_where_it_stands(committed: Draft, case: Case) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/persist/etc/ssh", True),
        ("/etc/machine-id", True),
        ("/var/lib/nixos", True),
        ("/var/lib/nixos/uid-map", True),
        ("/var/lib/postgresql/17", True),
        ("/ember/code/project", True),
        ("/var/lib/other", False),
        ("/etc/ssh", False),
        ("/persisted", False),
    ],
)
def test_what_outlives_a_boot(committed: Draft, path: str, kept: bool) -> None:
    assert outlives(committed.loaded(), path) is kept


def test_systemd_boot_needs_no_keys(committed: Draft) -> None:
    draft = committed.host('loader = "lanzaboote"', 'loader = "systemd-boot"').host(
        '  "/var/lib/sbctl",\n', ""
    )
    assert draft.findings(boot_root.keys_outlive) == ()
