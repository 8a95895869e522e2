"""/etc/sysctl.d/60-nixos.conf from the option `boot.kernel.sysctl`.

Follows nixos/modules/config/sysctl.nix of nixpkgs b18a4b905f8d028dc4476412e6d6891728695379.
"""

from collections.abc import Mapping

Value = bool | int | str | None


def render(settings: Mapping[str, Value]) -> str:
    """Return the text: a line for each setting, in the order of their names; null leaves one out."""
    return "".join(
        f"{name}={int(value) if isinstance(value, bool) else value}\n"
        for name, value in sorted(settings.items())
        if value is not None
    )
