#!/bin/sh
# Generated from hosts/cloudlab/host.toml; edit that file instead.
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

ensure rpool mountpoint legacy
ensure rpool compression zstd-3
ensure rpool atime off
ensure rpool xattr sa
ensure rpool acltype posix
ensure rpool/apps mountpoint legacy
ensure rpool/vms mountpoint legacy
ensure rpool/databases mountpoint legacy
ensure rpool/databases/postgresql mountpoint legacy
ensure rpool/databases/postgresql recordsize 16384
ensure rpool/databases/postgresql logbias latency
ensure rpool/builds mountpoint legacy
ensure rpool/persist mountpoint legacy
ensure ember mountpoint legacy
ensure ember recordsize 1048576
ensure ember compression zstd-3
ensure ember atime off
ensure ember xattr sa
ensure ember acltype posix
ensure ember/code mountpoint legacy
ensure ember/code recordsize 131072
ensure ember/code special_small_blocks 16384
ensure ember/models mountpoint legacy
ensure ember/models recordsize 1048576
ensure ember/models special_small_blocks 32768
ensure ember/media mountpoint legacy
ensure ember/media recordsize 1048576
ensure ember/media special_small_blocks 32768
ensure ember/nix mountpoint legacy
ensure ember/nix recordsize 16384
ensure ember/nix special_small_blocks 0

exit "$status"
