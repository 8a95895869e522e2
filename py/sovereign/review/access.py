"""Who may log in: operators, their keys, and the secrets that a host needs after a boot."""

import base64
from collections.abc import Iterator

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.inventory.locate import dotted
from sovereign.inventory.secrets import own_secrets
from sovereign.inventory.topology import links
from sovereign.review.mounts import below, lasting, waits_for_persist
from sovereign.review.rule import Hit, Subject, fleet_rule, host_rule
from sovereign.review.zones import public

RSA_BITS = 3072
"""The least length of an RSA key that is as strong as 128 bits (NIST SP 800-57)."""

_NIST = "https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-57pt1r5.pdf"
_SSHD = "https://man.openbsd.org/sshd_config"
_SYSTEM_ACCOUNTS = frozenset(
    {"root", "nobody", "messagebus", "sshd", "polkituser", "nscd", "postgres", "avahi"}
)


def rsa_bits(key: str) -> int | None:
    """Bits of an ssh-rsa key's modulus (RFC 4253, 6.6); None for a key of another kind."""
    kind, blob = key.split(" ")[:2]
    if kind != "ssh-rsa":
        return None
    rest = base64.b64decode(blob)
    fields: list[bytes] = []
    while len(rest) >= 4:
        length = int.from_bytes(rest[:4], "big")
        fields.append(rest[4 : 4 + length])
        rest = rest[4 + length :]
    return int.from_bytes(fields[2], "big").bit_length() if len(fields) > 2 else 0


_ED25519_BYTES = 32
_PRINTABLE = range(0x20, 0x7F)


def usable(key: str) -> bool:
    """Whether a public key is strong enough to be let in by."""
    bits = rsa_bits(key)
    return bits is None or bits >= RSA_BITS


@fleet_rule(
    "ACC001",
    Severity.WARNING,
    "An operator's key is too short",
    why="An RSA key of less than 3072 bits gives less than the 128 bits of security that NIST asks for"
    " beyond 2030. The review does not count it as a way in.",
    source=_NIST,
)
def short_key(inventory: Inventory) -> Iterator[Hit]:
    """Find RSA keys that are too short."""
    for name, operator in inventory.fleet.operators.items():
        for index, key in enumerate(operator.keys):
            if not usable(key):
                yield Hit(
                    ("operators", name, "keys", index),
                    f'an RSA key of "{name}" has {rsa_bits(key)} bits',
                    f"{rsa_bits(key)} < {RSA_BITS}",
                    "ssh-keygen -t ed25519, and here the line of its .pub file",
                )


@fleet_rule(
    "ACC011",
    Severity.ERROR,
    "An operator's key is an example",
    why="The key decodes to a readable text. No key that was made at random does, so nobody has the"
    " private half of this one, and nobody gets in with it.",
    source="https://www.rfc-editor.org/rfc/rfc8709#section-4",
)
def example_key(inventory: Inventory) -> Iterator[Hit]:
    """Find Ed25519 keys that spell something."""
    for name, operator in inventory.fleet.operators.items():
        for index, key in enumerate(operator.keys):
            raw = base64.b64decode(key.split(" ")[1])[-_ED25519_BYTES:]
            if all(byte in _PRINTABLE for byte in raw):
                yield Hit(
                    ("operators", name, "keys", index),
                    f'the key of "{name}" is an example',
                    f"it spells: {raw.decode()}",
                    "the line of your own ~/.ssh/id_ed25519.pub; ssh-keygen -t ed25519 makes one",
                )


@fleet_rule(
    "ACC002",
    Severity.WARNING,
    "Two operators have the same key",
    why="A key that two people use does not tell which of them was there, and cannot be taken from"
    " one of them.",
    source=_SSHD,
)
def same_key(inventory: Inventory) -> Iterator[Hit]:
    """Find keys that several operators have."""
    owners: dict[str, str] = {}
    for name, operator in inventory.fleet.operators.items():
        for index, key in enumerate(operator.keys):
            first = owners.setdefault(" ".join(key.split(" ")[:2]), name)
            if first != name:
                yield Hit(
                    ("operators", name, "keys", index),
                    f'"{first}" and "{name}" have the same key',
                    fix="a key for each person",
                )


@fleet_rule(
    "ACC003",
    Severity.ERROR,
    "An operator has the name of a system account",
    why="NixOS has this account already. What is generated for the operator would change it.",
    source="https://nixos.org/manual/nixos/stable/#sec-user-management",
)
def system_account(inventory: Inventory) -> Iterator[Hit]:
    """Find operators that are called like an account of the system."""
    for name in inventory.fleet.operators:
        if name in _SYSTEM_ACCOUNTS or name.startswith(("systemd-", "nixbld")):
            yield Hit(
                ("operators", name),
                f'"{name}" is an account of the system',
                fix="a name of its own",
            )


