"""ESPs and kernels from which a host does not start are found where they stand."""

import pytest

from review.cases import Case, assert_found
from review.conftest import Draft
from sovereign.diagnostics import Severity
from sovereign.review import boot
from sovereign.review.boot import KERNELS, configuration_limit, generations
from sovereign.units import Size

ESP = '{ name = "esp", type = "esp", size = "1GiB" }'
FIRST_ESP = '{ partition = "nvme-a.esp", mount = "/boot" }'
SECOND_ESP = '  { partition = "nvme-b.esp", mount = "/boot-b" },\n'
HARDENING = 'hardening = "server"\n'


def with_line(line: str) -> tuple[str, str]:
    """Add a line to [boot]."""
    return HARDENING, f"{HARDENING}{line}\n"


CASES = (
    Case(
        boot.esp_holds_two,
        '"400MiB"',
        "400.0 MiB keep 1 generation of 165.0 MiB",
        host=((ESP, ESP.replace("1GiB", "400MiB")),),
    ),
    Case(
        boot.esp_holds_three,
        '"512MiB"',
        "512.0 MiB keep 2 generations of 165.0 MiB",
        host=((ESP, ESP.replace("1GiB", "512MiB")),),
    ),
    Case(
        boot.esp_large_enough,
        '"256MiB"',
        "nvme-a.esp has 256.0 MiB",
        host=(
            (ESP, ESP.replace("1GiB", "256MiB")),
            ('image_size = "165MiB"', 'image_size = "40MiB"'),
            (SECOND_ESP, ""),
        ),
    ),
    Case(
        boot.esp_at_boot,
        '"/efi"',
        "the first ESP is mounted at /efi",
        host=((FIRST_ESP, FIRST_ESP.replace("/boot", "/efi")),),
    ),
    Case(
        boot.esps_on_different_disks,
        '"nvme-a.special"',
        "nvme-a.special and nvme-a.esp lie on one disk, nvme-a",
        host=(('"nvme-b.esp"', '"nvme-a.special"'),),
    ),
    Case(
        boot.every_esp_installed,
        "[",
        "no loader is installed on nvme-b.esp",
        host=((SECOND_ESP, ""),),
    ),
    Case(
        boot.kernel_goes_with_zfs,
        '"7.1"',
        "Linux 7.1 is newer than zfs_unstable supports: up to 7.0",
        host=(('kernel = "6.18"', 'kernel = "7.1"'),),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_found_where_it_stands(committed: Draft, case: Case) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize(
    ("esp", "image", "kept"),
    [
        ("1GiB", "165MiB", 5),
        ("512MiB", "165MiB", 2),
        ("512MiB", "70MiB", 6),
        ("512MiB", "50MiB", 9),
        ("2GiB", "165MiB", 11),
        ("300MiB", "165MiB", 0),
        ("1MiB", "165MiB", 0),
    ],
)
def test_one_more_image_than_generations_must_fit(esp: str, image: str, kept: int) -> None:
    assert generations(Size.parse(esp), Size.parse(image)) == kept


def test_the_smallest_esp_decides(committed: Draft) -> None:
    assert configuration_limit(committed.loaded()) == 5
    draft = committed.host(ESP, ESP.replace("1GiB", "512MiB"))
    assert configuration_limit(draft.loaded()) == 2


def test_measured_boot_keeps_8_at_most(committed: Draft) -> None:
    large = committed.host(ESP, ESP.replace("1GiB", "4GiB"))
    assert configuration_limit(large.loaded()) == 23
    assert configuration_limit(large.host(*with_line("measured = true")).loaded()) == 8


def test_a_limit_is_never_0(committed: Draft) -> None:
    draft = committed.host(ESP, ESP.replace("1GiB", "100MiB"))
    assert configuration_limit(draft.loaded()) == 1


def test_the_documents_512_mb_have_no_slack(committed: Draft) -> None:
    draft = committed.host(ESP, ESP.replace("1GiB", "512MiB"))
    finding = draft.finding(boot.esp_holds_three)
    assert finding.severity is Severity.WARNING
    assert finding.detail == (
        "(2 + 1) x 165.0 MiB + 4.0 MiB = 499.0 MiB; 3 generations take 664.0 MiB"
    )
    assert finding.fix == 'size = "1GiB"'
    assert draft.place(finding).line == '  { name = "esp", type = "esp", size = "512MiB" },'


@pytest.mark.parametrize("package", KERNELS)
@pytest.mark.parametrize(("kernel", "supported"), [("6.12", True), ("7.0", True), ("7.1", False)])
def test_each_zfs_supports_kernels_up_to_one_series(
    committed: Draft, package: str, kernel: str, supported: bool
) -> None:
    draft = committed.host('zfs = "zfs_unstable"', f'zfs = "{package}"').host(
        'kernel = "6.18"', f'kernel = "{kernel}"'
    )
    assert (draft.findings(boot.kernel_goes_with_zfs) == ()) is supported
