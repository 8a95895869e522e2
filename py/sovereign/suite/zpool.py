"""What `zpool status -P` prints of a pool's groups (zpool-status(8))."""

from collections.abc import Iterable
from dataclasses import dataclass

_ROLES = {
    "special": "special",
    "logs": "log",
    "cache": "cache",
    "spares": "spare",
    "dedup": "dedup",
}
_STRIPE = "stripe"


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """A top-level vdev: what it is for, `mirror`, `raidz2` or `stripe`, and the paths in it."""

    role: str
    kind: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """The pool's state, and its groups."""

    state: str
    groups: tuple[Group, ...]


def read_status(text: str) -> Status:
    """Read the report; what cannot be read is a pool without state and groups."""
    state, role, config = "unknown", "data", False
    groups: list[tuple[str, str, list[str]]] = []
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "state:" and len(words) > 1:
            state = words[1]
        if words[0] in {"config:", "errors:"}:
            config = words[0] == "config:"
        if not (config and line.startswith("\t")) or words[0] == "NAME":
            continue
        depth, name = len(line[1:]) - len(line[1:].lstrip(" ")), words[0]
        if depth == 0:
            role = _ROLES.get(name, "data")
        elif depth == 2:
            single = name.startswith("/")
            kind = _STRIPE if single else name.rpartition("-")[0].partition(":")[0]
            groups.append((role, kind, [name] if single else []))
        elif groups and name.startswith("/"):
            groups[-1][2].append(name)
    return Status(state, gathered(Group(role, kind, tuple(m)) for role, kind, m in groups))


def gathered(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Sort groups and their members; devices that stand alone are one stripe of their role."""
    stripes: dict[str, list[str]] = {}
    whole = []
    for group in groups:
        if group.kind == _STRIPE:
            stripes.setdefault(group.role, []).extend(group.members)
        else:
            whole.append(Group(group.role, group.kind, tuple(sorted(group.members))))
    whole += [Group(role, _STRIPE, tuple(sorted(members))) for role, members in stripes.items()]
    return tuple(sorted(whole))
