"""Where file systems are mounted: one at a place, none over another, none in the wrong tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.host import Host
from sovereign.review.mounts import below
from sovereign.review.rule import Hit, Subject, host_rule

_FHS = "https://refspecs.linuxfoundation.org/FHS_3.0/fhs/index.html"
_WHOLE_TREES = ("/dev", "/nix/store", "/proc", "/run", "/sys")
_FOLDERS = ("/bin", "/etc", "/usr", "/usr/bin", "/var/empty")


@dataclass(frozen=True, slots=True)
class _Mounted:
    at: KeyPath
    path: str
    what: str
    pool: str | None = None


@host_rule(
    "STO040",
    Severity.ERROR,
    "Two file systems are mounted at one place",
    why="The second mount hides the first one, with everything in it.",
    source="https://man7.org/linux/man-pages/man8/mount.8.html",
)
def one_at_a_place(subject: Subject) -> Iterator[Hit]:
    """Each mount point once, "/" being the root in memory."""
    seen = {"/": "the root in memory"}
    for mounted in _mounts(subject.host):
        first = seen.setdefault(mounted.path, mounted.what)
        if first != mounted.what:
            yield Hit(
                mounted.at,
                f"{mounted.what} and {first} are both mounted at {mounted.path}",
                fix="a place of its own for each",
            )


@host_rule(
    "STO041",
    Severity.ERROR,
    "A file system hides a part of the system",
    why="The kernel's own trees, the Nix store and what NixOS links at every start must not be mounted"
    " over: what lies under the mount is still there and out of reach.",
    source=_FHS,
)
def hides_nothing(subject: Subject) -> Iterator[Hit]:
    """Nothing on the kernel's trees, on the store, in an ESP."""
    esps = [esp.mount for esp in subject.host.boot.esps if esp.mount != "/"]
    for mounted in _mounts(subject.host):
        trees = _WHOLE_TREES if mounted.path in esps else (*_WHOLE_TREES, *esps)
        tree = next((path for path in trees if below(mounted.path, path)), None)
        if tree or mounted.path in _FOLDERS:
            hidden = tree or mounted.path
            yield Hit(
                mounted.at,
                f"{mounted.what} at {mounted.path} hides {hidden}",
                fix="mount it somewhere else, like /srv",
            )


@host_rule(
    "STO042",
    Severity.WARNING,
    "A file system is mounted in the tree of a pool that is not mounted there",
    why="The folder around the mount point then belongs to the root in memory: what is written beside"
    " it is lost at the next start and takes memory until then.",
    source="https://openzfs.github.io/openzfs-docs/man/master/7/zfsprops.7.html#mountpoint",
)
def inside_its_pool(subject: Subject) -> Iterator[Hit]:
    """A mount below /<pool> belongs to that pool, and the pool is mounted there."""
    pools = subject.host.storage.pools
    for mounted in _mounts(subject.host):
        top = mounted.path.split("/")[1]
        if top not in pools or mounted.path == f"/{top}":
            continue
        if pools[top].mount != f"/{top}":
            yield Hit(
                mounted.at,
                f"{mounted.path} lies in /{top}, where pool {top} is not mounted",
                fix=f'mount = "/{top}" for the pool',
            )
        elif mounted.pool != top:
            yield Hit(
                mounted.at,
                f"{mounted.what} is mounted in the tree of pool {top}",
                fix=f"mount it outside /{top}, or make it a dataset of {top}",
            )


@lru_cache(maxsize=8)
def _mounts(host: Host) -> tuple[_Mounted, ...]:
    return tuple(_each_mount(host))


def _each_mount(host: Host) -> Iterator[_Mounted]:
    for index, esp in enumerate(host.boot.esps):
        yield _Mounted(("boot", "esps", index, "mount"), esp.mount, f"ESP {esp.partition}")
    for name, array in host.storage.arrays.items():
        yield _Mounted(("storage", "arrays", name, "mount"), array.mount, f"array {name}")
    for name, pool in host.storage.pools.items():
        at: KeyPath = ("storage", "pools", name)
        if pool.mount:
            yield _Mounted((*at, "mount"), pool.mount, f"pool {name}", name)
        for dataset, own in pool.datasets.items():
            if own.mount:
                place: KeyPath = (*at, "datasets", dataset, "mount")
                yield _Mounted(place, own.mount, f"dataset {name}/{dataset}", name)
