"""What must be true of secrets: that they are there, whose they are, and who may read them."""

from collections.abc import Iterator

from sovereign.expectations.base import Expectation
from sovereign.expectations.file import File
from sovereign.expectations.origin import Origin, Origins
from sovereign.inventory.load import Inventory
from sovereign.inventory.secrets import own_secrets, secrets


def expect(inventory: Inventory, name: str) -> Iterator[Expectation]:
    """Say what must be true of the files that hold secrets."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    origin = Origins.of("secrets", inventory, name)
    asked: dict[str, Origin] = {}
    for key, secret in own_secrets(host):
        asked[secret.path] = origin.own(*key)
    for tunnel, end in host.network.tunnels.items():
        for peer in end.peers:
            shared = fleet.tunnels[tunnel].peers[peer].preshared_key
            if shared is not None:
                key = ("tunnels", tunnel, "peers", peer, "preshared_key")
                asked[shared.path] = origin.shared(*key)
    for secret in secrets(fleet, host):
        yield File(
            **asked[secret.path],
            path=secret.path,
            kind="secret",
            owner=secret.owner,
            group="root",
            mode=secret.mode,
        )
