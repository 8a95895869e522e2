#!/usr/bin/env bash
# Generated from hosts/cloudlab/host.toml; edit that file instead.
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

serials=(A B HDD_1 HDD_2 HDD_3 HDD_4 HDD_5 HDD_6 HDD_7 HDD_8 HDD_9 HDD_10 HDD_11 HDD_12 HDD_13 HDD_14)
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
  "$1" nvme-a /dev/disk/by-id/nvme-A A 2000398934016
  "$1" nvme-b /dev/disk/by-id/nvme-B B 2000398934016
  "$1" hdd-1 /dev/disk/by-id/ata-HDD_1 HDD_1 12000138625024
  "$1" hdd-2 /dev/disk/by-id/ata-HDD_2 HDD_2 12000138625024
  "$1" hdd-3 /dev/disk/by-id/ata-HDD_3 HDD_3 12000138625024
  "$1" hdd-4 /dev/disk/by-id/ata-HDD_4 HDD_4 12000138625024
  "$1" hdd-5 /dev/disk/by-id/ata-HDD_5 HDD_5 12000138625024
  "$1" hdd-6 /dev/disk/by-id/ata-HDD_6 HDD_6 12000138625024
  "$1" hdd-7 /dev/disk/by-id/ata-HDD_7 HDD_7 12000138625024
  "$1" hdd-8 /dev/disk/by-id/ata-HDD_8 HDD_8 12000138625024
  "$1" hdd-9 /dev/disk/by-id/ata-HDD_9 HDD_9 12000138625024
  "$1" hdd-10 /dev/disk/by-id/ata-HDD_10 HDD_10 12000138625024
  "$1" hdd-11 /dev/disk/by-id/ata-HDD_11 HDD_11 12000138625024
  "$1" hdd-12 /dev/disk/by-id/ata-HDD_12 HDD_12 12000138625024
  "$1" hdd-13 /dev/disk/by-id/ata-HDD_13 HDD_13 12000138625024
  "$1" hdd-14 /dev/disk/by-id/ata-HDD_14 HDD_14 12000138625024
}

