"""What lies on a guest's disks, whoever laid it out: sorted lines that can be compared."""

import difflib
import shlex
from collections.abc import Sequence

_SCRIPT = r"""
for disk in {disks}; do
  sgdisk --print "$disk" | awk -v disk="$disk" '$1 ~ /^[0-9]+$/ {{ $1 = $1; print "partition", disk, $0 }}'
done
lsblk --noheadings --list --paths --output PARTLABEL,FSTYPE |
  awk '$1 ~ /^disk-/ {{ print "holds", $1, $2 }}'
for array in /dev/md/*; do
  [ -e "$array" ] || continue
  mdadm --detail --export "$array" |
    awk -F= -v array="$array" '/^MD_(LEVEL|DEVICES|METADATA|NAME)=/ {{ print "array", array, $0 }}'
  mdadm --detail "$array" | awk -v array="$array" '/Intent Bitmap/ {{ print "array", array, $0 }}'
  for member in $(mdadm --detail --export "$array" | sed -n 's/^MD_DEVICE_.*_DEV=//p'); do
    echo "array $array has $(lsblk --nodeps --noheadings --output PARTLABEL "$member")"
  done
  echo "array $array holds $(lsblk --nodeps --noheadings --output FSTYPE "$array")"
done
for pool in $(zpool list -H -o name); do
  zpool status -P "$pool" | awk -v pool="$pool" '
    /^config:/ {{ on = 1; next }} /^errors:/ {{ on = 0 }}
    on && NF && $1 != "NAME" {{
      match($0, /^[ \t]*/)
      if (RLENGTH <= 3) group = $1
      print "pool", pool, (RLENGTH > 3 ? group : "-"), $1
    }}'
  zpool get -H -p -o name,property,value ashift,autotrim,autoexpand "$pool" | sed 's/^/pool /'
done
zfs get -H -p -s local -o name,property,value all | sed 's/^/dataset /'
"""


def script(disks: Sequence[str]) -> str:
    """Return the commands that print the survey; `disks` are the paths of whole disks."""
    return _SCRIPT.format(disks=shlex.join(disks))


def survey(text: str) -> tuple[str, ...]:
    """Read what the commands printed."""
    return tuple(sorted(" ".join(line.split()) for line in text.splitlines() if line.strip()))


def differences(ours: Sequence[str], theirs: Sequence[str]) -> str:
    """Return what only one of two surveys has, "-" before ours and "+" before theirs; "" if equal."""
    compared = difflib.unified_diff(ours, theirs, n=0, lineterm="")
    return "\n".join(
        line for line in compared if line[:1] in "+-" and line[:3] not in {"+++", "---"}
    )
