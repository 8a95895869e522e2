#!/usr/bin/env bash
# Generated from hosts/small/host.toml; edit that file instead.
#
# Lays out the disks of this host from a rescue shell, as disko does by storage.nix, and mounts them
# under /mnt for nixos-install. Every disk is checked before any is changed.
set -euo pipefail

usage() {
  echo 'format.sh [--wipe SERIAL]...   check the disks, lay them out, mount them under /mnt
format.sh --mount              mount what was laid out before
format.sh --unmount            unmount it and let go of the disks

--wipe SERIAL   erase what is on the disk with this serial number
--dry-run       check nothing, change nothing: print the commands'
}

serials=(SSD_A SSD_B)
action=format
dry_run=
problems=0
declare -A wipe=()

problem() {
  echo "format.sh: $*" >&2
  problems=$((problems + 1))
}

# Runs a command, or prints it.
run() {
  local line
  if [[ $dry_run ]]; then
    printf -v line '%q ' "$@"
    echo "${line% }"
  else
    "$@"
  fi
}

quietly() {
  "$@" >/dev/null 2>&1
}

each_disk() {
  "$1" a /dev/disk/by-id/ata-SSD_A SSD_A 500107862016
  "$1" b /dev/disk/by-id/ata-SSD_B SSD_B 500107862016
}

check_machine() {
  local tool
  if [[ $(id -u) != 0 ]]; then
    problem "only root may do this"
  fi
  for tool in blockdev lsblk mkfs.vfat partprobe sgdisk udevadm wipefs zfs zpool; do
    if ! quietly command -v "$tool"; then
      problem "$tool is not installed"
    fi
  done
}

check_target() {
  if quietly mountpoint /mnt; then
    problem "something is mounted on /mnt; format.sh --unmount would free it"
  fi
}

