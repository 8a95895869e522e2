"""format.sh: it lays out what the inventory says, and touches no disk that it was not meant for."""

import shlex
import shutil
from pathlib import Path

import pytest

from rescue.commands import laid_out
from rescue.machine import Machine, machine
from sovereign.generators import storage
from sovereign.generators.storage.layout import disks
from sovereign.inventory.devices import device
from sovereign.run import run


@pytest.fixture
def name() -> str:
    """The host; tests that are parametrized name others."""
    return "small"


@pytest.fixture
def inventory(name, example, fleet):
    return example if name in example.hosts else fleet


@pytest.fixture
def host(inventory, name):
    return inventory.hosts[name]


@pytest.fixture
def script(inventory, name, tmp_path) -> Path:
    (output,) = (
        output for output in storage.generate(inventory, name) if output.name == "format.sh"
    )
    assert output.executable
    file = tmp_path / output.name
    file.write_text(output.text)
    return file


@pytest.fixture
def rescue(tmp_path, example) -> Machine:
    return machine(tmp_path / "machine", disks(example.hosts["small"]))


def dry_run(script: Path, *arguments: str) -> list[list[str]]:
    done = run(["bash", script, "--dry-run", *arguments])
    return [shlex.split(line) for line in done.out.splitlines()]


@pytest.mark.parametrize("name", ["small", "cloudlab"])
class TestDryRunMakesWhatTheInventorySays:
    def test_partitions(self, host, script):
        types = {"esp": "EF00", "swap": "8200", "md": "FD00", "zfs": "BF01"}
        expected = {}
        for layout in host.storage.layouts:
            for disk in layout.disks:
                for number, part in enumerate(layout.partitions, start=1):
                    size = "-0" if part.size == "rest" else f"+{part.size // 1024**3}G"
                    expected[host.hardware.disks[disk].path, number] = {
                        "new": f"0:{size}",
                        "typecode": types[part.type],
                        "change-name": f"disk-{disk}-{part.name}",
                    }
        for disk in (name for name in host.hardware.disks if name.startswith("hdd")):
            expected[host.hardware.disks[disk].path, 1] = {
                "new": "0:-0",
                "typecode": "BF01",
                "change-name": f"disk-{disk}-zfs",
            }
        assert laid_out(dry_run(script)).partitions == expected

    def test_arrays(self, host, script):
        assert laid_out(dry_run(script)).arrays == {
            f"/dev/md/{name}": {
                "level": str(array.level),
                "raid-devices": str(len(array.members)),
                "metadata": "default",
                "homehost": "any",
                "bitmap": "internal",
                "members": sorted(device(host, member).path for member in array.members),
            }
            for name, array in host.storage.arrays.items()
        }

    def test_file_systems(self, host, script):
        esps = {device(host, esp.partition).path: "vfat" for esp in host.boot.esps}
        arrays = {f"/dev/md/{n}": array.filesystem for n, array in host.storage.arrays.items()}
        assert laid_out(dry_run(script)).filesystems == {**esps, **arrays}

    def test_pools(self, host, script):
        def path(member):
            disk = device(host, member)
            return disk.path if disk.partition else f"/dev/disk/by-partlabel/disk-{member}-zfs"

        expected = {}
        for name, pool in host.storage.pools.items():
            groups = [("", vdev) for vdev in pool.vdevs]
            groups += [("special", pool.special)] if pool.special else []
            expected[name] = {
                "options": {
                    "ashift": str(pool.ashift),
                    "autotrim": "on" if pool.autotrim else "off",
                    "autoexpand": "on" if pool.autoexpand else "off",
                },
                "topology": sorted(
                    (role, vdev.kind, tuple(path(member) for member in vdev.members))
                    for role, vdev in groups
                ),
            }
        assert laid_out(dry_run(script)).pools == expected

    def test_datasets(self, host, script):
        expected = {}
        for name, pool in host.storage.pools.items():
            for full, mount, given in [
                (name, pool.mount, pool.properties),
                *((f"{name}/{n}", each.mount, each) for n, each in pool.datasets.items()),
            ]:
                own = given.model_dump(exclude_none=True, exclude={"mount"})
                expected[full] = {
                    "mountpoint": "legacy" if mount else "none",
                    **{
                        key: str(int(value)) if isinstance(value, int) else value
                        for key, value in own.items()
                    },
                }
        assert laid_out(dry_run(script)).datasets == expected

    def test_every_member_is_wiped_before_something_is_made_on_it(self, script):
        commands = dry_run(script)
        wiped: set[str] = set()
        for program, *arguments in commands:
            if program == "wipefs":
                wiped.update(arguments[1:])
            used = {
                word for word in arguments if word.startswith(("/dev/md/", "/dev/disk/by-part"))
            }
            if program == "mdadm":
                wiped.discard(arguments[1])
                used.discard(arguments[1])
            assert program == "mount" or used <= wiped

    def test_a_folder_is_mounted_before_what_lies_in_it(self, host, script):
        targets = [command[-1] for command in dry_run(script) if command[0] == "mount"]
        assert targets[0] == "/mnt"
        assert targets == sorted(targets)
        mounted = {esp.mount for esp in host.boot.esps}
        mounted |= {array.mount for array in host.storage.arrays.values()}
        for pool in host.storage.pools.values():
            mounted |= {each.mount for each in (pool, *pool.datasets.values()) if each.mount}
        assert set(targets[1:]) == {f"/mnt{mount}" for mount in mounted}

    def test_unmount_takes_back_what_mount_did(self, script):
        mounted, unmounted = dry_run(script, "--mount"), dry_run(script, "--unmount")
        imported = {command[-1] for command in mounted if command[:2] == ["zpool", "import"]}
        assembled = {command[2] for command in mounted if command[:2] == ["mdadm", "--assemble"]}
        assert unmounted == [
            ["umount", "--recursive", "/mnt"],
            *(["zpool", "export", pool] for pool in sorted(imported, reverse=True)),
            *(["mdadm", "--stop", array] for array in sorted(assembled)),
        ]

    def test_shellcheck_has_nothing_to_say(self, script):
        if shutil.which("shellcheck") is None:
            pytest.skip("shellcheck is not installed")
        run(["shellcheck", script])


