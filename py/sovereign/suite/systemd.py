"""What systemd says of units."""

from dataclasses import dataclass, field

import pytest

from sovereign.expectations.unit import UnitSetting
from sovereign.suite.request import Request
from sovereign.suite.vantage import Vantage, last_line


def properties(vantage: Vantage, unit: str, *names: str) -> dict[str, str]:
    """These properties of a unit, as `systemctl show` prints them."""
    out = vantage.output("systemctl", "show", "--property", ",".join(names), "--", unit)
    found = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
    if unit.partition("@")[2] == "" and names[0] not in found:
        pytest.fail(f"systemctl says nothing of {unit}: {last_line(out)}", pytrace=False)
    return found


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of units that a run asks for: each unit is asked once."""

    request: Request
    _found: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, unit: str) -> dict[str, str]:
        """What a unit is loaded as, and its settings that are expected to be something."""
        if unit not in self._found:
            asked = (
                one.setting
                for one in self.request.document.expectations
                if isinstance(one, UnitSetting) and one.name == unit
            )
            self._found[unit] = properties(self.request.inside, unit, "LoadState", *asked)
        return self._found[unit]
