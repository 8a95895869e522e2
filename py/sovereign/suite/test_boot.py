"""How the host starts: what the firmware demands, and what lies on the boot partitions."""

import base64
import binascii
import struct

import pytest

from sovereign.expectations.boot import BootImages, SecureBoot
from sovereign.suite.vantage import Vantage, last_line, require

_VARIABLE = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
_SIGNED = ("EFI/Linux", "EFI/systemd", "EFI/BOOT")
"""Where whatever the firmware or the boot loader starts lies; lanzaboote's kernels, whose hashes are in their signed stubs, are in EFI/nixos."""

_HEAD = 4096


def test_secure_boot(expectation: SecureBoot, inside: Vantage) -> None:
    """The firmware refuses what is not signed, or does not."""
    done = inside.run("od", "-An", "-tu1", "-j4", "-N1", _VARIABLE)
    enabled = done.code == 0 and done.out.strip() == "1"
    said = "on" if enabled else "off" if done.code == 0 else "not there"
    wanted = "on" if expectation.enabled else "off"
    require(enabled == expectation.enabled, f"Secure Boot must be {wanted}, and is {said}")


def test_boot_images(expectation: BootImages, inside: Vantage) -> None:
    """There is something to start, and each of it carries a signature where it must."""
    path = expectation.path
    folders = [
        f"{path}/{name}" for name in (*_SIGNED, *(() if expectation.signed else ["EFI/nixos"]))
    ]
    found = inside.run("find", *folders, "-type", "f", "-iname", "*.efi").out.splitlines()
    kernels = [
        file for file in found if file.startswith((f"{path}/EFI/Linux/", f"{path}/EFI/nixos/"))
    ]
    require(bool(kernels), f"{path} holds no image of a system")
    if expectation.signed:
        bare = [file for file in sorted(found) if not _is_signed(inside, file)]
        require(not bare, f"not signed: {', '.join(bare)}")


def _is_signed(inside: Vantage, file: str) -> bool:
    """Whether a PE image carries a certificate table; the firmware judges whose it is."""
    done = inside.run("sh", "-c", f'head -c {_HEAD} -- "$1" | base64 -w0', "sh", file)
    try:
        return _certificates(base64.b64decode(done.out, validate=True)) > 0
    except (binascii.Error, struct.error):
        pytest.fail(f"{file} is no PE image: {last_line(done.err)}", pytrace=False)


def _certificates(head: bytes) -> int:
    """The size of the certificate table (Microsoft PE Format, optional header, entry 4)."""
    (start,) = struct.unpack_from("<I", head, 0x3C)
    if head[:2] != b"MZ" or head[start : start + 4] != b"PE\0\0":
        raise struct.error("no PE image")
    optional = start + 24
    (magic,) = struct.unpack_from("<H", head, optional)
    directories = optional + (112 if magic == 0x20B else 96)
    (size,) = struct.unpack_from("<I", head, directories + 4 * 8 + 4)
    return int(size)