check_machine() {
  local tool
  if [[ $(id -u) != 0 ]]; then
    problem "only root may do this"
  fi
  for tool in blockdev lsblk mdadm mkfs.ext4 mkfs.vfat partprobe sgdisk udevadm wipefs zfs zpool; do
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
    --new=1:0:+1G --typecode=1:EF00 --change-name=1:disk-nvme-a-esp \
    --new=2:0:+32G --typecode=2:8200 --change-name=2:disk-nvme-a-swap \
    --new=3:0:+200G --typecode=3:FD00 --change-name=3:disk-nvme-a-nix \
    --new=4:0:+64G --typecode=4:BF01 --change-name=4:disk-nvme-a-special \
    --new=5:0:-0 --typecode=5:BF01 --change-name=5:disk-nvme-a-rpool \
    /dev/disk/by-id/nvme-A
  run sgdisk --clear --align-end \
    --new=1:0:+1G --typecode=1:EF00 --change-name=1:disk-nvme-b-esp \
    --new=2:0:+32G --typecode=2:8200 --change-name=2:disk-nvme-b-swap \
    --new=3:0:+200G --typecode=3:FD00 --change-name=3:disk-nvme-b-nix \
    --new=4:0:+64G --typecode=4:BF01 --change-name=4:disk-nvme-b-special \
    --new=5:0:-0 --typecode=5:BF01 --change-name=5:disk-nvme-b-rpool \
    /dev/disk/by-id/nvme-B
  run sgdisk --clear --align-end \
    --new=1:0:-0 --typecode=1:BF01 --change-name=1:disk-hdd-1-zfs \
    /dev/disk/by-id/ata-HDD_1
  run sgdisk --clear --align-end \
    --new=1:0:-0 --typecode=1:BF01 --change-name=1:disk-hdd-2-zfs \
    /dev/disk/by-id/ata-HDD_2
  run sgdisk --clear --align-end \
    --new=1:0:-0 --typecode=1:BF01 --change-name=1:disk-hdd-3-zfs \
    /dev/disk/by-id/ata-HDD_3
  run sgdisk --clear --align-end \
    --new=1:0:-0 --typecode=1:BF01 --change-name=1:disk-hdd-4-zfs \
    /dev/disk/by-id/ata-HDD_4
  run sgdisk --clear --align-end \
    --new=1:0:-0 --typecode=1:BF01 --change-name=1:disk-hdd-5-zfs \
    /dev/disk/by-id/ata-HDD_5
  run sgdisk --clear --align-end \
    --new=1:0:-0 --typecode=1:BF01 --change-name=1:disk-hdd-6-zfs \
    /dev/disk/by-id/ata-HDD_6
  run sgdisk --clear --align-end \
    --new=1:0:-0 --typecode=1:BF01 --change-name=1:disk-hdd-7-zfs \
    /dev/disk/by-id/ata-HDD_7
  run sgdisk --clear --align-end \
    --new=1:0:-0 --typecode=1:BF01 --change-name=1:disk-hdd-8-zfs \
    /dev/disk/by-id/ata-HDD_8
  run sgdisk --clear --align-end \
    --new=1:0:-0 --typecode=1:BF01 --change-name=1:disk-hdd-9-zfs \
    /dev/disk/by-id/ata-HDD_9
  run sgdisk --clear --align-end \
    --new=1:0:-0 --typecode=1:BF01 --change-name=1:disk-hdd-10-zfs \
    /dev/disk/by-id/ata-HDD_10
  run sgdisk --clear --align-end \
    --new=1:0:-0 --typecode=1:BF01 --change-name=1:disk-hdd-11-zfs \
    /dev/disk/by-id/ata-HDD_11
  run sgdisk --clear --align-end \
    --new=1:0:-0 --typecode=1:BF01 --change-name=1:disk-hdd-12-zfs \
    /dev/disk/by-id/ata-HDD_12
  run sgdisk --clear --align-end \
    --new=1:0:-0 --typecode=1:BF01 --change-name=1:disk-hdd-13-zfs \
    /dev/disk/by-id/ata-HDD_13
  run sgdisk --clear --align-end \
    --new=1:0:-0 --typecode=1:BF01 --change-name=1:disk-hdd-14-zfs \
    /dev/disk/by-id/ata-HDD_14
  # It may fail although the kernel knows the partitions; what counts is checked below.
  run partprobe /dev/disk/by-id/nvme-A /dev/disk/by-id/nvme-B /dev/disk/by-id/ata-HDD_1 /dev/disk/by-id/ata-HDD_2 /dev/disk/by-id/ata-HDD_3 /dev/disk/by-id/ata-HDD_4 /dev/disk/by-id/ata-HDD_5 /dev/disk/by-id/ata-HDD_6 /dev/disk/by-id/ata-HDD_7 /dev/disk/by-id/ata-HDD_8 /dev/disk/by-id/ata-HDD_9 /dev/disk/by-id/ata-HDD_10 /dev/disk/by-id/ata-HDD_11 /dev/disk/by-id/ata-HDD_12 /dev/disk/by-id/ata-HDD_13 /dev/disk/by-id/ata-HDD_14 || true
  run udevadm settle
  check_label /dev/disk/by-id/nvme-A /dev/disk/by-partlabel/disk-nvme-a-esp
  check_label /dev/disk/by-id/nvme-A /dev/disk/by-partlabel/disk-nvme-a-swap
  check_label /dev/disk/by-id/nvme-A /dev/disk/by-partlabel/disk-nvme-a-nix
  check_label /dev/disk/by-id/nvme-A /dev/disk/by-partlabel/disk-nvme-a-special
  check_label /dev/disk/by-id/nvme-A /dev/disk/by-partlabel/disk-nvme-a-rpool
  check_label /dev/disk/by-id/nvme-B /dev/disk/by-partlabel/disk-nvme-b-esp
  check_label /dev/disk/by-id/nvme-B /dev/disk/by-partlabel/disk-nvme-b-swap
  check_label /dev/disk/by-id/nvme-B /dev/disk/by-partlabel/disk-nvme-b-nix
  check_label /dev/disk/by-id/nvme-B /dev/disk/by-partlabel/disk-nvme-b-special
  check_label /dev/disk/by-id/nvme-B /dev/disk/by-partlabel/disk-nvme-b-rpool
  check_label /dev/disk/by-id/ata-HDD_1 /dev/disk/by-partlabel/disk-hdd-1-zfs
  check_label /dev/disk/by-id/ata-HDD_2 /dev/disk/by-partlabel/disk-hdd-2-zfs
  check_label /dev/disk/by-id/ata-HDD_3 /dev/disk/by-partlabel/disk-hdd-3-zfs
  check_label /dev/disk/by-id/ata-HDD_4 /dev/disk/by-partlabel/disk-hdd-4-zfs
  check_label /dev/disk/by-id/ata-HDD_5 /dev/disk/by-partlabel/disk-hdd-5-zfs
  check_label /dev/disk/by-id/ata-HDD_6 /dev/disk/by-partlabel/disk-hdd-6-zfs
  check_label /dev/disk/by-id/ata-HDD_7 /dev/disk/by-partlabel/disk-hdd-7-zfs
  check_label /dev/disk/by-id/ata-HDD_8 /dev/disk/by-partlabel/disk-hdd-8-zfs
  check_label /dev/disk/by-id/ata-HDD_9 /dev/disk/by-partlabel/disk-hdd-9-zfs
  check_label /dev/disk/by-id/ata-HDD_10 /dev/disk/by-partlabel/disk-hdd-10-zfs
  check_label /dev/disk/by-id/ata-HDD_11 /dev/disk/by-partlabel/disk-hdd-11-zfs
  check_label /dev/disk/by-id/ata-HDD_12 /dev/disk/by-partlabel/disk-hdd-12-zfs
  check_label /dev/disk/by-id/ata-HDD_13 /dev/disk/by-partlabel/disk-hdd-13-zfs
  check_label /dev/disk/by-id/ata-HDD_14 /dev/disk/by-partlabel/disk-hdd-14-zfs
  run wipefs --all /dev/disk/by-partlabel/disk-nvme-a-esp /dev/disk/by-partlabel/disk-nvme-a-swap /dev/disk/by-partlabel/disk-nvme-a-nix /dev/disk/by-partlabel/disk-nvme-a-special /dev/disk/by-partlabel/disk-nvme-a-rpool
  run wipefs --all /dev/disk/by-partlabel/disk-nvme-b-esp /dev/disk/by-partlabel/disk-nvme-b-swap /dev/disk/by-partlabel/disk-nvme-b-nix /dev/disk/by-partlabel/disk-nvme-b-special /dev/disk/by-partlabel/disk-nvme-b-rpool
  run wipefs --all /dev/disk/by-partlabel/disk-hdd-1-zfs
  run wipefs --all /dev/disk/by-partlabel/disk-hdd-2-zfs
  run wipefs --all /dev/disk/by-partlabel/disk-hdd-3-zfs
  run wipefs --all /dev/disk/by-partlabel/disk-hdd-4-zfs
  run wipefs --all /dev/disk/by-partlabel/disk-hdd-5-zfs
  run wipefs --all /dev/disk/by-partlabel/disk-hdd-6-zfs
  run wipefs --all /dev/disk/by-partlabel/disk-hdd-7-zfs
  run wipefs --all /dev/disk/by-partlabel/disk-hdd-8-zfs
  run wipefs --all /dev/disk/by-partlabel/disk-hdd-9-zfs
  run wipefs --all /dev/disk/by-partlabel/disk-hdd-10-zfs
  run wipefs --all /dev/disk/by-partlabel/disk-hdd-11-zfs
  run wipefs --all /dev/disk/by-partlabel/disk-hdd-12-zfs
  run wipefs --all /dev/disk/by-partlabel/disk-hdd-13-zfs
  run wipefs --all /dev/disk/by-partlabel/disk-hdd-14-zfs
}