check_disk() {
  local name=$1 path=$2 serial=$3 size=$4 found
  if ! found=$(lsblk --nodeps --noheadings --output SERIAL "$path" 2>&1); then
    problem "$name: there is no disk at $path: $found"
    return
  fi
  found=${found//[[:space:]]/}
  if [[ $found != "$serial" ]]; then
    problem "$name: $path has the serial number ${found:-(none)}, not $serial"
  fi
  found=$(blockdev --getsize64 "$path" || true)
  if [[ $found != "$size" ]]; then
    problem "$name: $path has ${found:-no} bytes, not $size"
  fi
  # Without --force, wipefs fails on a disk that is mounted, in a pool or in an array.
  if ! found=$(wipefs --all --no-act --quiet "$path" 2>&1); then
    problem "$name: $path is in use: $found"
  elif ! found=$(wipefs --noheadings --output TYPE "$path" 2>&1); then
    problem "$name: $path cannot be read: $found"
  elif [[ $found && ! ${wipe[$serial]-} ]]; then
    problem "$name: $path is not empty; --wipe $serial would erase what it holds: $found"
  fi
}

stop_on_problems() {
  if ((problems)); then
    echo "format.sh: nothing was changed" >&2
    exit 1
  fi
}

wipe_disk() {
  local path=$2 serial=$3 nodes node
  if [[ ! ${wipe[$serial]-} ]]; then
    return
  fi
  # The old partitions too: a new one that begins at the same place would show what they held.
  mapfile -t nodes < <(lsblk --noheadings --list --paths --output NAME "$path" 2>/dev/null)
  for node in "${nodes[@]:1}"; do
    run wipefs --all "$node"
  done
  run wipefs --all "$path"
}

# A partition is found by its label; a foreign disk may bear the same one.
check_label() {
  local disk=$1 link=$2 found wanted
  if [[ $dry_run ]]; then
    return
  fi
  found=$(lsblk --nodeps --noheadings --output PKNAME "$link")
  wanted=$(lsblk --nodeps --noheadings --output KNAME "$disk")
  if [[ $found != "$wanted" ]]; then
    echo "format.sh: $link is on $found and not on $wanted: remove the disk that bears its label" >&2
    exit 1
  fi
}

make_partitions() {
  run sgdisk --clear --align-end \
    --new=1:0:+1G --typecode=1:EF00 --change-name=1:disk-a-esp \
    --new=2:0:+8G --typecode=2:8200 --change-name=2:disk-a-swap \
    --new=3:0:-0 --typecode=3:BF01 --change-name=3:disk-a-tank \
    /dev/disk/by-id/ata-SSD_A
  run sgdisk --clear --align-end \
    --new=1:0:+1G --typecode=1:EF00 --change-name=1:disk-b-esp \
    --new=2:0:+8G --typecode=2:8200 --change-name=2:disk-b-swap \
    --new=3:0:-0 --typecode=3:BF01 --change-name=3:disk-b-tank \
    /dev/disk/by-id/ata-SSD_B
  # It may fail although the kernel knows the partitions; what counts is checked below.
  run partprobe /dev/disk/by-id/ata-SSD_A /dev/disk/by-id/ata-SSD_B || true
  run udevadm settle
  check_label /dev/disk/by-id/ata-SSD_A /dev/disk/by-partlabel/disk-a-esp
  check_label /dev/disk/by-id/ata-SSD_A /dev/disk/by-partlabel/disk-a-swap
  check_label /dev/disk/by-id/ata-SSD_A /dev/disk/by-partlabel/disk-a-tank
  check_label /dev/disk/by-id/ata-SSD_B /dev/disk/by-partlabel/disk-b-esp
  check_label /dev/disk/by-id/ata-SSD_B /dev/disk/by-partlabel/disk-b-swap
  check_label /dev/disk/by-id/ata-SSD_B /dev/disk/by-partlabel/disk-b-tank
  run wipefs --all /dev/disk/by-partlabel/disk-a-esp /dev/disk/by-partlabel/disk-a-swap /dev/disk/by-partlabel/disk-a-tank
  run wipefs --all /dev/disk/by-partlabel/disk-b-esp /dev/disk/by-partlabel/disk-b-swap /dev/disk/by-partlabel/disk-b-tank
}

make_filesystems() {
  run mkfs.vfat /dev/disk/by-partlabel/disk-a-esp
  run mkfs.vfat /dev/disk/by-partlabel/disk-b-esp
}

# -f: a special vdev may be of another kind than the others. Nothing is lost by it, for every member
# has just been wiped.
make_pools() {
  local options vdevs
  options=(
    -o ashift=12
    -o autotrim=off
    -o autoexpand=off
    -O mountpoint=none
    -O compression=zstd-3
    -O atime=off
    -O xattr=sa
    -O acltype=posix
  )
  vdevs=(
    mirror /dev/disk/by-partlabel/disk-a-tank /dev/disk/by-partlabel/disk-b-tank
  )
  run zpool create -f -R /mnt "${options[@]}" tank "${vdevs[@]}"
  run zfs create -u -p -o mountpoint=legacy tank/nix
  run zfs create -u -p -o mountpoint=legacy tank/persist
  run zfs create -u -p -o mountpoint=legacy -o recordsize=16384 tank/persist/postgresql
  run zfs create -u -p -o mountpoint=legacy -o recordsize=1048576 -o quota=107374182400 tank/share
}

# Finds again what an earlier run made.
attach() {
  run udevadm settle
  # -f: the host itself used it last.
  if [[ $dry_run ]] || ! quietly zpool list tank; then
    run zpool import -f -N -R /mnt tank
  fi
}

mount_all() {
  run mount -t tmpfs -o size=1G,mode=0755,X-mount.mkdir tmpfs /mnt
  run mount -t vfat -o umask=0077,X-mount.mkdir /dev/disk/by-partlabel/disk-a-esp /mnt/boot
  run mount -t vfat -o umask=0077,X-mount.mkdir /dev/disk/by-partlabel/disk-b-esp /mnt/boot-b
  run mount -t zfs -o X-mount.mkdir tank/nix /mnt/nix
  run mount -t zfs -o X-mount.mkdir tank/persist /mnt/persist
  run mount -t zfs -o X-mount.mkdir tank/share /mnt/srv/share
  run mount -t zfs -o X-mount.mkdir tank/persist/postgresql /mnt/var/lib/postgresql
}

detach() {
  if [[ $dry_run ]] || quietly mountpoint /mnt; then
    run umount --recursive /mnt
  fi
  if [[ $dry_run ]] || quietly zpool list tank; then
    run zpool export tank
  fi
}

while (($#)); do
  case $1 in
    --wipe)
      if [[ " ${serials[*]} " != *" ${2:-?} "* ]]; then
        echo "format.sh: no disk of this host has the serial number '${2-}'" >&2
        exit 2
      fi
      wipe[$2]=yes
      shift
      ;;
    --mount | --unmount) action=${1#--} ;;
    --dry-run) dry_run=yes ;;
    --help)
      usage
      exit
      ;;
    *)
      echo "format.sh: unknown option '$1'" >&2
      usage >&2
      exit 2
      ;;
  esac
  shift
done

if [[ ! $dry_run ]]; then
  check_machine
  if [[ $action != unmount ]]; then
    check_target
  fi
  if [[ $action == format ]]; then
    each_disk check_disk
  fi
  stop_on_problems
fi

case $action in
  format)
    each_disk wipe_disk
    make_partitions
    make_filesystems
    make_pools
    mount_all
    ;;
  mount)
    attach
    mount_all
    ;;
  unmount) detach ;;
esac

if [[ ! $dry_run && $action != unmount ]]; then
  # A pool that is not exported is not imported by the host, which was not the last to use it.
  echo "The disks are mounted under /mnt. Run format.sh --unmount before the host is started."
fi
