"""Emily on the host: her units as they are, her program from the wheel."""

from collections.abc import Mapping
from dataclasses import replace

from sovereign.rehearse import emily_wheel
from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.render import systemd_unit, toml_settings
from sovereign.rehearse.values import Given, parse

STAND_IN = "unit text rendered from options, its program from the wheel"
_SETTINGS = "/etc/sovereign/emily.toml"

AFTER = ("database", "firewall", "secrets")


class _Emily(Given):
    services: Mapping[str, Mapping[str, object]] = {}
    target: Mapping[str, object] = {}
    settings: Mapping[str, object] = {}
    config_file: str = ""
    package: str = ""
    home: str = ""


def furnish(given: Mapping[str, object], world: World) -> Furnishing:
    """Start her units under their own account and sandbox; without her, stop what runs."""
    del world
    emily = parse(_Emily, given)
    stop = ("systemctl", "stop", "emily-*.service")
    if not emily.services:
        return Furnishing(commands=(stop,))
    programs = {emily.package: emily_wheel.PREFIX, emily.config_file: _SETTINGS}
    units = tuple(
        replace(file, stand_in=STAND_IN)
        for name, options in sorted(emily.services.items())
        for file in systemd_unit.service(name, options, programs=programs)
    )
    account = f'u emily - "Emily" {emily.home} /usr/sbin/nologin\n'
    files = (
        Placed(_SETTINGS, toml_settings.render(emily.settings), stand_in="settings as TOML"),
        Placed("/etc/sysusers.d/emily.conf", account, stand_in="the account as sysusers.d"),
        systemd_unit.target("emily", emily.target),
        *units,
    )
    names = tuple(f"{name}.service" for name in sorted(emily.services))
    enable = ("systemctl", "enable", "--quiet", *names)
    commands = (stop, ("systemd-sysusers", "emily.conf"), enable)
    return Furnishing(files, commands, units=("emily.target",))
