"""SMB shares: who gets in, what is encrypted, and whether the folder is there."""

from collections.abc import Iterator

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.samba import Samba, Share
from sovereign.review.mounts import lasting
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.review.zones import public

_MANUAL = "https://www.samba.org/samba/docs/current/man-html/smb.conf.5.html"
_WINDOWS_PORT = 445


def _shares(subject: Subject) -> Iterator[tuple[KeyPath, str, Share, Samba]]:
    if subject.host.samba is not None:
        for name, share in subject.host.samba.shares.items():
            yield ("samba", "shares", name), name, share, subject.host.samba


@host_rule(
    "SMB001",
    Severity.ERROR,
    "A share is open to guests",
    why='"guest ok" lets everybody who reaches the port in without a password: what guests can read'
    " and write belongs to the whole network.",
    source=f"{_MANUAL}#GUESTOK",
)
def open_to_guests(subject: Subject) -> Iterator[Hit]:
    """Find shares with guest access."""
    for at, name, _, samba in ((a, n, s, m) for a, n, s, m in _shares(subject) if s.guest):
        yield Hit(
            (*at, "guest"),
            f'share "{name}" lets anybody in without a password',
            f"everybody in the zones {', '.join(samba.zones)} could use it",
            "guest = false, and name its users",
        )


@host_rule(
    "SMB002",
    Severity.WARNING,
    "Encryption for the whole server turns multichannel off",
    why='Measured with Linux clients: with "server smb encrypt = required" for the whole server a'
    " session silently stays at one channel. Required per share, with desired for the server, it"
    " keeps its channels, all of them encrypted.",
    source=f"{_MANUAL}#SERVERSMBENCRYPT",
)
def encryption_drops_channels(subject: Subject) -> Iterator[Hit]:
    """Find multichannel beside encryption that is required for the whole server."""
    samba = subject.host.samba
    if samba and samba.multichannel and samba.encryption == "required":
        yield Hit(
            ("samba", "encryption"),
            "encryption required for the whole server silently drops multichannel to one channel",
            "required per share keeps the channels, and encrypts the same data",
            'encryption = "desired" here, and encryption = "required" on each share',
        )


@host_rule(
    "SMB003",
    Severity.WARNING,
    "A share may be used without encryption",
    why='With "off" or "desired" a client that asks for no encryption gets none, and the files'
    " cross the network in the clear.",
    source=f"{_MANUAL}#SERVERSMBENCRYPT",
)
def unencrypted(subject: Subject) -> Iterator[Hit]:
    """Find shares that a client may use in the clear."""
    for at, name, share, samba in _shares(subject):
        if "required" not in {share.encryption, samba.encryption}:
            yield Hit(
                (*at, "encryption"),
                f'share "{name}" may be used without encryption',
                f"it can be reached from the zones {', '.join(samba.zones)}",
                'encryption = "required"',
            )


@host_rule(
    "SMB004",
    Severity.ERROR,
    "A share requires the encryption that the server turns off",
    why="Off for the whole server disables encryption altogether; a share that requires it then"
    " refuses every client.",
    source=f"{_MANUAL}#SERVERSMBENCRYPT",
)
def encryption_is_off(subject: Subject) -> Iterator[Hit]:
    """Find shares whose encryption is off for the whole server."""
    for at, name, share, samba in _shares(subject):
        if share.encryption == "required" and samba.encryption == "off":
            yield Hit(
                ("samba", "encryption")
                if "encryption" not in share.model_fields_set
                else (*at, "encryption"),
                f'share "{name}" requires encryption, which is off for the whole server',
                "every client would be refused",
                'samba.encryption = "desired"',
            )


@host_rule(
    "SMB005",
    Severity.ERROR,
    "A share's folder does not outlive a boot",
    why="The root file system is in memory and empty at every boot. What is written to a folder that"
    " no dataset, pool, array or persisted directory holds takes memory, and is lost.",
    source="https://github.com/nix-community/preservation",
)
def folder_is_lost(subject: Subject) -> Iterator[Hit]:
    """Find shares whose path lies on the root in memory."""
    for at, name, share, _ in _shares(subject):
        if lasting(subject.host, share.path) is None:
            yield Hit(
                (*at, "path"),
                f'"{share.path}" of share "{name}" is on the root in memory',
                "no dataset, pool, array or persisted directory holds it",
                "mount a dataset there, or share a folder below one",
            )