make_filesystems() {
  run mkfs.vfat /dev/disk/by-partlabel/disk-nvme-a-esp
  run mkfs.vfat /dev/disk/by-partlabel/disk-nvme-b-esp
  run mdadm --create /dev/md/nix --run --level=1 --raid-devices=2 --metadata=default --homehost=any --bitmap=internal /dev/disk/by-partlabel/disk-nvme-a-nix /dev/disk/by-partlabel/disk-nvme-b-nix
  run udevadm settle
  run wipefs --all /dev/md/nix
  run mkfs.ext4 /dev/md/nix
}

# -f: a special vdev may be of another kind than the others. Nothing is lost by it, for every member
# has just been wiped.
make_pools() {
  local options vdevs
  options=(
    -o ashift=12
    -o autotrim=on
    -o autoexpand=on
    -O mountpoint=legacy
    -O compression=zstd-3
    -O atime=off
    -O xattr=sa
    -O acltype=posix
  )
  vdevs=(
    mirror /dev/disk/by-partlabel/disk-nvme-a-rpool /dev/disk/by-partlabel/disk-nvme-b-rpool
  )
  run zpool create -f -R /mnt "${options[@]}" rpool "${vdevs[@]}"
  run zfs create -u -p -o mountpoint=legacy rpool/apps
  run zfs create -u -p -o mountpoint=legacy rpool/vms
  run zfs create -u -p -o mountpoint=legacy rpool/databases
  run zfs create -u -p -o mountpoint=legacy -o recordsize=16384 -o logbias=latency rpool/databases/postgresql
  run zfs create -u -p -o mountpoint=legacy rpool/builds
  run zfs create -u -p -o mountpoint=legacy rpool/persist
  options=(
    -o ashift=12
    -o autotrim=off
    -o autoexpand=on
    -O mountpoint=legacy
    -O recordsize=1048576
    -O compression=zstd-3
    -O atime=off
    -O xattr=sa
    -O acltype=posix
  )
  vdevs=(
    raidz2 /dev/disk/by-partlabel/disk-hdd-1-zfs /dev/disk/by-partlabel/disk-hdd-2-zfs /dev/disk/by-partlabel/disk-hdd-3-zfs /dev/disk/by-partlabel/disk-hdd-4-zfs /dev/disk/by-partlabel/disk-hdd-5-zfs /dev/disk/by-partlabel/disk-hdd-6-zfs /dev/disk/by-partlabel/disk-hdd-7-zfs
    raidz2 /dev/disk/by-partlabel/disk-hdd-8-zfs /dev/disk/by-partlabel/disk-hdd-9-zfs /dev/disk/by-partlabel/disk-hdd-10-zfs /dev/disk/by-partlabel/disk-hdd-11-zfs /dev/disk/by-partlabel/disk-hdd-12-zfs /dev/disk/by-partlabel/disk-hdd-13-zfs /dev/disk/by-partlabel/disk-hdd-14-zfs
    special mirror /dev/disk/by-partlabel/disk-nvme-a-special /dev/disk/by-partlabel/disk-nvme-b-special
  )
  run zpool create -f -R /mnt "${options[@]}" ember "${vdevs[@]}"
  run zfs create -u -p -o mountpoint=legacy -o recordsize=131072 -o special_small_blocks=16384 ember/code
  run zfs create -u -p -o mountpoint=legacy -o recordsize=1048576 -o special_small_blocks=32768 ember/models
  run zfs create -u -p -o mountpoint=legacy -o recordsize=1048576 -o special_small_blocks=32768 ember/media
  run zfs create -u -p -o mountpoint=legacy -o recordsize=16384 -o special_small_blocks=0 ember/nix
}

