"""Secure Boot: partitions are found where they are, and only the right console passes a proof."""

import os
import shutil
from pathlib import Path
from uuid import UUID

import pytest

from fleets import ROOT
from sovereign.rehearse.vm.esp import Layout, NoEspError, find_esp, lay_out, layouts
from sovereign.rehearse.vm.firmware import Boot, Tools
from sovereign.rehearse.vm.proof import RefutedError, StageResult, expect, prove
from sovereign.rehearse.vm.secure_boot import check_refused, check_started, run_secure_boot

MIB = 1 << 20
FORMAT = ROOT / "hosts" / "cloudlab" / "generated" / "format.sh"
PARTITION = "7d444840-9dc0-11d1-b245-5ffdce74fad2"
STARTED = {
    "image": "signed",
    "secure-boot": "1",
    "partition": PARTITION.upper(),
    "pcr7": "9BC11A",
    "end": ".",
}
REFUSAL = 'BdsDxe: failed to load Boot0001 "UEFI disk" from PciRoot(0x0): Access Denied\r\n'


def console(**told: str) -> Boot:
    lines = "".join(f"rehearsal {name}: {value}\n" for name, value in {**STARTED, **told}.items())
    return Boot(f"BdsDxe: starting Boot0001\n{lines}[    9.1] reboot: Power down\n", 20)


def test_what_an_image_tells_is_read_from_the_console() -> None:
    assert console().told == STARTED


def test_a_signed_image_that_started_from_its_partition_is_accepted() -> None:
    check_started(console(), "signed", "1", PARTITION)


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({"secure-boot": "0"}, "SecureBoot is 0"),
        ({"image": "unsigned"}, 'the image that started is "unsigned"'),
        ({"partition": "11111111"}, "it started from 11111111"),
        ({"pcr7": "0000000000"}, "nothing was measured into PCR 7"),
    ],
)
def test_another_start_is_no_proof(told: dict[str, str], complaint: str) -> None:
    with pytest.raises(RefutedError, match=complaint):
        check_started(console(**told), "signed", "1", PARTITION)


def test_a_machine_that_stops_in_its_firmware_is_no_proof() -> None:
    with pytest.raises(RefutedError, match="did not start within 240 s: BdsDxe: nothing to start"):
        check_started(Boot("BdsDxe: nothing to start\n", 240), "signed", "1", PARTITION)


def test_a_refusal_by_each_disk_is_accepted() -> None:
    check_refused(Boot(REFUSAL * 2, 5), 2)


@pytest.mark.parametrize(
    ("seen", "complaint"),
    [
        (Boot(REFUSAL, 240), "refused 1 times, not 2"),
        (Boot("BdsDxe: Not Found\n", 240), "refused 0 times, not 2"),
        (Boot(f"{REFUSAL * 2}rehearsal end: .\n", 20), "it started"),
    ],
    ids=["one disk only", "no image there", "it started all the same"],
)
def test_another_end_is_no_refusal(seen: Boot, complaint: str) -> None:
    with pytest.raises(RefutedError, match=complaint):
        check_refused(seen, 2)


def test_the_lines_of_each_boot_disk_are_those_of_format_sh() -> None:
    found = layouts(FORMAT)
    assert list(found) == ["/dev/disk/by-id/nvme-A", "/dev/disk/by-id/nvme-B"]
    layout = found["/dev/disk/by-id/nvme-B"]
    assert layout.partition[:3] == ("sgdisk", "--clear", "--align-end")
    assert "--change-name=1:disk-nvme-b-esp" in layout.partition
    assert layout.make == ("mkfs.vfat", "/dev/disk/by-partlabel/disk-nvme-b-esp")


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    missing = [name for name in ("sgdisk", "mkfs.vfat", "unshare") if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"missing: {', '.join(missing) or 'root'}")
    return Tools(Path("/"), tmp_path, tmp_path)


def test_a_disk_of_true_size_is_laid_out_and_takes_no_room(tools: Tools) -> None:
    image = tools.folder / "a.img"
    esp = lay_out(tools, image, 2_000_398_934_016, layouts(FORMAT)["/dev/disk/by-id/nvme-A"])
    assert (esp.offset, esp.size, esp.name) == (MIB, 1024 * MIB, "disk-nvme-a-esp")
    assert image.stat().st_blocks * 512 < 16 * MIB
    with image.open("rb") as disk:
        disk.seek(esp.offset)
        assert disk.read(90)[82:] == b"FAT32   "
    assert list(tools.folder.iterdir()) == [image]


def test_the_esp_is_found_among_others(tools: Tools) -> None:
    lines = ("sgdisk", "--clear", "--new=1:0:+64M", "--typecode=1:8200")
    second = ("--new=2:0:+64M", "--typecode=2:EF00", f"--partition-guid=2:{PARTITION}", "DISK")
    image = tools.folder / "b.img"
    esp = lay_out(tools, image, 256 * MIB, Layout((*lines, *second), ("mkfs.vfat", "PART")))
    assert (esp.offset, esp.size, esp.guid) == (65 * MIB, 64 * MIB, UUID(PARTITION))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "has no GUID partition table"),
        (b"\0" * 4096, "has no GUID partition table"),
        (b"\0" * 512 + b"EFI PART" + b"\0" * 4096, "has no EFI system partition"),
    ],
)
def test_a_disk_without_an_esp_is_named(tmp_path: Path, content: bytes, complaint: str) -> None:
    image = tmp_path / "c.img"
    image.write_bytes(content)
    with pytest.raises(NoEspError, match=f"c.img {complaint}"):
        find_esp(image)


def test_an_attempt_that_is_refuted_fails_with_what_was_seen() -> None:
    told: list[str] = []

    def attempt() -> str:
        expect(False, "it started")
        return "never"

    proof = prove("it is refused", attempt, told.append)
    assert (proof.name, proof.outcome, proof.message) == ("it is refused", "failed", "it started")
    assert told == ["it is refused"]
    assert StageResult("s", (proof,), 1).failed == (proof,)


def test_a_host_that_does_not_ask_for_it_is_skipped(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(ROOT / "hosts", project / "hosts")
    file = project / "hosts" / "cloudlab" / "host.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace('loader = "lanzaboote"', 'loader = "systemd-boot"'), "utf-8")
    nowhere = tmp_path / "nowhere"
    done = run_secure_boot(
        project, "cloudlab", tmp_path, lambda _: None, tools_root=nowhere, vm_root=nowhere
    )
    assert [(p.outcome, p.message) for p in done.proofs] == [
        ("skipped", "cloudlab does not ask for Secure Boot")
    ]
