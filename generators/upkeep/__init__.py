"""upkeep: scrubs and trims, mail about failing drives, arrays and pools, the ARC's limit."""

from collections.abc import Iterator
from dataclasses import dataclass

from sovereign.generators.module import module
from sovereign.generators.output import Output
from sovereign.inventory.load import Inventory
from sovereign.inventory.secret import Secret
from sovereign.inventory.upkeep import Alerts
from sovereign.nix.value import Interpolated, Reference, call, interpolated
from sovereign.text.sh import word

_IMPLICIT_TLS = 465
"""The port on which TLS begins at once (RFC 8314); on others the relay is asked by STARTTLS."""


@dataclass(frozen=True, slots=True)
class _Mail:
    to: str
    sender: str
    host: str
    port: int
    starttls: bool
    user: str | None
    password: Interpolated | None


@dataclass(frozen=True, slots=True)
class _View:
    pools: bool
    arrays: bool
    scrub: str
    trim: str
    smart: bool
    arc: str | None
    mail: _Mail | None
    array_alerts: str | Interpolated


def generate(inventory: Inventory, name: str) -> Iterator[Output]:
    """Make `upkeep.nix`."""
    host = inventory.hosts[name]
    upkeep = host.upkeep
    yield module(
        "upkeep",
        name,
        _View(
            pools=bool(host.storage.pools),
            arrays=bool(host.storage.arrays),
            scrub=upkeep.scrub,
            trim=upkeep.trim,
            smart=upkeep.smart,
            arc=f"zfs.zfs_arc_max={int(upkeep.arc_max)}" if upkeep.arc_max else None,
            mail=_mail(upkeep.alerts) if upkeep.alerts else None,
            array_alerts=_array_alerts(upkeep.alerts),
        ),
    )


def _mail(alerts: Alerts) -> _Mail:
    host, _, port = alerts.relay.rpartition(":")
    return _Mail(
        to=alerts.to,
        sender=alerts.sender,
        host=host,
        port=int(port),
        starttls=int(port) != _IMPLICIT_TLS,
        user=alerts.user,
        password=_print(alerts.password) if alerts.password else None,
    )


def _print(secret: Secret) -> Interpolated:
    """The command that prints a secret and ends its line, without which msmtp refuses it.

    `cat` would leave a file as it is (nixpkgs, programs/msmtp.nix: it "must end with a newline").
    """
    paste = call("lib.getExe'", Reference("pkgs.coreutils"), "paste")
    return interpolated(paste, f" {word(secret.path)}")


def _array_alerts(alerts: Alerts | None) -> str | Interpolated:
    """The lines of mdadm.conf without which mdadm's monitor does not start."""
    if alerts:
        return f"MAILADDR {alerts.to}\nMAILFROM {alerts.sender}\n"
    return interpolated("PROGRAM ", call("lib.getExe'", Reference("pkgs.util-linux"), "logger"))
