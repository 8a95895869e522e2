"""What must be true of access: sshd's settings, the operators' keys, who gets in and who does not."""

from collections.abc import Iterator

from sovereign.expectations.base import Expectation
from sovereign.expectations.file import File
from sovereign.expectations.origin import Origins
from sovereign.expectations.socket import Socket
from sovereign.expectations.standing import address_in, standing_in
from sovereign.expectations.unit import Unit
from sovereign.expectations.user import SshLogin, SshSetting, User
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory

_SETTINGS = {
    "permitrootlogin": "no",
    "passwordauthentication": "no",
    "kbdinteractiveauthentication": "no",
    "pubkeyauthentication": "yes",
    "requiredrsasize": "3072",
    # Keys stand in the configuration alone: nobody gives an account another by writing to its home.
    "authorizedkeysfile": "/etc/ssh/authorized_keys.d/%u",
}


def expect(inventory: Inventory, name: str) -> Iterator[Expectation]:
    """Say what must be true of access."""
    host = inventory.hosts[name]
    ssh, origin = host.access.ssh, Origins.of("access", inventory, name)
    port = inventory.fleet.ports[ssh.port].port
    yield Unit(**origin.own("access", "ssh"), name="sshd.service")
    yield Socket(
        **origin.own("access", "ssh", "listen"),
        protocol="tcp",
        port=port,
        addresses=tuple(map(str, ssh.listen)) or ("*",),
    )
    yield SshSetting(**origin.shared("ports", ssh.port, "port"), name="port", value=str(port))
    for setting, value in _SETTINGS.items():
        yield SshSetting(**origin.own("access", "ssh"), name=setting, value=value)
    allowed = " ".join(host.access.operators)
    yield SshSetting(**origin.own("access", "operators"), name="allowusers", value=allowed)
    host_keys = tuple(f"{ssh.host_keys}/ssh_host_{kind}_key" for kind in ("ed25519", "rsa"))
    yield SshSetting(
        **origin.own("access", "ssh", "host_keys"), name="hostkey", value=" ".join(host_keys)
    )
    for path in host_keys:
        yield File(
            **origin.own("access", "ssh", "host_keys"),
            path=path,
            kind="secret",
            owner="root",
            group="root",
            mode="0600",
        )
    yield from _users(inventory, host, origin)
    yield from _logins(inventory, host, origin, port)


def _users(inventory: Inventory, host: Host, origin: Origins) -> Iterator[User]:
    shares = host.samba.users if host.samba else {}
    for account in host.access.operators:
        operator = inventory.fleet.operators[account]
        yield User(
            **origin.shared("operators", account, "keys", *_only(len(operator.keys))),
            name=account,
            groups=(*(["wheel"] if operator.sudo else []), *(["smb"] if account in shares else [])),
            keys=operator.keys,
        )
    if "root" not in host.access.operators:
        yield User(**origin.own("access", "operators"), name="root")


def _logins(inventory: Inventory, host: Host, origin: Origins, port: int) -> Iterator[SshLogin]:
    others = [*(host.samba.users if host.samba else ()), *(["emily"] if host.emily else [])]
    for index, zone in standing_in(inventory.fleet, host, host.access.ssh.zones):
        address = address_in(inventory.fleet, host, zone)
        for account in host.access.operators:
            yield SshLogin(
                **origin.own("access", "ssh", "zones", index),
                source=zone,
                address=address,
                port=port,
                user=account,
                allowed=bool(inventory.fleet.operators[account].keys),
            )
        for account in dict.fromkeys(("root", *others)):
            if account not in host.access.operators:
                yield SshLogin(
                    **origin.own("access", "operators"),
                    source=zone,
                    address=address,
                    port=port,
                    user=account,
                    allowed=False,
                )


def _only(count: int) -> tuple[int, ...]:
    """The index of an only element; of several none is meant alone."""
    return (0,) if count == 1 else ()
