"""What must be true of the shares: who reaches them from where, encrypted, over several channels."""

from collections.abc import Iterator

from sovereign.expectations.base import Expectation
from sovereign.expectations.file import File
from sovereign.expectations.origin import Origins
from sovereign.expectations.smb import SmbChannels, SmbServer, SmbShare
from sovereign.expectations.socket import Socket
from sovereign.expectations.standing import address_in, addresses_in, standing_in
from sovereign.expectations.unit import Unit, UnitSetting
from sovereign.expectations.user import User
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.inventory.samba import Samba, Share

_LOOPBACK = ("127.0.0.1", "::1")
_SEVERAL = 2


def expect(inventory: Inventory, name: str) -> Iterator[Expectation]:
    """Say what must be true of the shares, if there are any."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    origin, samba = Origins.of("samba", inventory, name), host.samba
    if samba is None:
        return
    yield from _units(samba, origin)
    addresses = addresses_in(fleet, host, samba.zones)
    if addresses is not None:
        yield Socket(
            **origin.own("samba", "zones"),
            protocol="tcp",
            port=fleet.ports[samba.port].port,
            addresses=(*_LOOPBACK, *addresses),
        )
    yield SmbServer(
        **origin.own("samba", "multichannel"),
        addresses=addresses or (),
        multichannel=samba.multichannel,
        minimum_protocol="SMB3_11",
    )
    for user in samba.users:
        if user not in host.access.operators:
            yield User(**origin.own("samba", "users", user), name=user, groups=("smb",))
    yield from _folders(samba, origin)
    for _, zone in standing_in(fleet, host, samba.zones):
        place = (zone, address_in(fleet, host, zone))
        for share in samba.shares.items():
            yield _share(samba, origin, place, share)
            yield from _channels(inventory, host, origin, place, share)


def _units(samba: Samba, origin: Origins) -> Iterator[Expectation]:
    yield Unit(**origin.own("samba"), name="samba-smbd.service")
    yield UnitSetting(
        **origin.own("samba"), name="samba-smbd.service", setting="Restart", value="on-failure"
    )
    for absent in ("samba-nmbd.service", "samba-winbindd.service"):
        yield Unit(**origin.own("samba"), name=absent, state="absent")
    if samba.users:
        yield Unit(**origin.own("samba", "users"), name="samba-users.service", state="exited")


def _folders(samba: Samba, origin: Origins) -> Iterator[File]:
    seen: set[str] = set()
    for share, described in samba.shares.items():
        if not described.read_only and described.path not in seen:
            seen.add(described.path)
            yield File(
                **origin.own("samba", "shares", share, "path"),
                path=described.path,
                kind="directory",
                owner="root",
                group="smb",
                mode="2770",
            )


def _share(
    samba: Samba, origin: Origins, place: tuple[str, str], share: tuple[str, Share]
) -> SmbShare:
    name, described = share
    return SmbShare(
        **origin.own("samba", "shares", name),
        source=place[0],
        address=place[1],
        share=name,
        users=described.users,
        read_only=described.read_only,
        encrypted="required" in (samba.encryption, described.encryption),
    )


def _channels(
    inventory: Inventory,
    host: Host,
    origin: Origins,
    place: tuple[str, str],
    share: tuple[str, Share],
) -> Iterator[SmbChannels]:
    """Several, unless the inventory counts on more. A server that requires encryption gives one."""
    (zone, address), (name, described) = place, share
    samba = host.samba
    if samba is None or not samba.multichannel or samba.encryption == "required":
        return
    key, at_least = origin.own("samba", "multichannel"), _SEVERAL
    counted_on = host.expect.shares.get(name)
    if counted_on is not None and counted_on.channels > _SEVERAL:
        through = counted_on.tunnel
        if through is None or inventory.fleet.tunnels[through].zone == zone:
            key = origin.own("expect", "shares", name, "channels")
            at_least = counted_on.channels
    for user in described.users[:1]:
        yield SmbChannels(
            **key, source=zone, address=address, share=name, user=user, at_least=at_least
        )
