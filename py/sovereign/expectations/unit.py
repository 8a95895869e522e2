"""Services, sockets and targets, and the settings that are in force on them."""

from typing import Literal

from sovereign.expectations.base import Expectation


class Unit(Expectation):
    """A systemd unit in a state; `exited` is a oneshot that ended well."""

    type: Literal["unit"] = "unit"
    name: str
    state: Literal["active", "exited", "inactive", "absent"] = "active"

    @property
    def subject(self) -> str:
        """Return the unit and its state."""
        return f"{self.name} {self.state}"


class UnitSetting(Expectation):
    """A property of a unit, as `systemctl show` prints its value; its words may stand in any order."""

    type: Literal["unit-setting"] = "unit-setting"
    name: str
    setting: str
    value: str

    @property
    def subject(self) -> str:
        """Return the unit and the property."""
        return f"{self.name} {self.setting}"