@host_rule(
    "SMB006",
    Severity.ERROR,
    "A share lists no users",
    why='To Samba an empty "valid users" is no list at all: it lets in every user of the server.'
    " The inventory would read as if nobody could use the share.",
    source=f"{_MANUAL}#VALIDUSERS",
)
def no_users(subject: Subject) -> Iterator[Hit]:
    """Find shares that list no users."""
    for at, name, share, samba in _shares(subject):
        if not share.users:
            yield Hit(
                (*at, "users"),
                f'share "{name}" lists no users, which to Samba means all of them',
                f"users of this server: {', '.join(samba.users) or 'none'}",
                "name its users, or remove the share",
            )


@host_rule(
    "SMB007",
    Severity.ERROR,
    "Two shares have the same drive letter",
    why="A Windows client gives a letter to one share; mapping the second one fails.",
    source="https://learn.microsoft.com/en-us/powershell/module/smbshare/new-smbmapping",
)
def same_letter(subject: Subject) -> Iterator[Hit]:
    """Find drive letters that two shares of a host claim."""
    owners: dict[str, str] = {}
    for at, name, share, _ in _shares(subject):
        if share.drive is None:
            continue
        first = owners.setdefault(share.drive, name)
        if first != name:
            taken = {s.drive for _, _, s, _ in _shares(subject)}
            free = next(letter for letter in "ZYXWVUTSRQPONMLKJIHGFED" if letter not in taken)
            yield Hit(
                (*at, "drive"),
                f'the shares "{first}" and "{name}" both want drive {share.drive}:',
                fix=f'drive = "{free}"',
            )


@host_rule(
    "SMB008",
    Severity.ERROR,
    "The SMB server is open to the internet",
    why="SMB on a public address is attacked within minutes, and a wrong password is all that stands"
    " before the files.",
    source="https://learn.microsoft.com/en-us/windows-server/storage/file-server/smb-secure-traffic",
)
def open_to_the_internet(subject: Subject) -> Iterator[Hit]:
    """Find zones without a prefix among those that may connect."""
    samba = subject.host.samba
    for index, zone in enumerate(samba.zones if samba else ()):
        if public(subject.fleet, zone):
            yield Hit(
                ("samba", "zones", index),
                f'everybody on the internet reaches the SMB server through zone "{zone}"',
                f'zone "{zone}" has no prefix: whoever has an address is in it',
                "remove the zone, and let clients come through a tunnel",
            )


@host_rule(
    "SMB009",
    Severity.WARNING,
    "The SMB server is not on port 445",
    why="Windows connects to port 445 and, before Windows 11 24H2, to no other.",
    source="https://learn.microsoft.com/en-us/windows-server/storage/file-server/smb-ports",
)
def other_port(subject: Subject) -> Iterator[Hit]:
    """Find an SMB server on another port than 445."""
    samba = subject.host.samba
    if samba and (port := subject.fleet.ports[samba.port].port) != _WINDOWS_PORT:
        yield Hit(
            ("samba", "port"),
            f"the SMB server listens on port {port}, Windows connects to {_WINDOWS_PORT}",
            f'port "{samba.port}" of the ledger is {port}',
            f"give the ledger a port {_WINDOWS_PORT} and name it here",
        )


@host_rule(
    "SMB010",
    Severity.NOTE,
    "An SMB user is no operator of the host",
    why="Samba maps each of its users to a Unix account of the same name. For a user who does not"
    " log in here, that is an account without a shell.",
    source=f"{_MANUAL}#PASSDBBACKEND",
)
def account_of_its_own(subject: Subject) -> Iterator[Hit]:
    """Find SMB users that are no operators of the host."""
    samba = subject.host.samba
    for user in samba.users if samba else ():
        if user not in subject.host.access.operators:
            yield Hit(
                ("samba", "users", user),
                f'"{user}" is no operator here and becomes an account without a shell',
                f"operators of this host: {', '.join(subject.host.access.operators) or 'none'}",
                fix="nothing, if that is meant; else add them to access.operators",
            )
