"""/etc/sysctl.d/60-nixos.conf from the option `boot.kernel.sysctl`.

Follows nixpkgs' nixos/modules/config/sysctl.nix as of nixos-26.05.
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
