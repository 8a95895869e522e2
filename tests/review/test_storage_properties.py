"""Properties and names that ZFS refuses or that harm are found where they stand."""

import pytest

from review.cases import Case, assert_found
from review.conftest import Draft
from sovereign.review import storage_properties
from sovereign.review.rule import Rule

CODE = 'code = { mount = "/ember/code", recordsize = "128KiB", special_small_blocks = "16KiB" }'
APPS = 'apps = { mount = "/rpool/apps" }'
EMBER_PROPERTIES = (
    'properties = { compression = "zstd-3", atime = "off", xattr = "sa", acltype = "posix",'
    ' recordsize = "1MiB" }'
)


def inside(old: str, find: str, put: str) -> tuple[str, str]:
    """Replace a word within a longer text that stands only once."""
    assert find in old
    return old, old.replace(find, put)


CASES = (
    Case(
        storage_properties.accepted_values,
        '"100KiB"',
        "recordsize 100KiB is no power of two",
        host=(('recordsize = "128KiB"', 'recordsize = "100KiB"'),),
    ),
    Case(
        storage_properties.accepted_values,
        '"32MiB"',
        "recordsize 32MiB is no power of two from 512B to 16MiB",
        host=(('recordsize = "128KiB"', 'recordsize = "32MiB"'),),
    ),
    Case(
        storage_properties.accepted_values,
        '"17MiB"',
        "zfs_unstable takes up to 16MiB",
        host=(('special_small_blocks = "16KiB"', 'special_small_blocks = "17MiB"'),),
    ),
    Case(
        storage_properties.accepted_values,
        '"24KiB"',
        "zfs_2_3 takes up to 1MiB and a power of two",
        host=(
            ('special_small_blocks = "16KiB"', 'special_small_blocks = "24KiB"'),
            ('zfs = "zfs_unstable"', 'zfs = "zfs_2_3"'),
        ),
    ),
    Case(
        storage_properties.sensible_values,
        '"disabled"',
        "synchronous writes may be lost",
        host=((APPS, 'apps = { mount = "/rpool/apps", sync = "disabled" }'),),
    ),
    Case(
        storage_properties.sensible_values,
        '"on"',
        "every read is followed by a write",
        host=(inside(EMBER_PROPERTIES, 'atime = "off"', 'atime = "on"'),),
    ),
    Case(
        storage_properties.sensible_values,
        '"on"',
        "POSIX ACLs are stored in hidden folders",
        host=(inside(EMBER_PROPERTIES, 'xattr = "sa"', 'xattr = "on"'),),
    ),
    Case(
        storage_properties.sensible_values,
        '"none"',
        "nothing is cached",
        host=((APPS, 'apps = { mount = "/rpool/apps", primarycache = "none" }'),),
    ),
    Case(
        storage_properties.reservations_fit,
        '"120TB"',
        "120.0 TB are reserved, ember holds 111.7 TB",
        host=((CODE, CODE.replace(" }", ', reservation = "120TB" }')),),
    ),
    Case(
        storage_properties.single_copies,
        "2",
        "every block takes 2 times its space",
        host=((APPS, 'apps = { mount = "/rpool/apps", copies = 2 }'),),
    ),
    Case(
        storage_properties.compressed,
        '"off"',
        "rpool/apps is not compressed",
        host=((APPS, 'apps = { mount = "/rpool/apps", compression = "off" }'),),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_found_where_it_stands(committed: Draft, case: Case) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("mirror-a", storage_properties.free_pool_name),
        ("log", storage_properties.free_pool_name),
        ("spare", storage_properties.free_pool_name),
        ("zpool", storage_properties.pool_is_no_command),
    ],
)
def test_a_pool_has_a_name_of_its_own(committed: Draft, name: str, rule: Rule) -> None:
    text = f'[storage.pools.{name}]\nvdevs = [{{ kind = "stripe", members = ["hdd-1"] }}]\n'
    draft = committed.add_to_host(text)
    assert draft.marked(rule) == f"[storage.pools.{name}]"
