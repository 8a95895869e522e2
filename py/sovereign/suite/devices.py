"""Which device a name stands for."""

from collections.abc import Iterable

from sovereign.suite.vantage import Vantage

_RESOLVE = """
while IFS= read -r name; do
  for path in "/dev/disk/by-partlabel/$name" "/dev/disk/by-id/$name-part1" "/dev/disk/by-id/$name" "$name"; do
    [ -e "$path" ] && printf '%s\\t%s\\n' "$name" "$(readlink -f "$path")" && break
  done
done
exit 0
"""


def devices(inside: Vantage, names: Iterable[str]) -> dict[str, str]:
    """Partition labels, names below by-id and paths → the kernel's names; what is not there is left out.

    ZFS makes two partitions on a disk that it is given whole: the first is the disk's stand-in.
    """
    wanted = "".join(f"{name}\n" for name in names)
    out = inside.output("sh", "-c", _RESOLVE, stdin=wanted)
    return dict(line.split("\t", 1) for line in out.splitlines() if "\t" in line)