# Finds again what an earlier run made.
attach() {
  run udevadm settle
  if [[ $dry_run || ! -e /dev/md/nix ]]; then
    run mdadm --assemble /dev/md/nix /dev/disk/by-partlabel/disk-nvme-a-nix /dev/disk/by-partlabel/disk-nvme-b-nix
  fi
  # -f: the host itself used it last.
  if [[ $dry_run ]] || ! quietly zpool list rpool; then
    run zpool import -f -N -R /mnt rpool
  fi
  # -f: the host itself used it last.
  if [[ $dry_run ]] || ! quietly zpool list ember; then
    run zpool import -f -N -R /mnt ember
  fi
}

mount_all() {
  run mount -t tmpfs -o size=2G,mode=0755,X-mount.mkdir tmpfs /mnt
  run mount -t vfat -o umask=0077,X-mount.mkdir /dev/disk/by-partlabel/disk-nvme-a-esp /mnt/boot
  run mount -t vfat -o umask=0077,X-mount.mkdir /dev/disk/by-partlabel/disk-nvme-b-esp /mnt/boot-b
  run mount -t zfs -o X-mount.mkdir ember /mnt/ember
  run mount -t zfs -o X-mount.mkdir ember/code /mnt/ember/code
  run mount -t zfs -o X-mount.mkdir ember/media /mnt/ember/media
  run mount -t zfs -o X-mount.mkdir ember/models /mnt/ember/models
  run mount -t zfs -o X-mount.mkdir ember/nix /mnt/ember/nix
  run mount -t ext4 -o noatime,X-mount.mkdir /dev/md/nix /mnt/nix
  run mount -t zfs -o X-mount.mkdir rpool/persist /mnt/persist
  run mount -t zfs -o X-mount.mkdir rpool /mnt/rpool
  run mount -t zfs -o X-mount.mkdir rpool/apps /mnt/rpool/apps
  run mount -t zfs -o X-mount.mkdir rpool/builds /mnt/rpool/builds
  run mount -t zfs -o X-mount.mkdir rpool/databases /mnt/rpool/databases
  run mount -t zfs -o X-mount.mkdir rpool/vms /mnt/rpool/vms
  run mount -t zfs -o X-mount.mkdir rpool/databases/postgresql /mnt/var/lib/postgresql
}

detach() {
  if [[ $dry_run ]] || quietly mountpoint /mnt; then
    run umount --recursive /mnt
  fi
  if [[ $dry_run ]] || quietly zpool list rpool; then
    run zpool export rpool
  fi
  if [[ $dry_run ]] || quietly zpool list ember; then
    run zpool export ember
  fi
  if [[ $dry_run || -e /dev/md/nix ]]; then
    run mdadm --stop /dev/md/nix
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
