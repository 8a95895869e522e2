"""What must be true of Emily: her units and what confines them, her bus, and who may ask her."""

from collections.abc import Iterator
from typing import Literal

from sovereign.expectations.base import Expectation
from sovereign.expectations.confinement import Confinement
from sovereign.expectations.file import File
from sovereign.expectations.http import Http
from sovereign.expectations.origin import Origins
from sovereign.expectations.socket import Socket
from sovereign.expectations.standing import address_in, standing_in
from sovereign.expectations.unit import Unit, UnitSetting
from sovereign.expectations.user import User
from sovereign.inventory.emily import Emily
from sovereign.inventory.load import Inventory
from sovereign.inventory.topology import networks_of

_LOOPBACK, _EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - the firewall says who gets that far

_ITSELF = "127.0.0.0/8 ::1/128"
"""What systemd calls `localhost`."""

_FOLDER = "/var/lib/emily"

_UNITS = ("router", "instinct", "nervous", "metabolism", "cognition", "api")

_SETTINGS = {
    "User": "emily",
    "Group": "emily",
    "Type": "notify",
    "NotifyAccess": "main",
    "Restart": "on-failure",
    "RestartUSec": "1s",
    "StartLimitIntervalUSec": "1min",
    "StartLimitBurst": "10",
    "TimeoutStopUSec": "10s",
    "UMask": "0077",
    "StateDirectory": "emily",
    "StateDirectoryMode": "0700",
    "TasksMax": "256",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "NoNewPrivileges": "yes",
    "PrivateUsers": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "DevicePolicy": "closed",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "ProtectProc": "invisible",
    "ProcSubset": "pid",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "RemoveIPC": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "IPAddressDeny": "0.0.0.0/0 ::/0",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "1",
}
"""As `systemctl show` prints them."""

_USUAL = {"WatchdogUSec": "15s", "CPUSchedulingPolicy": "0"}

_OF_ONE = {
    "instinct": {"WatchdogUSec": "5s", "CPUSchedulingPolicy": "2", "CPUSchedulingPriority": "10"},
}
"""A reflex waits for no other program: round robin (SCHED_RR is 2); the others do (SCHED_OTHER)."""

_WEIGHTS = {
    "instinct": "1000",
    "router": "500",
    "nervous": "500",
    "metabolism": "100",
    "cognition": "100",
    "api": "100",
}
"""Of the processors' time, where the units want more than there is."""

_TRIES: tuple[tuple[Literal["right", "wrong", "none"], int], ...] = (
    ("right", 200),
    ("wrong", 401),
    ("none", 401),
)

_STATE = "/api/v1/state"
"""It tells of the whole loop: only who has the token may ask."""


def expect(inventory: Inventory, name: str) -> Iterator[Expectation]:
    """Say what must be true of Emily, if the host runs her."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    origin, emily = Origins.of("emily", inventory, name), host.emily
    if emily is None:
        return
    port = fleet.ports[emily.port].port
    yield Unit(**origin.own("emily"), name="emily.target")
    for part in _UNITS:
        yield from _unit(origin, emily, part)
    yield _api_networks(inventory, name, origin, emily)
    yield User(**origin.own("emily"), name="emily", groups=("emily",))
    yield File(
        **origin.own("emily"),
        path=_FOLDER,
        kind="directory",
        owner="emily",
        group="emily",
        mode="0700",
    )
    yield Socket(
        **origin.own("emily", "bus"),
        protocol="tcp",
        port=fleet.ports[emily.bus].port,
        addresses=(_LOOPBACK,),
    )
    yield Socket(
        **origin.own("emily", "zones"),
        protocol="tcp",
        port=port,
        addresses=(_EVERYWHERE if emily.zones else _LOOPBACK,),
    )
    yield from _answers(origin, emily, "inside", _LOOPBACK, port)
    for _, zone in standing_in(fleet, host, emily.zones):
        yield from _answers(origin, emily, zone, address_in(fleet, host, zone), port)


def _unit(origin: Origins, emily: Emily, part: str) -> Iterator[Expectation]:
    name, key = f"emily-{part}.service", origin.own("emily")
    yield Unit(**key, name=name)
    yield UnitSetting(
        **origin.own("emily", "memory_max"),
        name=name,
        setting="MemoryMax",
        value=str(int(emily.memory_max)),
    )
    yield Confinement(**key, unit=name, writable=(_FOLDER,))
    settings = {**_SETTINGS, "CPUWeight": _WEIGHTS[part], **_OF_ONE.get(part, _USUAL)}
    for setting, value in settings.items():
        yield UnitSetting(**key, name=name, setting=setting, value=value)
    if part != "api":
        # Nobody beyond the host reaches a tier, nor a tier anybody.
        yield UnitSetting(**key, name=name, setting="IPAddressAllow", value=_ITSELF)


def _api_networks(inventory: Inventory, name: str, origin: Origins, emily: Emily) -> UnitSetting:
    """The API hears this host and the zones that may call it; where a zone has no prefix, everybody."""
    networks = networks_of(inventory, name, emily.zones)
    beyond = ["0.0.0.0/0", "::/0"] if networks is None else list(map(str, networks))
    return UnitSetting(
        **origin.own("emily", "zones"),
        name="emily-api.service",
        setting="IPAddressAllow",
        value=" ".join([_ITSELF, *beyond]),
    )


def _answers(origin: Origins, emily: Emily, source: str, address: str, port: int) -> Iterator[Http]:
    """Whether she is well is told to all who reach her, the rest to those who have the token."""
    index = emily.zones.index(source) if source in emily.zones else None
    key = origin.own("emily", "zones", *([] if index is None else [index]))
    yield Http(
        **key,
        source=source,
        address=address,
        port=port,
        path="/ready",
        status=200,
        contains="healthy",
    )
    if emily.token is None:
        yield Http(**key, source=source, address=address, port=port, path=_STATE, status=200)
        return
    for credential, status in _TRIES:
        yield Http(
            **origin.own("emily", "token"),
            source=source,
            address=address,
            port=port,
            path=_STATE,
            credential=credential,
            status=status,
        )
