"""storage, boot and upkeep of a host with md arrays alone: no trace of ZFS, nothing left over."""

import re
import shlex
import shutil

import pytest

from sovereign.generators import boot, storage, upkeep
from sovereign.inventory.load import Inventory
from sovereign.inventory.storage import MdArray, Storage, Swap
from sovereign.inventory.upkeep import Upkeep
from sovereign.nix.syntax import syntax_errors
from sovereign.run import run


@pytest.fixture
def outputs(example):
    small = example.hosts["small"]
    arrays = {
        "keep": MdArray(level=0, members=("a.tank", "b.tank"), filesystem="xfs", mount="/persist")
    }
    swap = Swap(members=("a.swap", "b.swap"), encryption="none")
    host = small.model_copy(
        update={
            "storage": Storage(layouts=small.storage.layouts, arrays=arrays, swap=swap),
            "boot": small.boot.model_copy(
                update={"loader": "systemd-boot", "esps": small.boot.esps[:1]}
            ),
            "upkeep": Upkeep(),
        }
    )
    inventory = Inventory(example.root, example.fleet, {"plain": host})
    return {
        output.name: output.text
        for each in (storage, boot, upkeep)
        for output in each.generate(inventory, "plain")
    }


def test_no_file_and_no_option_of_zfs(outputs):
    assert set(outputs) == {"storage.nix", "format.sh", "boot.nix", "upkeep.nix"}
    assert [name for name, text in outputs.items() if re.search("zfs|zpool", text, re.I)] == []


@pytest.mark.parametrize("name", ["storage.nix", "boot.nix", "upkeep.nix"])
def test_a_module_takes_no_argument_that_it_does_not_use(outputs, name):
    text = outputs[name]
    assert syntax_errors(text) == ()
    head, _, body = text.partition("\n{\n")
    arguments = re.findall(r"\w+(?=,)", head.rpartition("\n")[2] if "..." in head else "")
    assert all(re.search(rf"\b{argument}\.", body) for argument in arguments)
    assert "\n\n\n" not in text


def test_the_one_esp_is_needed(outputs):
    assert (
        'mountpoint = "/boot";\n                mountOptions = [ "umask=0077" ];'
        in (outputs["storage.nix"])
    )


def test_the_script_makes_swap_and_array_once(outputs, tmp_path):
    script = tmp_path / "format.sh"
    script.write_text(outputs["format.sh"])
    printed = run(["bash", script, "--dry-run"]).out.splitlines()
    commands = [" ".join(shlex.split(line)) for line in printed]
    label = "/dev/disk/by-partlabel/disk"
    start = commands.index(f"mkfs.vfat {label}-a-esp")
    assert commands[start:] == [
        f"mkfs.vfat {label}-a-esp",
        f"mkswap {label}-a-swap",
        f"mkswap {label}-b-swap",
        "mdadm --create /dev/md/keep --run --level=0 --raid-devices=2 --metadata=default"
        f" --homehost=any {label}-a-tank {label}-b-tank",
        "udevadm settle",
        "wipefs --all /dev/md/keep",
        "mkfs.xfs /dev/md/keep",
        "mount -t tmpfs -o size=1G,mode=0755,X-mount.mkdir tmpfs /mnt",
        f"mount -t vfat -o umask=0077,X-mount.mkdir {label}-a-esp /mnt/boot",
        "mount -t xfs -o X-mount.mkdir /dev/md/keep /mnt/persist",
    ]
    if shutil.which("shellcheck"):
        run(["shellcheck", script])
