"""What a list of commands lays out, whoever wrote the list: disko or format.sh."""

from dataclasses import dataclass, field

_ROLES = frozenset({"spare", "log", "special", "cache", "dedup"})
_MODES = frozenset({"mirror", "raidz", "raidz1", "raidz2", "raidz3"})


@dataclass
class LaidOut:
    """Partitions by disk and number, arrays, file systems, pools and datasets."""

    partitions: dict[tuple[str, int], dict[str, str]] = field(default_factory=dict)
    arrays: dict[str, dict[str, object]] = field(default_factory=dict)
    filesystems: dict[str, str] = field(default_factory=dict)
    swaps: set[str] = field(default_factory=set)
    pools: dict[str, dict[str, object]] = field(default_factory=dict)
    datasets: dict[str, dict[str, str]] = field(default_factory=dict)


def laid_out(commands: list[list[str]]) -> LaidOut:
    """Follow the commands, in their order."""
    result = LaidOut()
    for program, *arguments in commands:
        if program == "sgdisk":
            _sgdisk(result, arguments)
        elif program == "mdadm" and arguments[0] == "--create":
            _mdadm(result, arguments[1:])
        elif program.startswith("mkfs."):
            result.filesystems[arguments[-1]] = program.removeprefix("mkfs.")
        elif program == "mkswap":
            result.swaps.add(arguments[-1])
        elif program == "zpool" and arguments[0] == "create":
            _zpool(result, arguments[1:])
        elif program == "zfs" and arguments[0] == "create":
            properties, rest = _options(arguments[1:], "-o")
            result.datasets[rest[-1]] = properties
    return result


def _sgdisk(result: LaidOut, arguments: list[str]) -> None:
    disk = arguments[-1]
    if "--clear" in arguments:
        assert not any(known == disk for known, _ in result.partitions), f"{disk}: cleared twice"
    for argument in arguments[:-1]:
        option, _, value = argument.partition("=")
        number, _, what = value.partition(":")
        if option in {"--new", "--typecode", "--change-name"}:
            key = (disk, int(number))
            result.partitions.setdefault(key, {})[option.removeprefix("--")] = what


def _mdadm(result: LaidOut, arguments: list[str]) -> None:
    device, *rest = arguments
    options = dict(
        word.removeprefix("--").split("=") for word in rest if word.startswith("--") and "=" in word
    )
    members = [word for word in rest if not word.startswith("-")]
    # Disko lists members in the order of the disks' names; a mirror does not care.
    result.arrays[device] = {**options, "members": sorted(members)}


def _zpool(result: LaidOut, arguments: list[str]) -> None:
    options, rest = _options(arguments, "-o")
    properties, rest = _options(rest, "-O")
    altroot = rest.index("-R")
    del rest[altroot : altroot + 2]
    name, *topology = (word for word in rest if not word.startswith("-"))
    result.pools[name] = {"options": options, "topology": _topology(topology)}
    result.datasets[name] = properties


def _topology(words: list[str]) -> list[tuple[str, str, tuple[str, ...]]]:
    """(role, mode, members) of each vdev, sorted: the order of roles means nothing."""
    vdevs: list[tuple[str, str, list[str]]] = []
    role = ""
    for word in words:
        if word in _ROLES:
            role = word
            vdevs.append((role, "", []))
        elif word in _MODES:
            vdevs.append((role, word, []))
        else:
            if not vdevs:
                vdevs.append((role, "", []))
            vdevs[-1][2].append(word)
    return sorted((role, mode, tuple(members)) for role, mode, members in vdevs if members)


def _options(words: list[str], flag: str) -> tuple[dict[str, str], list[str]]:
    options, rest = {}, []
    queue = iter(words)
    for word in queue:
        if word == flag:
            name, _, value = next(queue).partition("=")
            options[name] = value
        else:
            rest.append(word)
    return options, rest
