"""database.nix, pg_hba.conf, database.sql, database.sh; on a real server: test_database_server.py."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fleets import copy_with
from outputs import cloudlab_with, files
from sovereign.generators.database import generate
from sovereign.inventory.load import Inventory, load


@pytest.mark.parametrize("name", ["database.nix", "pg_hba.conf", "database.sql", "database.sh"])
def test_example(example: Inventory, golden: Callable[[str, str], None], name: str) -> None:
    golden(f"database/{name}", files(generate, example, "small")[name])


@pytest.mark.parametrize(
    ("size", "written"),
    [
        ("8GiB", "8GB"),
        ("8GB", "7812500kB"),
        ("1TiB", "1TB"),
        ("1536MiB", "1536MB"),
        ("8192kB", "8000kB"),
        ("1000B", "1000B"),
    ],
)
def test_sizes_are_exact_in_postgresqls_binary_units(
    tmp_path: Path, size: str, written: str
) -> None:
    edit = {'shared_buffers = "8GiB"': f'shared_buffers = "{size}"'}
    text = cloudlab_with(generate, tmp_path, host=edit)["database.nix"]
    assert f'shared_buffers = "{written}";' in text


def test_settings_keep_their_kind(tmp_path: Path) -> None:
    more = 'random_page_cost = 1.1\nstatement_timeout = "2min"\nfull_page_writes = false\n'
    edit = {"random_page_cost = 1.1\n": f'{more}wal_level = "logical"\n'}
    text = cloudlab_with(generate, tmp_path, host=edit)["database.nix"]
    for line in (
        "max_connections = 200;",
        "random_page_cost = 1.1;",
        'statement_timeout = "120s";',
        "full_page_writes = false;",
        'wal_level = "logical";',
    ):
        assert line in text
    assert "work_mem" not in text.replace("maintenance_work_mem", "")


@pytest.mark.parametrize(
    ("zones", "listening"),
    [
        ('["data", "vpn"]', 'listen_addresses = lib.mkForce "localhost,10.20.0.2,10.0.0.1";'),
        ('["internet"]', "enableTCPIP = true;"),  # its address comes by DHCP
    ],
)
def test_it_listens_where_clients_may_connect(tmp_path: Path, zones: str, listening: str) -> None:
    edit = {'zones = ["data", "vpn"]': f"zones = {zones}"}
    text = cloudlab_with(generate, tmp_path, host=edit)["database.nix"]
    assert listening in text
    assert ("listen_addresses" in text) != ("enableTCPIP" in text)


def test_without_zones_nixos_listens_on_this_host_alone(tmp_path: Path) -> None:
    edit = {'zones = ["data", "vpn"]': "zones = []"}
    text = cloudlab_with(generate, tmp_path, host=edit)["database.nix"]
    assert "listen_addresses" not in text
    assert "enableTCPIP" not in text


def test_the_inventorys_rules_stand_between_the_superusers_and_everybodys(
    fleet: Inventory,
) -> None:
    assert files(generate, fleet, "cloudlab")["pg_hba.conf"].splitlines()[1:] == [
        "local all postgres peer",
        "host emily emily 10.20.0.0/24 scram-sha-256",
        "host emily emily 10.0.0.0/24 scram-sha-256",
        "host mlflow mlflow 10.20.0.0/24 scram-sha-256",
        "local all all peer",
    ]


@pytest.mark.parametrize(
    ("name", "written"), [("replication", '"replication"'), ("samerole", '"samerole"')]
)
def test_a_database_named_like_a_keyword_is_quoted(tmp_path: Path, name: str, written: str) -> None:
    edit = {
        "[database.databases.mlflow]": f"[database.databases.{name}]",
        'database = "mlflow"': f'database = "{name}"',
    }
    text = cloudlab_with(generate, tmp_path, host=edit)["pg_hba.conf"]
    assert f"host {written} mlflow 10.20.0.0/24 scram-sha-256\n" in text


def test_a_database_with_another_owner_is_given_to_him(tmp_path: Path) -> None:
    edit = {
        '[database.databases.mlflow]\nowner = "mlflow"': '[database.databases.mlflow]\nowner = "emily"'
    }
    made = cloudlab_with(generate, tmp_path, host=edit)
    assert 'ALTER DATABASE "mlflow" OWNER TO "emily";' in made["database.sql"]
    assert made["database.nix"].count("ensureDBOwnership = true;") == 1


def test_a_user_without_a_password_comes_by_the_socket_alone(tmp_path: Path) -> None:
    secret = 'password = { path = "/persist/secrets/postgresql/mlflow" }'
    made = cloudlab_with(generate, tmp_path, host={secret: ""})
    assert 'name = "mlflow";' in made["database.nix"]
    assert "postgresql/mlflow" not in made["database.nix"]
    assert "mlflow" not in made["database.sql"]
    assert "set -- emily\n" in made["database.sh"]


def test_without_vector_there_is_no_pgvector(tmp_path: Path) -> None:
    edit = {'extensions = ["vector"]': 'extensions = ["pg_trgm"]'}
    made = cloudlab_with(generate, tmp_path, host=edit)
    assert "pgvector" not in made["database.nix"]
    assert 'CREATE EXTENSION IF NOT EXISTS "pg_trgm";' in made["database.sql"]


def test_a_host_without_a_database_has_no_files(tmp_path: Path) -> None:
    root = copy_with(tmp_path, {})
    file = root / "hosts/cloudlab/host.toml"
    text = file.read_text("utf-8")
    start, end = text.index("[database]"), text.index("# What the owner counts on")
    file.write_text(text[:start] + text[end:], "utf-8")
    assert files(generate, load(root), "cloudlab") == {}
