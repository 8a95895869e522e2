"""hardware.nix: firmware, microcode, GPU driver."""

from collections.abc import Callable
from pathlib import Path

import pytest

from outputs import cloudlab_with, files
from sovereign.generators.hardware import generate
from sovereign.inventory.load import Inventory

P4 = '[hardware.gpus.p4]\nmodel = "Tesla P4"\nmemory = "8GB"\ninference = "llama-cpp"\n'
CPU = 'model = "Intel Xeon E5-2690 v4"'


def test_example(example: Inventory, golden: Callable[[str, str], None]) -> None:
    golden("hardware/hardware.nix", files(generate, example, "small")["hardware.nix"])


@pytest.mark.parametrize(
    ("models", "branch", "open_modules"),
    [
        (("Tesla P4",), "legacy_580", False),
        (("RTX A6000",), "production", True),
        (("RTX A6000", "Tesla P4"), "legacy_580", False),
        (("Tesla K80",), "legacy_470", False),
    ],
)
def test_the_driver_suits_every_gpu(
    tmp_path: Path, models: tuple[str, ...], branch: str, open_modules: bool
) -> None:
    gpus = "".join(
        f'[hardware.gpus.gpu{number}]\nmodel = "{model}"\nmemory = "8GB"\n'
        for number, model in enumerate(models)
    )
    text = cloudlab_with(generate, tmp_path, host={P4: gpus})["hardware.nix"]
    assert f'branch = "{branch}";\n    open = {str(open_modules).lower()};' in text
    # nixpkgs wants it for a driver without open modules, pkgs/os-specific/linux/nvidia-x11
    assert ("nvidia.acceptLicense = true;" in text) == (branch == "legacy_470")


def test_a_stated_branch_wins(tmp_path: Path) -> None:
    stated = {P4: '[hardware.gpus.a]\nmodel = "RTX A6000"\nmemory = "8GB"\ndriver = "legacy_470"\n'}
    text = cloudlab_with(generate, tmp_path, host=stated)["hardware.nix"]
    assert 'branch = "legacy_470";\n    open = false;' in text


def test_without_a_gpu_nothing_unfree_is_allowed(tmp_path: Path) -> None:
    text = cloudlab_with(generate, tmp_path, host={P4: ""})["hardware.nix"]
    assert "nvidia" not in text
    assert "allowUnfree" not in text


@pytest.mark.parametrize(
    ("model", "option"),
    [
        ("Intel Xeon E5-2690 v4", "hardware.cpu.intel.updateMicrocode = true;"),
        ("Intel(R) Xeon(R) CPU E5-2690 v4 @ 2.60GHz", "hardware.cpu.intel.updateMicrocode = true;"),
        ("AMD EPYC 7313P", "hardware.cpu.amd.updateMicrocode = true;"),
        ("AMD Opteron 6174", "hardware.cpu.amd.updateMicrocode = true;"),
    ],
)
def test_microcode_comes_from_the_maker(tmp_path: Path, model: str, option: str) -> None:
    text = cloudlab_with(generate, tmp_path, host={CPU: f'model = "{model}"'})["hardware.nix"]
    assert option in text


def test_an_unknown_maker_has_no_microcode(tmp_path: Path) -> None:
    text = cloudlab_with(generate, tmp_path, host={CPU: 'model = "Ampere Altra"'})["hardware.nix"]
    assert "updateMicrocode" not in text
