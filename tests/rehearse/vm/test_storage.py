"""The vm tier's storage: how machines are called, what is compared, and what counts as whole."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleets import ROOT
from sovereign.inventory.host import Host
from sovereign.inventory.load import load
from sovereign.rehearse.furnish import Placed
from sovereign.rehearse.values import ValuesError
from sovereign.rehearse.vm import mounts, root
from sovereign.rehearse.vm.disks import drives, make_blank, names
from sovereign.rehearse.vm.errors import UnusableRootError
from sovereign.rehearse.vm.initrd import Entry, archive, initrd
from sovereign.rehearse.vm.qemu import Cache, Drive, Machine, arguments
from sovereign.rehearse.vm.storage import other_value, run_storage
from sovereign.rehearse.vm.survey import differences, script, survey

FOLDER = Path("/run/rehearsal")
PROPERTIES = ROOT / "hosts" / "cloudlab" / "generated" / "zfs-properties.sh"


@pytest.fixture(scope="module")
def cloudlab() -> Host:
    return load(ROOT).hosts["cloudlab"]


def words(machine: Machine) -> str:
    return " ".join(arguments(machine, FOLDER))


# QEMU


def test_a_machine_needs_no_kvm_and_no_network() -> None:
    told = words(Machine())
    assert "-accel tcg" in told
    assert "-nodefaults" in told
    assert "netdev" not in told


def test_ssh_is_reached_on_the_loopback_alone_and_the_guest_reaches_nothing() -> None:
    told = words(Machine(ssh_port=2222))
    assert "user,id=ssh,restrict=on,hostfwd=tcp:127.0.0.1:2222-:22" in told


def test_the_root_is_shared_read_only() -> None:
    told = arguments(Machine(root=Path("/roots/a,b")), FOLDER)
    shared = next(word for word in told if word.startswith("local,id=root"))
    assert "readonly=on" in shared
    assert "path=/roots/a,,b," in shared, "a comma in a path is written twice"


@pytest.mark.parametrize(("cache", "ignored"), [("unsafe", "on"), ("writeback", "off")])
def test_flushes_of_the_guest_are_ignored_only_where_that_is_asked_for(
    cache: Cache, ignored: str
) -> None:
    drive = Drive("hdd-1", "hdd", "S1", Path("/d/hdd-1.img"))
    block = next(w for w in arguments(Machine((drive,), cache), FOLDER) if "node-hdd-1" in w)
    assert block.count(f"cache.no-flush={ignored}") == 2


def test_a_disk_can_be_pulled_whatever_its_kind() -> None:
    told = words(Machine((Drive("a", "nvme", "A", Path("/a")), Drive("b", "hdd", "B", Path("/b")))))
    assert "nvme,bus=port-a,id=a," in told
    assert "pcie-root-port,id=port-a" in told
    assert "scsi-hd,bus=scsi.0,rotation_rate=7200,id=b,drive=node-b,serial=B" in told


# Disks


def test_every_disk_of_the_inventory_is_there_with_its_serial(cloudlab: Host) -> None:
    found = {drive.name: drive.serial for drive in drives(cloudlab, FOLDER)}
    assert found == {name: disk.serial for name, disk in cloudlab.hardware.disks.items()}


def test_disks_have_their_true_size_and_take_no_room(cloudlab: Host, tmp_path: Path) -> None:
    drive = next(one for one in drives(cloudlab, tmp_path) if one.name == "hdd-1")
    make_blank(cloudlab, drive)
    status = drive.file.stat()
    assert status.st_size == 12_000_138_625_024
    assert status.st_blocks == 0


def test_udev_names_disks_as_the_inventory_does(cloudlab: Host) -> None:
    rules = names(cloudlab).text
    for disk in cloudlab.hardware.disks.values():
        where = disk.path.removeprefix("/dev/")
        assert f'=="{disk.serial}", SYMLINK+="{where}"' in rules
        assert f'=="{disk.serial}", SYMLINK+="{where}-part%n"' in rules


# The initrd


def unpacked(data: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Read an archive by the letter of buffer-format.rst: names, modes and contents."""
    at = 0
    while True:
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, length = fields[1], fields[6], fields[11]
        name = data[at + 110 : at + 110 + length - 1].decode()
        start = -(-(at + 110 + length) // 4) * 4
        if name == "TRAILER!!!":
            return
        yield name, mode, data[start : start + size]
        at = -(-(start + size) // 4) * 4


def test_an_archive_holds_folders_and_files_with_their_modes() -> None:
    entries = (
        Entry("bin", 0o755),
        Entry("bin/tool", 0o755, b"\x7fELF" + bytes(7)),
        Entry("empty", 0o600, b""),
    )
    assert list(unpacked(archive(entries))) == [
        ("bin", 0o040755, b""),
        ("bin/tool", 0o100755, b"\x7fELF" + bytes(7)),
        ("empty", 0o100600, b""),
    ]


def test_a_root_without_busybox_is_refused(tmp_path: Path) -> None:
    put = (Placed("/etc/x", "y"),)
    with pytest.raises(UnusableRootError, match="busybox"):
        initrd(tmp_path, tmp_path, put, "/sbin/init")


def test_a_root_without_a_zfs_module_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableRootError, match="no kernel with a zfs module"):
        root.kernel(tmp_path)


# What a boot mounts

GIVEN: dict[str, object] = {
    "fileSystems": [
        {"path": "/data/inner", "device": "tank/inner", "fsType": "zfs", "options": ["defaults"]},
        {"path": "/", "device": "tmpfs", "fsType": "tmpfs", "options": ["size=2G"]},
        {"path": "/data", "device": "tank", "fsType": "zfs", "options": ["defaults"]},
        {"path": "/boot", "device": "/dev/e", "fsType": "vfat", "options": ["nofail", "umask=77"]},
    ],
    "swapDevices": [{"device": "/dev/s", "priority": 10, "randomEncryption": True}],
    "preserved": [
        {"at": "/keep", "path": "/var/log", "how": "bindmount", "mode": "0755", "isFile": False},
        {"at": "/keep", "path": "/etc/id", "how": "bindmount", "mode": "0644", "isFile": True},
        {"at": "/keep", "path": "/etc/link", "how": "symlink", "mode": "0644", "isFile": True},
    ],
    "pools": ["tank"],
    "devNodes": "/dev/disk/by-id",
}


def test_a_boot_imports_then_mounts_outer_before_inner_then_binds() -> None:
    lines = mounts.start_script(GIVEN).splitlines()
    order = [
        "zpool import -d /dev/disk/by-id -N tank",
        "mount -t vfat -o X-mount.mkdir,umask=77 /dev/e /boot",
        "mount -t zfs -o X-mount.mkdir tank /data",
        "mount -t zfs -o X-mount.mkdir tank/inner /data/inner",
        "mount --bind /keep/var/log /var/log",
        "mount --bind /keep/etc/id /etc/id",
        "mkswap --quiet /dev/mapper/rehearsal-swap-0",
        "swapon --priority 10 /dev/mapper/rehearsal-swap-0",
    ]
    assert [line for line in lines if line in order] == order


def test_the_guests_own_root_is_left_alone_and_links_are_not_bound() -> None:
    text = mounts.start_script(GIVEN)
    assert "tmpfs" not in text
    assert "/etc/link" not in text


def test_values_of_another_shape_are_refused() -> None:
    with pytest.raises(ValuesError, match="devNodes"):
        mounts.start_script({**GIVEN, "devNodes": None})


# The survey

SURVEYS = [
    ("the same, in another order", "pool a x\npart  1\n", "part 1\npool a x\n", ""),
    ("a size that differs", "part 1 32G\n", "part 1 64G\n", "-part 1 32G\n+part 1 64G"),
    ("a member that is missing", "pool a x\npool a y\n", "pool a x\n", "-pool a y"),
]


@pytest.mark.parametrize(("ours", "theirs", "found"), [row[1:] for row in SURVEYS])
def test_two_layouts_are_compared_line_by_line(ours: str, theirs: str, found: str) -> None:
    assert differences(survey(ours), survey(theirs)) == found


def test_the_survey_looks_at_every_disk() -> None:
    text = script(("/dev/disk/by-id/a", "/dev/disk/by-id/b c"))
    assert "in /dev/disk/by-id/a '/dev/disk/by-id/b c'; do" in text
    assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0


# The properties


def test_a_property_that_the_script_sets_is_changed_to_another_allowed_value() -> None:
    dataset, setting, value, other = other_value(PROPERTIES.read_text()) or ("", "", "", "")
    assert f"ensure {dataset} {setting} {value}\n" in PROPERTIES.read_text()
    assert other != value


def test_a_script_that_sets_nothing_of_the_kind_is_not_tried() -> None:
    assert other_value("ensure tank mountpoint legacy\n") is None


@pytest.mark.skipif(
    "SOVEREIGN_VM_ROOT" not in os.environ, reason="SOVEREIGN_VM_ROOT names no root of a guest"
)
def test_the_whole_stage_passes(tmp_path: Path) -> None:
    vm_root = Path(os.environ["SOVEREIGN_VM_ROOT"])
    done = run_storage(ROOT, "cloudlab", tmp_path, print, vm_root=vm_root)
    assert not done.failed
    assert done.passed
