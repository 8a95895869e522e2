"""tmpfiles.d from `systemd.tmpfiles.rules` and `systemd.tmpfiles.settings`.

Follows nixpkgs' nixos/modules/system/boot/systemd/tmpfiles.nix as of nixos-26.05;
compared with the real text where SOVEREIGN_NIXPKGS is set.
"""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

STAND_IN = "tmpfiles.d rendered from options"

_ESCAPED = "\t\n\r \\"


class Rule(BaseModel):
    """A rule of `systemd.tmpfiles.settings.<name>.<path>.<type>`."""

    model_config = ConfigDict(frozen=True)

    type: str
    mode: str = "-"
    user: str = "-"
    group: str = "-"
    age: str = "-"
    argument: str = ""


def settings_file(rules: Mapping[str, Mapping[str, Rule]]) -> str:
    """Return the file of one name: its rules by path, then by type."""
    return "".join(
        f"'{rule.type}' '{path}' '{rule.mode}' '{rule.user}' '{rule.group}' '{rule.age}'"
        f" {_escaped(rule.argument)}\n"
        for path, by_type in sorted(rules.items())
        for _, rule in sorted(by_type.items())
    )


def rules_file(rules: Sequence[str]) -> str:
    """Return the file of the rules that are written as lines."""
    head = (
        "# This file is created automatically and should not be modified.\n"
        "# Please change the option ‘systemd.tmpfiles.rules’ instead.\n\n"  # noqa: RUF001 its own
    )
    return head + "\n".join(rules) + "\n"


def _escaped(text: str) -> str:
    return "".join(f"\\x{ord(one):02X}" if one in _ESCAPED else one for one in text)
