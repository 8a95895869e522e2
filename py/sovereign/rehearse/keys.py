"""Keys of the rehearsal's own: nobody here has the private halves of those that the inventory names.

Each public key of the inventory is replaced, wherever it stands in the generated files, by one whose
private half is known; passwords and tokens are made up.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sovereign.inventory.load import Inventory
from sovereign.inventory.secrets import secrets as secrets_of
from sovereign.rehearse.surroundings import Surroundings
from sovereign.run import run

_WG = "/usr/bin/wg"
"""In a root of Debian; this machine's PATH may not lead there."""


@dataclass(frozen=True, slots=True)
class Keys:
    """`replaced`: public key → one of ours. `private`: our public WireGuard key → its private half.

    `secrets`: path on the host → content. `credentials`: what the suite may know, by its file name.
    """

    replaced: Mapping[str, str] = field(repr=False)
    private: Mapping[str, str] = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)
    credentials: Mapping[str, str] = field(repr=False)

    def substitute(self, text: str) -> str:
        """Return a text with our public keys in place of the inventory's."""
        for theirs, ours in self.replaced.items():
            text = text.replace(theirs, ours)
        return text

    def leave_credentials(self, folder: Path) -> Path:
        """Write what the suite may know, a file each that only root can read; return the folder."""
        for name, content in self.credentials.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(content, "utf-8")
        return folder


NO_KEYS = Keys({}, {}, {}, {})
"""Nothing is replaced: for who only reads."""


def make_keys(inventory: Inventory, around: Surroundings, root: Path, folder: Path) -> Keys:
    """Make them with the programs of `root`; `folder` is empty, private, and holds them for a moment."""
    host = inventory.hosts[around.host]
    replaced: dict[str, str] = {}
    private: dict[str, str] = {}
    for end in host.network.tunnels.values():
        _wireguard(root, str(end.public_key), replaced, private)
    for far in around.far_ends:
        _wireguard(root, far.public_key, replaced, private)
    credentials = dict(_operators(inventory, host.access.operators, folder, replaced))
    content = {
        secret.path: secrets.token_urlsafe(18) for secret in secrets_of(inventory.fleet, host)
    }
    for end in host.network.tunnels.values():
        content[end.private_key.path] = private[replaced[str(end.public_key)]]
    for far in around.far_ends:
        if far.preshared_key is not None:
            content[far.preshared_key.path] = run(("chroot", root, _WG, "genpsk")).out.strip()
    credentials |= _passwords(inventory, around.host, content)
    return Keys(replaced, private, content, credentials)


def _wireguard(
    root: Path, public_key: str, replaced: dict[str, str], private: dict[str, str]
) -> None:
    if public_key in replaced:
        return
    secret = run(("chroot", root, _WG, "genkey")).out.strip()
    ours = run(("chroot", root, _WG, "pubkey"), stdin=secret).out.strip()
    replaced[public_key], private[ours] = ours, secret


def _operators(
    inventory: Inventory, operators: tuple[str, ...], folder: Path, replaced: dict[str, str]
) -> Iterator[tuple[str, str]]:
    for operator in operators:
        for number, theirs in enumerate(inventory.fleet.operators[operator].keys):
            file = folder / f"{operator}-{number}"
            run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file))
            kind, ours = file.with_suffix(".pub").read_text("utf-8").split()[:2]
            replaced[" ".join(str(theirs).split()[:2])] = f"{kind} {ours}"
            if number == 0:
                yield f"ssh/{operator}", file.read_text("utf-8")


def _passwords(
    inventory: Inventory, name: str, content: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    host = inventory.hosts[name]
    for user, described in host.samba.users.items() if host.samba else ():
        yield f"samba/{user}", content[described.password.path]
    for role, account in host.database.users.items() if host.database else ():
        if account.password is not None:
            yield f"postgresql/{role}", content[account.password.path]
    if host.emily and host.emily.token is not None:
        yield "emily/token", content[host.emily.token.path]
