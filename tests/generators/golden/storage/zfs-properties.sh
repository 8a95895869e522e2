#!/bin/sh
# Generated from hosts/small/host.toml; edit that file instead.
#
# Gives each dataset the properties of the inventory. What already is as it should be is left alone.
set -eu

status=0

ensure() {
  dataset=$1 property=$2 wanted=$3
  found=$(zfs get -H -p -o value "$property" "$dataset") || {
    status=1
    return
  }
  if [ "$found" != "$wanted" ]; then
    echo "$dataset: $property=$wanted, was $found"
    # -u: a changed mount point takes effect at the next mount.
    zfs set -u "$property=$wanted" "$dataset" || status=1
  fi
}

ensure tank mountpoint none
ensure tank compression zstd-3
ensure tank atime off
ensure tank xattr sa
ensure tank acltype posix
ensure tank/nix mountpoint legacy
ensure tank/persist mountpoint legacy
ensure tank/persist/postgresql mountpoint legacy
ensure tank/persist/postgresql recordsize 16384
ensure tank/share mountpoint legacy
ensure tank/share recordsize 1048576
ensure tank/share quota 107374182400

exit "$status"
