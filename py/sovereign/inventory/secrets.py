"""All secrets of a host, wherever its file or fleet.toml names them."""

from collections.abc import Iterator

from sovereign.diagnostics import KeyPath
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.secret import Secret


def own_secrets(host: Host) -> Iterator[tuple[KeyPath, Secret]]:
    """The secrets that a host's file names, each with its key."""
    for name, end in host.network.tunnels.items():
        yield ("network", "tunnels", name, "private_key"), end.private_key
    for name, user in host.samba.users.items() if host.samba else ():
        yield ("samba", "users", name, "password"), user.password
    for name, role in host.database.users.items() if host.database else ():
        if role.password is not None:
            yield ("database", "users", name, "password"), role.password
    if host.emily and host.emily.token is not None:
        yield ("emily", "token"), host.emily.token
    alerts = host.upkeep.alerts
    if alerts and alerts.password is not None:
        yield ("upkeep", "alerts", "password"), alerts.password


def secrets(fleet: Fleet, host: Host) -> tuple[Secret, ...]:
    """The secrets that must lie on a host, one for each path, in the order of their paths."""
    found = {secret.path: secret for _, secret in own_secrets(host)}
    for tunnel, end in host.network.tunnels.items():
        peers = fleet.tunnels[tunnel].peers
        shared = (peers[name].preshared_key for name in end.peers)
        found |= {secret.path: secret for secret in shared if secret is not None}
    return tuple(found[path] for path in sorted(found))
