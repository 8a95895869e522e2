"""emily.nix: what the inventory says, as the options of nix/modules/emily.nix."""

from collections.abc import Callable
from pathlib import Path

import pytest

from outputs import cloudlab_with, files
from sovereign.generators.emily import generate
from sovereign.inventory.load import Inventory

TOKEN = 'token = { path = "/persist/secrets/emily/token" }\n'
TABLE = f'[emily]\nzones = ["vpn"]\n{TOKEN}memory = "emily"\n'


def made(tmp_path: Path, table: str, more: dict[str, str] | None = None) -> str:
    """cloudlab's emily.nix with another table."""
    return cloudlab_with(generate, tmp_path, host={TABLE: table, **(more or {})})["emily.nix"]


def test_example(example: Inventory, golden: Callable[[str, str], None]) -> None:
    golden("emily/emily.nix", files(generate, example, "small")["emily.nix"])


def test_a_host_without_her_has_no_file(tmp_path: Path) -> None:
    assert cloudlab_with(generate, tmp_path, host={TABLE: ""}) == {}


def test_without_zones_she_is_called_from_this_host_alone(tmp_path: Path) -> None:
    text = made(tmp_path, "[emily]\n")
    assert 'host = "127.0.0.1";' in text
    assert "clients" not in text
    assert "tokenFile" not in text


@pytest.mark.parametrize(
    ("zones", "clients"),
    [
        ('["data"]', '[ "10.20.0.0/24" ]'),
        ('["vpn", "data"]', '[ "10.0.0.0/24" "10.20.0.0/24" ]'),
        ('["home"]', '[ "10.1.0.0/24" "192.168.1.0/24" ]'),  # what lies behind the tunnel's peer
    ],
)
def test_zones_are_let_in_by_their_addresses(tmp_path: Path, zones: str, clients: str) -> None:
    text = made(tmp_path, TABLE.replace('["vpn"]', zones))
    assert 'host = "0.0.0.0";' in text
    assert f"clients = {clients};" in " ".join(text.split())


def test_a_zone_without_a_prefix_is_told_by_its_interface_alone(tmp_path: Path) -> None:
    assert "clients" not in made(tmp_path, TABLE.replace('["vpn"]', '["vpn", "internet"]'))


def test_without_a_database_she_keeps_a_file_of_her_own(tmp_path: Path) -> None:
    text = made(tmp_path, "[emily]\n")
    assert 'memory.backend = "sqlite";' in text
    assert "systemd" not in text


def test_the_databases_port_is_that_of_the_ledger(tmp_path: Path) -> None:
    fleet = {"postgresql = { port = 5432 }": "postgresql = { port = 5433 }"}
    text = cloudlab_with(generate, tmp_path, fleet=fleet)["emily.nix"]
    assert "        port = 5433;\n" in text


def test_her_ports_are_those_of_the_ledger(tmp_path: Path) -> None:
    fleet = {
        "emily = { port = 8600 }": "emily = { port = 8601 }",
        "zenoh = { port = 7447 }": "zenoh = { port = 7448 }",
    }
    text = cloudlab_with(generate, tmp_path, fleet=fleet)["emily.nix"]
    assert "        port = 8601;\n" in text
    assert 'bus.router = "tcp/127.0.0.1:7448";' in text


@pytest.mark.parametrize(
    ("own", "zone"), [("", "Europe/Berlin"), ('time_zone = "Asia/Tokyo"\n', "Asia/Tokyo")]
)
def test_her_day_is_the_hosts_unless_she_has_one(tmp_path: Path, own: str, zone: str) -> None:
    more = {'time_zone = "UTC"': 'time_zone = "Europe/Berlin"'}
    assert f'circadian.timezone = "{zone}";' in made(tmp_path, f"{TABLE}{own}", more)


@pytest.mark.parametrize(
    ("size", "written"),
    [("2GiB", "2G"), ("768MiB", "768M"), ("500MB", "500000000"), ("1000KiB", "1000K")],
)
def test_limits_are_exact_in_systemds_binary_units(tmp_path: Path, size: str, written: str) -> None:
    assert f'memoryMax = "{written}";' in made(tmp_path, f'{TABLE}memory_max = "{size}"\n')
