"""A fleet of hosts like cloudlab, each with its own name, disks and addresses."""

import base64
import hashlib
import re
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "hosts"


def make(root: Path, count: int) -> None:
    """Write hosts/fleet.toml and `count` hosts below `root`."""
    fleet = (SOURCE / "fleet.toml").read_text("utf-8")
    host = (SOURCE / "cloudlab" / "host.toml").read_text("utf-8")
    _write(root / "hosts" / "fleet.toml", _widen(fleet))
    for number in range(1, count + 1):
        _write(root / "hosts" / f"node-{number}" / "host.toml", _host(_widen(host), number))


def _widen(text: str) -> str:
    """Give every zone room for the hosts: a prefix of 16 bits."""
    return re.sub(r"(10\.[0-9]+)\.0\.0/24", r"\1.0.0/16", text)


def _host(text: str, number: int) -> str:
    high, low = divmod(number - 1, 250)
    own = {
        'host_id = "c10d1ab0"': f'host_id = "{0x10000000 + number:08x}"',
        "3c:fd:fe:0c:22:05": f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}",
        'nvme-A", serial = "A"': f'nvme-A{number}", serial = "A{number}"',
        'nvme-B", serial = "B"': f'nvme-B{number}", serial = "B{number}"',
        "HDD_": f"HDD{number}_",
    }
    for address in ("10.10.0.2", "10.20.0.2", "10.30.0.2", "10.0.0.1", "10.1.0.1"):
        network = address.rsplit(".", 2)[0]
        own[f'"{address}/24"'] = f'"{network}.{100 + high}.{low + 1}/16"'
    for key in re.findall(r'public_key = "([^"]+)"', text):
        digest = hashlib.sha256(f"{key}{number}".encode()).digest()
        own[key] = base64.b64encode(digest).decode()
    for old, new in own.items():
        if old not in text:
            raise ValueError(f"cloudlab's host.toml no longer holds {old}")
        text = text.replace(old, new)
    return text


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
