"""The root in memory: large enough, with the right mode, and what must outlive a boot does."""

from collections.abc import Iterator

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.host import Host
from sovereign.review.mounts import below, lasting, mounts, waits_for_persist
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.units import Size

_PRESERVATION = "https://github.com/nix-community/preservation"
_TMPFS = "https://docs.kernel.org/filesystems/tmpfs.html"
_DROP = "remove it here: it outlives a boot as it is"
_SMALLEST_ROOT = Size.parse("512MiB")
_STATE = {
    "/var/lib/nixos": "user and group ids are given out anew: files change their owners",
    "/var/lib/systemd": "timers, the random seed and encrypted credentials start anew",
}
_MACHINE_ID = "/etc/machine-id"
_PCRLOCK = "/var/lib/pcrlock.d"


def outlives(host: Host, path: str) -> bool:
    """Whether a file or folder is still there after a boot, once BOOT050 is mended."""
    kept = path in host.boot.persist.files or lasting(host, path) is not None
    return kept or waits_for_persist(host, path)


@host_rule(
    "BOOT050",
    Severity.ERROR,
    "What should outlive a boot is kept in memory",
    why="The root is in memory and empty at every boot. Preservation binds folders from"
    " boot.persist.at, which must lie on a dataset or an array that is mounted.",
    source=_PRESERVATION,
)
def persist_is_mounted(subject: Subject) -> Iterator[Hit]:
    """boot.persist.at lies on something that is on disk."""
    at = subject.host.boot.persist.at
    if not any(below(at, mount.path) for mount in mounts(subject.host)):
        yield Hit(
            ("boot", "persist", "at"),
            f"no dataset and no array is mounted at {at}",
            fix=f'write mount = "{at}" for a dataset',
        )


@host_rule(
    "BOOT051",
    Severity.ERROR,
    "The Nix store is kept in memory",
    why="Without a file system at /nix, the store is a folder of the root in memory: it is gone at the"
    " next boot, and with it the system.",
    source=_TMPFS,
)
def store_is_mounted(subject: Subject) -> Iterator[Hit]:
    """An array or a dataset is mounted at /nix."""
    if not any(mount.path == "/nix" for mount in mounts(subject.host)):
        yield Hit(("storage",), "nothing is mounted at /nix", fix='an array with mount = "/nix"')


@host_rule(
    "BOOT052",
    Severity.ERROR,
    "Secure Boot's keys do not outlive a boot",
    why="Lanzaboote signs every generation with the keys of boot.pki_bundle. When they are gone after"
    " a boot, the next switch fails, and keys made anew are not those that the firmware knows.",
    source="https://github.com/nix-community/lanzaboote/blob/v1.1.0/docs/getting-started/prepare-your-system.md",
)
def keys_outlive(subject: Subject) -> Iterator[Hit]:
    """boot.pki_bundle outlives a boot."""
    boot = subject.host.boot
    if boot.loader == "lanzaboote" and not outlives(subject.host, boot.pki_bundle):
        yield Hit(
            ("boot", "persist", "directories"),
            f"{boot.pki_bundle} is lost at every boot",
            fix=f'add "{boot.pki_bundle}"',
        )


@host_rule(
    "BOOT053",
    Severity.WARNING,
    "State of the system does not outlive a boot",
    why="NixOS remembers in /var/lib/nixos which account has which id; the machine id names a host's"
    " journal and its DHCP lease.",
    source=_PRESERVATION,
)
def state_outlives(subject: Subject) -> Iterator[Hit]:
    """Ids, the machine id, systemd's state and the policies of measured boot outlive a boot."""
    host = subject.host
    for folder, loss in _STATE.items():
        if not outlives(host, folder):
            yield Hit(
                ("boot", "persist", "directories"),
                f"{folder} is lost at every boot: {loss}",
                fix=f'add "{folder}"',
            )
    if not outlives(host, _MACHINE_ID):
        yield Hit(
            ("boot", "persist", "files"),
            f"{_MACHINE_ID} is lost at every boot: the journal starts anew",
            fix=f'add "{_MACHINE_ID}"',
        )
    if host.boot.measured and not outlives(host, _PCRLOCK):
        yield Hit(
            ("boot", "persist", "directories"),
            f"{_PCRLOCK} is lost at every boot: what measured boot foresees cannot be updated",
            fix=f'add "{_PCRLOCK}"',
        )


@host_rule(
    "BOOT056",
    Severity.ERROR,
    "What should outlive a boot would be bound over something else",
    why="Preservation mounts each folder from boot.persist.at in its place. A place has one mount:"
    " the root, what NixOS needs at its start, and a file system of its own cannot be bound over.",
    source=_PRESERVATION,
)
def binds_over(subject: Subject) -> Iterator[Hit]:
    """Find persisted paths that are the root or another mount's place, or hold boot.persist.at."""
    host = subject.host
    taken = {mount.path: mount for mount in mounts(host)}
    for at, path in _kept(host):
        mount = taken.get(path)
        if path == "/":
            yield Hit(at, "/ is the root itself", fix="the folders below it that matter")
        elif mount is not None:
            yield Hit(at, f"{mount.name} is mounted at {path}", fix=_DROP)
        elif below(host.boot.persist.at, path):
            yield Hit(
                at,
                f"{path} holds {host.boot.persist.at}, which it would be bound from",
                fix="the folders in it that matter",
            )


@host_rule(
    "BOOT057",
    Severity.NOTE,
    "A folder outlives a boot without being kept",
    why="What lies on a dataset or an array is on disk. Preservation would move it from there to"
    " boot.persist.at.",
    source=_PRESERVATION,
)
def kept_already(subject: Subject) -> Iterator[Hit]:
    """Find persisted paths that lie on a mount."""
    for at, path in _kept(subject.host):
        around = [m.path for m in mounts(subject.host) if m.path != path and below(path, m.path)]
        if around:
            yield Hit(at, f"{path} lies on {max(around, key=len)}, which is on disk", fix=_DROP)


def _kept(host: Host) -> Iterator[tuple[KeyPath, str]]:
    persist = host.boot.persist
    for key, paths in (("directories", persist.directories), ("files", persist.files)):
        for index, path in enumerate(paths):
            yield ("boot", "persist", key, index), path


@host_rule(
    "BOOT054",
    Severity.WARNING,
    "The root in memory is small",
    why="A switch, a journal in memory or an upload in /tmp fills it, and every service fails to"
    " write. It takes memory only as far as it is used.",
    source=_TMPFS,
)
def root_large_enough(subject: Subject) -> Iterator[Hit]:
    """512 MiB or more."""
    size = subject.host.boot.root.size
    if 0 < size < _SMALLEST_ROOT:
        yield Hit(("boot", "root", "size"), f"the root has {size.human_binary()}", fix='"2GiB"')


@host_rule(
    "BOOT055",
    Severity.ERROR,
    "The root has a mode with which nothing works",
    why="sshd and sudo refuse to work below a folder that others may write to, and no account other"
    " than root finds a file below one that others may not enter.",
    source="https://man.openbsd.org/sshd_config#StrictModes",
)
def root_mode(subject: Subject) -> Iterator[Hit]:
    """rwx for root, r-x or --x for others."""
    mode = subject.host.boot.root.mode
    owner, group, others = (int(digit) for digit in mode[-3:])
    if owner != 7 or (group | others) & 2 or not others & 1:
        yield Hit(("boot", "root", "mode"), f"the root has mode {mode}", fix='mode = "0755"')