def test_it_does_what_the_dry_run_prints(script, rescue):
    done = rescue.run(script)
    assert (done.code, done.err) == (0, "")
    assert rescue.changes() == dry_run(script)


REFUSALS = {
    "a disk that is missing": (
        lambda rescue: (rescue.home / "serial" / "ata-SSD_B").unlink(),
        "b: there is no disk at /dev/disk/by-id/ata-SSD_B",
    ),
    "another serial number": (
        lambda rescue: rescue.note("serial", "ata-SSD_B", "SSD_C"),
        "b: /dev/disk/by-id/ata-SSD_B has the serial number SSD_C, not SSD_B",
    ),
    "no serial number": (
        lambda rescue: rescue.note("serial", "ata-SSD_B", ""),
        "b: /dev/disk/by-id/ata-SSD_B has the serial number (none), not SSD_B",
    ),
    "another size": (
        lambda rescue: rescue.note("size", "ata-SSD_B", "500107862015"),
        "b: /dev/disk/by-id/ata-SSD_B has 500107862015 bytes, not 500107862016",
    ),
    "a disk that holds something": (
        lambda rescue: rescue.note("held", "ata-SSD_B"),
        "b: /dev/disk/by-id/ata-SSD_B is not empty; --wipe SSD_B would erase what it holds: gpt",
    ),
    "a disk in use": (
        lambda rescue: rescue.note("busy", "ata-SSD_B"),
        "b: /dev/disk/by-id/ata-SSD_B is in use",
    ),
    "a disk that cannot be read": (
        lambda rescue: rescue.note("unreadable", "ata-SSD_B"),
        "b: /dev/disk/by-id/ata-SSD_B cannot be read",
    ),
    "a missing program": (
        lambda rescue: (rescue.home / "bin" / "zpool").unlink(),
        "zpool is not installed",
    ),
    "not root": (lambda rescue: rescue.note(".", "not-root"), "only root may do this"),
}


