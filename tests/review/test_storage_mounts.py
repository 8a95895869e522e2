"""Mounts that collide or hide something are found where they stand."""

import pytest

from review.cases import Case, assert_found
from review.conftest import Draft
from sovereign.review import storage_mounts

CASES = (
    Case(
        storage_mounts.one_at_a_place,
        '"/nix"',
        "dataset ember/nix and array nix are both mounted at /nix",
        host=(('mount = "/ember/nix"', 'mount = "/nix"'),),
    ),
    Case(
        storage_mounts.one_at_a_place,
        '"/boot"',
        "ESP nvme-b.esp and ESP nvme-a.esp are both mounted at /boot",
        host=(('mount = "/boot-b"', 'mount = "/boot"'),),
    ),
    Case(
        storage_mounts.one_at_a_place,
        '"/"',
        "dataset rpool/apps and the root in memory are both mounted at /",
        host=(('mount = "/rpool/apps"', 'mount = "/"'),),
    ),
    Case(
        storage_mounts.hides_nothing,
        '"/nix/store"',
        "dataset ember/nix at /nix/store hides /nix/store",
        host=(('mount = "/ember/nix"', 'mount = "/nix/store"'),),
    ),
    Case(
        storage_mounts.hides_nothing,
        '"/boot/apps"',
        "dataset rpool/apps at /boot/apps hides /boot",
        host=(('mount = "/rpool/apps"', 'mount = "/boot/apps"'),),
    ),
    Case(
        storage_mounts.hides_nothing,
        '"/etc"',
        "dataset rpool/apps at /etc hides /etc",
        host=(('mount = "/rpool/apps"', 'mount = "/etc"'),),
    ),
    Case(
        storage_mounts.inside_its_pool,
        '"/ember/apps"',
        "dataset rpool/apps is mounted in the tree of pool ember",
        host=(('mount = "/rpool/apps"', 'mount = "/ember/apps"'),),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_found_where_it_stands(committed: Draft, case: Case) -> None:
    assert_found(case, committed)


def test_a_pool_that_is_not_mounted_leaves_its_tree_in_memory(committed: Draft) -> None:
    draft = committed.host('mount = "/ember"\n', "")
    findings = draft.findings(storage_mounts.inside_its_pool)
    assert [draft.place(finding).marked for finding in findings] == [
        '"/ember/code"',
        '"/ember/models"',
        '"/ember/media"',
        '"/ember/nix"',
    ]
    assert findings[0].fix == 'mount = "/ember" for the pool'
