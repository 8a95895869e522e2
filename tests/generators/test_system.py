"""system.nix: identity, time, names, the Nix daemon."""

from collections.abc import Callable
from pathlib import Path

import pytest

from outputs import cloudlab_with, files
from sovereign.generators.system import generate
from sovereign.inventory.load import Inventory


def test_example(example: Inventory, golden: Callable[[str, str], None]) -> None:
    golden("system/system.nix", files(generate, example, "small")["system.nix"])


@pytest.mark.parametrize(
    ("keep", "days"),
    [("30d", 30), ("2w", 14), ("36h", 2), ("1s", 1)],
)
def test_generations_stay_at_least_as_long_as_asked(tmp_path: Path, keep: str, days: int) -> None:
    made = cloudlab_with(generate, tmp_path, host={'keep = "30d"': f'keep = "{keep}"'})
    assert f'options = "--delete-older-than {days}d";' in made["system.nix"]


def test_root_stays_trusted(tmp_path: Path) -> None:
    edit = {'trusted_users = ["colter"]': "trusted_users = []"}
    text = cloudlab_with(generate, tmp_path, host=edit)["system.nix"]
    assert 'trusted-users = [ "root" ];' in text


def test_without_name_servers_dhcp_gives_them(tmp_path: Path) -> None:
    edit = {'name_servers = ["9.9.9.9", "149.112.112.112"]': "name_servers = []"}
    assert "nameservers" not in cloudlab_with(generate, tmp_path, host=edit)["system.nix"]
