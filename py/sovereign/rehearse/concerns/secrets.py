"""The owners and modes of secrets, which systemd-tmpfiles sets at each boot."""

from collections.abc import Mapping

from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.render import tmpfiles
from sovereign.rehearse.render.tmpfiles import Rule
from sovereign.rehearse.values import Given, parse

AFTER = ("access", "system")

_FILE = "/etc/tmpfiles.d/10-secrets.conf"


class _Secrets(Given):
    rules: Mapping[str, Mapping[str, Rule]]


def furnish(given: Mapping[str, object], world: World) -> Furnishing:
    """Return the rules, applied."""
    del world
    text = tmpfiles.settings_file(parse(_Secrets, given).rules)
    return Furnishing(
        files=(Placed(_FILE, text, stand_in=tmpfiles.STAND_IN),),
        commands=(("systemd-tmpfiles", "--create", _FILE),),
    )
