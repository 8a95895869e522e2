"""How values are read as the programs show them, and rules as the server reads them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from expected import cloudlab_expects, of_type
from sovereign.expectations.base import Expectation
from sovereign.expectations.database import DatabaseAccess, DatabaseSetting
from sovereign.expectations.mount import Mount
from sovereign.expectations.origin import written
from sovereign.expectations.socket import Socket
from sovereign.expectations.zfs import ZfsProperty
from sovereign.inventory.load import Inventory

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("setting", "given", "shown"),
    [
        ("shared_buffers", '"8GiB"', "8GB"),
        ("shared_buffers", '"1536MiB"', "1536MB"),
        ("shared_buffers", '"1000000B"', "976kB"),  # counted in blocks of 8 kB
        ("work_mem", '"64MiB"', "64MB"),
        ("work_mem", '"1000000B"', "977kB"),
        ("max_wal_size", '"2TiB"', "2TB"),
        ("statement_timeout", '"90s"', "90s"),
        ("statement_timeout", '"120s"', "2min"),
        ("statement_timeout", '"1d"', "1d"),
        ("statement_timeout", '"0s"', "0"),
        ("random_page_cost", "4.0", "4"),
        ("full_page_writes", "false", "off"),
        ("wal_level", '"logical"', "logical"),
    ],
)
def test_a_database_setting_is_shown(setting: str, given: str, shown: str, tmp_path: Path) -> None:
    edits = {
        "[database.settings]\n": f"[database.settings]\n{setting} = {given}\n",
        'shared_buffers = "8GiB"\n': "",
        "random_page_cost = 1.1\n": "",
    }
    if setting not in ("shared_buffers", "random_page_cost"):
        del edits['shared_buffers = "8GiB"\n'], edits["random_page_cost = 1.1\n"]
    elif setting == "shared_buffers":
        del edits["random_page_cost = 1.1\n"]
        edits = {'shared_buffers = "8GiB"\n': f"shared_buffers = {given}\n"}
    else:
        edits = {"random_page_cost = 1.1\n": f"random_page_cost = {given}\n"}
    found = of_type(cloudlab_expects(tmp_path, host=edits), DatabaseSetting)
    assert {one.name: one.value for one in found}[setting] == shown


RULE = """[[database.access]]
type = "host"
database = "emily"
user = "emily"
address = "10.20.0.0/24"
method = "scram-sha-256"
"""


@pytest.mark.parametrize(
    ("rule", "enters"),
    [
        ("host emily emily 10.20.0.0/24 scram-sha-256", {True: True, False: False}),
        ("host all all 10.0.0.0/8 md5", {True: True, False: False}),
        ("host emily emily 10.20.0.0/24 trust", {True: True, False: True}),
        ("host emily emily 10.20.0.0/24 reject", {True: False}),
        ("host mlflow emily 10.20.0.0/24 scram-sha-256", {True: False}),
        ("host emily mlflow 10.20.0.0/24 scram-sha-256", {True: False}),
        ("host emily emily 10.99.0.0/24 scram-sha-256", {True: False}),
        ("hostssl emily emily 10.20.0.0/24 scram-sha-256", {True: False}),  # TLS is off
        ("host emily emily ::/0 scram-sha-256", {True: False}),
        ("host emily emily 10.20.0.5/32 scram-sha-256", {}),  # some of the zone, some not
    ],
)
def test_a_rule_lets_in(rule: str, enters: dict[bool, bool], tmp_path: Path) -> None:
    kind, database, user, address, method = rule.split()
    written_rule = (
        f'[[database.access]]\ntype = "{kind}"\ndatabase = "{database}"\nuser = "{user}"\n'
        f'address = "{address}"\nmethod = "{method}"\n'
    )
    found = of_type(cloudlab_expects(tmp_path, host={RULE: written_rule}), DatabaseAccess)
    into = [it for it in found if (it.source, it.user, it.database) == ("data", "emily", "emily")]
    assert {one.password: one.allowed for one in into} == enters


def test_a_local_rule_decides_over_the_socket(tmp_path: Path) -> None:
    local = (
        '[[database.access]]\ntype = "local"\ndatabase = "emily"\nuser = "all"\nmethod = "reject"\n'
    )
    found = cloudlab_expects(tmp_path, host={RULE: f"{local}\n{RULE}"})
    refused = found["database-access: emily never enters emily from socket without a password"]
    assert refused.key == "database.access[0]"


def test_a_database_for_a_zone_that_dhcp_addresses_listens_everywhere(tmp_path: Path) -> None:
    found = cloudlab_expects(
        tmp_path, host={'zones = ["data", "vpn"]\n\n[database': 'zones = ["internet"]\n\n[database'}
    )
    sockets = {one.port: one.addresses for one in of_type(found, Socket)}
    assert sockets[5432] == ("*",)
    assert found["flow: internet reaches host  5432"].key == "database.zones[0]"


def test_properties_are_shown_as_zfs_shows_them_and_quotas_are_not_inherited(
    tmp_path: Path,
) -> None:
    edits = {
        'databases = { mount = "/rpool/databases" }': 'databases = { quota = "1TiB", '
        'compression = "gzip-6", copies = 2 }'
    }
    found = of_type(cloudlab_expects(tmp_path, host=edits), ZfsProperty)
    shown = {(one.dataset, one.setting): one.value for one in found}
    above, below = "rpool/databases", "rpool/databases/postgresql"
    assert shown[above, "quota"] == str(2**40)
    assert shown[above, "mountpoint"] == "none"
    assert shown[above, "compression"] == shown[below, "compression"] == "gzip"
    assert shown[below, "copies"] == "2"
    assert (below, "quota") not in shown
    keys = {(one.dataset, one.setting): one.key for one in found}
    assert keys[below, "compression"] == "storage.pools.rpool.datasets.databases.compression"


@pytest.mark.parametrize(
    ("edits", "source"),
    [
        ({}, "rpool/persist[/var/log]"),
        (
            {'persist = { mount = "/persist" }': "", 'mount = "/rpool"': 'mount = "/persist"'},
            "rpool[/var/log]",
        ),
        (
            {'at = "/persist"': 'at = "/persist/state"'},
            "rpool/persist[/state/var/log]",
        ),
        (
            {'persist = { mount = "/persist" }': "", 'mount = "/nix"': 'mount = "/persist"'},
            None,
        ),
    ],
)
def test_what_outlives_a_boot_is_bound_from_where_the_persistent_folder_lies(
    edits: dict[str, str], source: str | None, tmp_path: Path
) -> None:
    mounts = of_type(cloudlab_expects(tmp_path, host=edits), Mount)
    assert {one.path: one.source for one in mounts}["/var/log"] == source


def test_options_that_the_kernel_does_not_list_are_not_expected(tmp_path: Path) -> None:
    edits = {'options = ["noatime"]': 'options = ["noatime", "nofail", "defaults"]'}
    mounts = of_type(cloudlab_expects(tmp_path, host=edits), Mount)
    assert {one.path: one.options for one in mounts}["/nix"] == ("noatime",)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("network", "tuning", "ecn"), ("network", "tuning", "ecn")),
        (("emily", "memory_max"), ("emily",)),
        (("samba", "shares", "code", "encryption"), ("samba", "shares", "code")),
        (("boot", "esps", 1, "mount"), ("boot", "esps", 1, "mount")),
        (("boot", "measured"), ("boot",)),
        (("database", "users", "nobody"), ("database", "users")),
    ],
)
def test_a_default_is_its_tables(
    path: tuple[str | int, ...], found: tuple[str | int, ...], fleet: Inventory
) -> None:
    assert written(fleet.hosts["cloudlab"], path) == found


def test_the_generated_texts_say_the_same(cloudlab: Mapping[str, Expectation]) -> None:
    made = ROOT / "hosts/cloudlab/generated"
    rules = (made / "pg_hba.conf").read_text("utf-8").splitlines()[1:]
    assert rules == cloudlab["database-rules: authentication"].model_dump(mode="json")["rules"]
    shown = {(one.dataset, one.setting, one.value) for one in of_type(cloudlab, ZfsProperty)}
    script = (made / "zfs-properties.sh").read_text("utf-8").splitlines()
    ensured = {tuple(line.split()[1:]) for line in script if line.startswith("ensure ")}
    assert len(ensured) == 31
    assert ensured <= shown