@pytest.mark.parametrize(("spoil", "message"), REFUSALS.values(), ids=REFUSALS)
def test_nothing_is_changed_when_a_check_fails(script, rescue, spoil, message):
    spoil(rescue)
    done = rescue.run(script)
    assert done.code == 1
    assert f"format.sh: {message}" in done.err
    assert done.err.endswith("format.sh: nothing was changed\n")
    assert rescue.changes() == []


def test_all_problems_are_told_at_once(script, rescue):
    rescue.note("held", "ata-SSD_A")
    rescue.note("size", "ata-SSD_B", "1")
    assert len(rescue.run(script).err.splitlines()) == 3


def test_in_use_is_refused_even_with_wipe(script, rescue):
    rescue.note("busy", "ata-SSD_A")
    assert rescue.run(script, "--wipe", "SSD_A").code == 1
    assert rescue.changes() == []


def test_wipe_erases_the_named_disk_and_its_old_partitions_first(script, rescue):
    rescue.note("held", "ata-SSD_B")
    assert rescue.run(script, "--wipe", "SSD_B").code == 0
    path = "/dev/disk/by-id/ata-SSD_B"
    assert rescue.changes() == [
        ["wipefs", "--all", f"{path}-part1"],
        ["wipefs", "--all", path],
        *dry_run(script),
    ]


def test_wipe_of_one_disk_is_no_leave_to_wipe_another(script, rescue):
    rescue.note("held", "ata-SSD_A")
    rescue.note("held", "ata-SSD_B")
    done = rescue.run(script, "--wipe", "SSD_B")
    assert (done.code, rescue.changes()) == (1, [])
    assert "--wipe SSD_A would erase" in done.err
    assert "SSD_B" not in done.err


@pytest.mark.parametrize(
    "arguments",
    [["--wipe"], ["--wipe", "SSD_C"], ["--wipe", ""], ["--wipe", "*"], ["--force"], ["SSD_A"]],
    ids=" ".join,
)
def test_a_wrong_argument_is_a_usage_error(script, rescue, arguments):
    assert rescue.run(script, *arguments).code == 2
    assert rescue.changes() == []


def test_a_label_on_a_foreign_disk_stops_it_before_anything_is_made(script, rescue):
    rescue.note("parent", "disk-b-tank", "ata-OLD")
    done = rescue.run(script)
    assert done.code == 1
    assert "/dev/disk/by-partlabel/disk-b-tank is on ata-OLD and not on ata-SSD_B" in done.err
    assert {command[0] for command in rescue.changes()} == {"sgdisk", "partprobe", "udevadm"}


@pytest.mark.parametrize("step", ["sgdisk", "wipefs --all /dev/disk/by-partlabel", "zpool create"])
def test_killed_in_the_middle_it_has_to_be_told_again_to_wipe(script, rescue, step):
    rescue.note(".", "kill", step)
    assert rescue.run(script).code != 0
    started = rescue.changes()
    assert 0 < len(started) < len(dry_run(script))
    assert started == dry_run(script)[: len(started)]

    (rescue.home / "kill").unlink()
    assert rescue.run(script).code == 1
    assert rescue.changes() == []
    assert rescue.run(script, "--wipe", "SSD_A", "--wipe", "SSD_B").code == 0
    assert laid_out(rescue.changes()) == laid_out(dry_run(script))


def test_mount_makes_nothing(script, rescue):
    assert rescue.run(script, "--mount").code == 0
    assert {command[0] for command in rescue.changes()} == {"udevadm", "zpool", "mount"}
