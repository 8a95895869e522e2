"""Protection that a host does not have is found where it is asked for."""

import pytest

from review.cases import Case, assert_found
from review.conftest import Draft
from sovereign.diagnostics import Severity
from sovereign.review import boot_security

HARDENING = 'hardening = "server"\n'
CPU = 'model = "Intel Xeon E5-2690 v4"'


def with_line(line: str) -> tuple[str, str]:
    """Add a line to [boot]."""
    return HARDENING, f"{HARDENING}{line}\n"


CASES = (
    Case(
        boot_security.cpu_can_encrypt,
        '"sev-snp"',
        "Intel Xeon E5-2690 v4 has no SEV-SNP",
        host=(with_line('confidential = "sev-snp"'),),
    ),
    Case(
        boot_security.cpu_can_encrypt,
        '"tdx"',
        "Intel Xeon E5-2690 v4 has no Intel TDX",
        host=(with_line('confidential = "tdx"'),),
    ),
    Case(
        boot_security.cpu_can_encrypt,
        '"sev-snp"',
        "AMD EPYC 7742 has no SEV-SNP",
        host=(with_line('confidential = "sev-snp"'), (CPU, 'model = "AMD EPYC 7742"')),
    ),
    Case(
        boot_security.sme_only_on_amd,
        '"mem_encrypt=on"',
        "mem_encrypt=on is AMD's SME; Intel Xeon E5-2690 v4 has neither SME nor SEV-SNP",
        host=(with_line('parameters = ["quiet", "mem_encrypt=on"]'),),
    ),
    Case(
        boot_security.sme_is_not_snp,
        '"mem_encrypt=on"',
        "guests are not protected from the hypervisor by SME",
        host=(with_line('parameters = ["mem_encrypt=on"]'), (CPU, 'model = "AMD EPYC 7763"')),
    ),
    Case(
        boot_security.cpu_is_known,
        '"Zhaoxin KH-40000"',
        "nothing is known about Zhaoxin KH-40000",
        host=(with_line('confidential = "tdx"'), (CPU, 'model = "Zhaoxin KH-40000"')),
    ),
    Case(
        boot_security.cpu_is_known,
        '"Intel Xeon Gold 6430"',
        "some models of Xeon Scalable of the fourth generation have TDX",
        host=(with_line('confidential = "tdx"'), (CPU, 'model = "Intel Xeon Gold 6430"')),
    ),
    Case(
        boot_security.measured_by_a_tpm,
        "true",
        "the inventory states no TPM",
        host=(with_line("measured = true"),),
    ),
    Case(
        boot_security.measured_by_a_tpm,
        "true",
        "the inventory states a TPM 1.2",
        host=(with_line("measured = true"), ('tpm = "none"', 'tpm = "1.2"')),
    ),
    Case(
        boot_security.measured_by_lanzaboote,
        "true",
        "systemd-boot has no measured boot here",
        host=(with_line("measured = true"), ('loader = "lanzaboote"', 'loader = "systemd-boot"')),
    ),
    Case(
        boot_security.measured_unlocks_something,
        "true",
        "no file system of this host is unlocked by it",
        host=(with_line("measured = true"), ('tpm = "none"', 'tpm = "2.0"')),
    ),
    Case(
        boot_security.modules_load,
        '"lockdown=integrity"',
        "loads no unsigned module, and refuses kexec: the pools are not imported",
        host=(with_line('parameters = ["lockdown=integrity"]'),),
    ),
    Case(
        boot_security.harmless_parameters,
        '"sysctl.kernel.kexec_load_disabled=1"',
        "no installation by kexec, and no crash dump",
        host=(with_line('parameters = ["sysctl.kernel.kexec_load_disabled=1"]'),),
    ),
    Case(
        boot_security.harmless_parameters,
        '"sysctl.user.max_user_namespaces=0"',
        "no rootless containers",
        host=(with_line('parameters = ["quiet", "sysctl.user.max_user_namespaces=0"]'),),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_found_where_it_stands(committed: Draft, case: Case) -> None:
    assert_found(case, committed)


def test_the_documents_sev_snp_on_xeon_is_refused_in_both_spellings(committed: Draft) -> None:
    draft = committed.host(*with_line('confidential = "sev-snp"\nparameters = ["mem_encrypt=on"]'))
    new = draft.finding(boot_security.cpu_can_encrypt)
    old = draft.finding(boot_security.sme_only_on_amd)
    assert (new.severity, old.severity) == (Severity.ERROR, Severity.ERROR)
    assert draft.place(new).line == 'confidential = "sev-snp"'
    assert draft.place(old).line == 'parameters = ["mem_encrypt=on"]'
    assert "Xeon E3, E5 and E7: SEV none, TDX no" in new.detail


def test_sev_snp_is_there_for_amd(committed: Draft) -> None:
    draft = committed.host(*with_line('confidential = "sev-snp"')).host(
        CPU, 'model = "AMD EPYC 7763 64-Core Processor"'
    )
    assert draft.findings(boot_security.cpu_can_encrypt, boot_security.cpu_is_known) == ()


def test_measured_boot_with_a_tpm_is_possible(committed: Draft) -> None:
    draft = committed.host(*with_line("measured = true")).host('tpm = "none"', 'tpm = "2.0"')
    assert draft.findings(boot_security.measured_by_a_tpm) == ()