@host_rule(
    "ACC004",
    Severity.WARNING,
    "No operator may administer the host",
    why="Root has no password and no key. Without an operator who has sudo nobody can change the"
    " host.",
    source="https://nixos.org/manual/nixos/stable/#sec-user-management",
)
def nobody_is_root(subject: Subject) -> Iterator[Hit]:
    """Find hosts none of whose operators has sudo."""
    operators = subject.host.access.operators
    if operators and not any(subject.fleet.operators[name].sudo for name in operators):
        yield Hit(
            ("access", "operators"),
            "none of the operators has sudo",
            f"{', '.join(operators)}: sudo = false",
            "sudo = true for one of them in fleet.toml",
        )


@host_rule(
    "ACC005",
    Severity.WARNING,
    "SSH is open to the internet",
    why="Keys alone withstand guessing, not the next flaw in sshd. Behind a tunnel nobody sees the"
    " port.",
    source="https://www.openssh.com/security.html",
)
def ssh_from_the_internet(subject: Subject) -> Iterator[Hit]:
    """Find zones without a prefix among those that may connect to sshd."""
    for index, zone in enumerate(subject.host.access.ssh.zones):
        if public(subject.fleet, zone):
            yield Hit(
                ("access", "ssh", "zones", index),
                f'everybody on the internet reaches sshd through zone "{zone}"',
                f'zone "{zone}" has no prefix: whoever has an address is in it',
                "remove the zone, and come in through a tunnel",
            )


@host_rule(
    "ACC006",
    Severity.WARNING,
    "sshd listens on an address that the host does not have",
    why="sshd cannot bind such an address: it goes on without it, and ends when it has no other.",
    source=f"{_SSHD}#ListenAddress",
)
def foreign_listen_address(subject: Subject) -> Iterator[Hit]:
    """Find addresses in access.ssh.listen that are none of the host's own."""
    own = {link.address.ip for link in links(subject.fleet, subject.host) if link.address}
    for index, address in enumerate(subject.host.access.ssh.listen):
        if address not in own:
            yield Hit(
                ("access", "ssh", "listen", index),
                f"no interface of the host has the address {address}",
                f"its addresses: {', '.join(sorted(map(str, own))) or 'by DHCP only'}",
                "one of them, or no listen at all: the firewall decides by zone",
            )


@host_rule(
    "ACC007",
    Severity.ERROR,
    "The host's SSH keys do not outlive a boot",
    why="The root file system is in memory and empty at every boot. sshd would make new keys each"
    " time, and every client would warn of an attack.",
    source="https://github.com/nix-community/preservation",
)
def host_keys_are_lost(subject: Subject) -> Iterator[Hit]:
    """Find host keys on the root in memory."""
    folder = subject.host.access.ssh.host_keys
    if _lost(subject.host, folder):
        yield Hit(
            ("access", "ssh", "host_keys"),
            f"{folder} is on the root in memory",
            "no dataset, pool, array or persisted directory holds it",
            f'host_keys = "{subject.host.boot.persist.at}/etc/ssh"',
        )


@host_rule(
    "ACC008",
    Severity.WARNING,
    "A secret does not outlive a boot",
    why="The root file system is in memory and empty at every boot. A secret that is laid there by"
    " hand is gone then, and what needs it does not start. Below /run it is made anew by a tool.",
    source="https://systemd.io/CREDENTIALS/",
)
def secret_is_lost(subject: Subject) -> Iterator[Hit]:
    """Find secrets on the root in memory."""
    for at, secret in own_secrets(subject.host):
        if not below(secret.path, "/run") and _lost(subject.host, secret.path):
            yield Hit(
                (*at, "path"),
                f"{secret.path} is on the root in memory",
                "no dataset, pool, array or persisted directory holds it",
                f'path = "{subject.host.boot.persist.at}/secrets/…"',
            )


@host_rule(
    "ACC009",
    Severity.WARNING,
    "A trusted user of Nix has no sudo",
    why="A user whom the Nix daemon trusts can have it build and run anything as root: that is root"
    " by another name.",
    source="https://nix.dev/manual/nix/latest/command-ref/conf-file#conf-trusted-users",
)
def trusted_by_nix(subject: Subject) -> Iterator[Hit]:
    """Find trusted users of Nix who have no sudo."""
    for index, user in enumerate(subject.host.system.nix.trusted_users):
        if not subject.fleet.operators[user].sudo:
            yield Hit(
                ("system", "nix", "trusted_users", index),
                f'"{user}" is trusted by Nix and has no sudo',
                "trusted by Nix is as much as root",
                "remove it here, or sudo = true in fleet.toml",
            )


@host_rule(
    "ACC010",
    Severity.WARNING,
    "Two secrets are in one file",
    why="A file holds one secret. Two ends of tunnels with different public keys cannot have the same"
    " private one, and a password for two services is lost for both when one of them loses it.",
    source="https://systemd.io/CREDENTIALS/",
)
def shared_secret(subject: Subject) -> Iterator[Hit]:
    """Find paths that several secrets of a host name."""
    first: dict[str, KeyPath] = {}
    for at, secret in own_secrets(subject.host):
        other = first.setdefault(secret.path, at)
        if other != at:
            yield Hit(
                (*at, "path"),
                f"{secret.path} is the secret of {dotted(other)} too",
                fix="a file for each",
            )


def _lost(host: Host, path: str) -> bool:
    return lasting(host, path) is None and not waits_for_persist(host, path)
