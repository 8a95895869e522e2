"""boot: the loader and its limit, both ESPs, the kernel with its ZFS, hardening."""

import json

import pytest

from fleets import HOST, copy_with
from sovereign.generators import boot
from sovereign.inventory.load import load
from sovereign.nix.syntax import syntax_errors

PACKAGES = """{
  lib = { mkForce = x: { forced = x; }; getExe = p: "${p}/bin/${p}"; getExe' = p: n: "${p}/bin/${n}"; };
  pkgs = { linuxPackages_6_18 = "6.18"; linuxPackages_6_12 = "6.12"; zfs = "zfs"; zfs_unstable = "unstable";
    rsync = "rsync"; util-linux = "util-linux"; };
}"""


def text(inventory, host):
    (output,) = boot.generate(inventory, host)
    assert output.name == "boot.nix"
    assert syntax_errors(output.text) == ()
    return output.text


@pytest.fixture
def module(nix, tmp_path):
    """Evaluate cloudlab's boot.nix, made after replacing text of its inventory."""

    def evaluate(edits=None):
        root = copy_with(tmp_path / "root", {HOST: edits or {}})
        file = tmp_path / "boot.nix"
        file.write_text(text(load(root), "cloudlab"))
        return json.loads(nix.eval_json(f"import {file} {PACKAGES}"))["boot"]

    return evaluate


def test_golden(example, golden):
    golden("boot/boot.nix", text(example, "small"))


def test_lanzaboote_signs_for_both_esps_and_keeps_what_fits(module):
    configured = module()
    assert configured["loader"]["systemd-boot"] == {"enable": {"forced": False}, "editor": False}
    assert configured["loader"]["efi"]["efiSysMountPoint"] == "/boot"
    assert configured["lanzaboote"] == {
        "enable": True,
        "pkiBundle": "/var/lib/sbctl",
        "configurationLimit": 5,
        "extraEfiSysMountPoints": ["/boot-b"],
    }


@pytest.mark.parametrize(
    ("esp", "image", "limit"),
    [("1GiB", "165MiB", 5), ("1GiB", "60MiB", 16), ("4GiB", "165MiB", 23)],
)
def test_the_limit_leaves_room_for_one_more(module, esp, image, limit):
    edits = {
        'type = "esp", size = "1GiB"': f'type = "esp", size = "{esp}"',
        'image_size = "165MiB"': f'image_size = "{image}"',
    }
    assert module(edits)["lanzaboote"]["configurationLimit"] == limit


def test_measured_boot_keeps_no_more_than_pcrlock_can_predict(module):
    edits = {'image_size = "165MiB"': 'image_size = "60MiB"\nmeasured = true'}
    configured = module(edits)["lanzaboote"]
    assert configured["measuredBoot"] == {"enable": True, "pcrs": [0, 4, 7]}
    assert configured["configurationLimit"] == 8


def test_systemd_boot_is_copied_to_the_other_esp_if_that_is_mounted(module):
    configured = module({'loader = "lanzaboote"': 'loader = "systemd-boot"'})
    assert "lanzaboote" not in configured
    loader = configured["loader"]
    assert loader["efi"] == {"efiSysMountPoint": "/boot", "canTouchEfiVariables": True}
    assert loader["systemd-boot"] == {
        "enable": True,
        "editor": False,
        "configurationLimit": 5,
        "extraInstallCommands": "if util-linux/bin/mountpoint --quiet /boot-b; then\n"
        "  rsync/bin/rsync --recursive --times --modify-window=2 --delete /boot/ /boot-b/\n"
        "fi\n",
    }


def test_the_kernel_is_pinned_and_zfs_is_not_forced(module):
    configured = module()
    assert configured["kernelPackages"] == "6.18"
    assert configured["zfs"] == {"package": "unstable", "forceImportRoot": False}
    assert configured["supportedFilesystems"] == {"zfs": True}


def test_the_initrd_runs_systemd_and_finds_the_disks(module):
    assert module()["initrd"] == {
        "systemd": {"enable": True},
        "availableKernelModules": ["nvme", "ahci", "megaraid_sas", "mpt3sas", "sd_mod"],
    }


def test_hardening_stops_neither_kexec_nor_containers(module):
    hardened = module()["kernel"]["sysctl"]
    assert hardened["kernel.kptr_restrict"] == 2
    assert not {"kernel.kexec_load_disabled", "user.max_user_namespaces"} & set(hardened)


def test_no_hardening_no_sysctl(module):
    assert "kernel" not in module({'hardening = "server"': 'hardening = "none"'})


@pytest.mark.parametrize(
    ("confidential", "parameters"),
    [
        ("none", ["quiet"]),
        ("sev-snp", ["iommu=nopt", "kvm_amd.sev_snp=1", "quiet"]),
        ("tdx", ["kvm_intel.tdx=1", "quiet"]),
    ],
)
def test_kernel_parameters(module, confidential, parameters):
    edits = {
        'hardening = "server"': f'confidential = "{confidential}"\nparameters = ["quiet"]',
    }
    assert module(edits)["kernelParams"] == parameters
