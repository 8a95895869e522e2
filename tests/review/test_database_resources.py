"""What PostgreSQL takes of its host."""

import pytest

from sovereign.review import database_resources as resources
from sovereign.review.rule import Rule

from .cases import Case, Sound, assert_found, assert_sound
from .conftest import Draft

SETTINGS = "[database.settings]"
DATA = '"databases/postgresql" = { mount = "/var/lib/postgresql", recordsize = "16KiB",'
ELSEWHERE = '"databases/postgresql" = { mount = "/srv/postgresql", recordsize = "16KiB",'

FOUND = [
    Case(
        resources.shared_buffers,
        '"52GiB"',
        "shared_buffers take 40 % of the memory",
        (('shared_buffers = "8GiB"', 'shared_buffers = "52GiB"'),),
    ),
    Case(
        resources.cache_size,
        '"256GiB"',
        "a cache of 256GiB on a host with 128GiB of memory",
        (('effective_cache_size = "24GiB"', 'effective_cache_size = "256GiB"'),),
    ),
    Case(
        resources.memory_budget,
        "[database.settings]",
        "200 connections x 512MiB 100.0 GiB",
        ((SETTINGS, f'{SETTINGS}\nwork_mem = "512MiB"'),),
    ),
    Case(
        resources.data_is_lost,
        "17",
        "/var/lib/postgresql/17 is on the root in memory",
        ((DATA, ELSEWHERE),),
    ),
    Case(
        resources.large_records,
        '{ mount = "/var/lib/postgresql", logbias = "latency" }',
        "changing one page rewrites 16 of them",
        ((f"{DATA} logbias", '"databases/postgresql" = { mount = "/var/lib/postgresql", logbias'),),
    ),
    Case(
        resources.torn_pages,
        "false",
        "/var/lib/postgresql/17 is not on ZFS",
        (
            (SETTINGS, f"{SETTINGS}\nfull_page_writes = false"),
            (DATA, ELSEWHERE),
            ('mount = "/nix"', 'mount = "/var/lib/postgresql"'),
        ),
    ),
    Case(
        resources.torn_pages,
        "false",
        "records of 4KiB hold less than a page of 8KiB",
        (
            (SETTINGS, f"{SETTINGS}\nfull_page_writes = false"),
            (DATA, DATA.replace("16KiB", "4KiB")),
        ),
    ),
]

SOUND = [
    Sound(
        resources.shared_buffers,
        "exactly 40 percent",
        (
            ('memory = "128GiB"', 'memory = "100GiB"'),
            ('shared_buffers = "8GiB"', 'shared_buffers = "40GiB"'),
        ),
    ),
    Sound(
        resources.memory_budget,
        "200 connections of 64 MiB beside 48 GiB of ARC",
        ((SETTINGS, f'{SETTINGS}\nwork_mem = "64MiB"'),),
    ),
    Sound(
        resources.data_is_lost,
        "a persisted directory",
        ((DATA, ELSEWHERE), ('"/var/lib/samba",', '"/var/lib/samba",\n"/var/lib/postgresql",')),
    ),
    Sound(
        resources.large_records,
        "records inherited from the dataset above",
        (
            (
                f"{DATA} logbias",
                '"databases/postgresql" = { mount = "/var/lib/postgresql", logbias',
            ),
            ('"/rpool/databases" }', '"/rpool/databases", recordsize = "8KiB" }'),
        ),
    ),
    Sound(
        resources.torn_pages,
        "ZFS with records of a page and more",
        ((SETTINGS, f"{SETTINGS}\nfull_page_writes = false"),),
    ),
]


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_postgresql_takes_more_than_there_is(case: Case, committed: Draft) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize("case", SOUND, ids=str)
def test_postgresql_has_what_it_takes(case: Sound, committed: Draft) -> None:
    assert_sound(case, committed)


def test_a_host_without_a_database_has_nothing_to_say(committed: Draft) -> None:
    text = committed.texts["hosts/cloudlab/host.toml"]
    without = committed.host(text[text.index("[database]") : text.index("# What the owner")], "")
    rules = [value for value in vars(resources).values() if isinstance(value, Rule)]
    assert len(rules) == 6
    assert not without.findings(*rules)
