"""What systemd says of units."""

import pytest

from sovereign.suite.vantage import Vantage, last_line


def properties(vantage: Vantage, unit: str, *names: str) -> dict[str, str]:
    """These properties of a unit, as `systemctl show` prints them."""
    out = vantage.output("systemctl", "show", "--property", ",".join(names), "--", unit)
    found = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
    if unit.partition("@")[2] == "" and names[0] not in found:
        pytest.fail(f"systemctl says nothing of {unit}: {last_line(out)}", pytrace=False)
    return found
