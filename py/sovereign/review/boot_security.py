"""What protects a host from its start on: memory encryption, measured boot, kernel parameters."""

from collections.abc import Iterator

from sovereign.diagnostics import Severity
from sovereign.hardware.cpus import CpuFacts, cpu_facts
from sovereign.review.rule import Hit, Subject, host_rule

_AMD = "https://docs.kernel.org/arch/x86/amd-memory-encryption.html"
_TDX = "https://docs.kernel.org/arch/x86/tdx.html"
_PARAMETERS = "https://docs.kernel.org/admin-guide/kernel-parameters.html"
_LANZABOOTE = (
    "https://github.com/nix-community/lanzaboote/blob/v1.1.0/docs/explanation/measured-boot.md"
)

_REFUSED_BY_ZFS = {
    "lockdown=integrity": "loads no unsigned module, and refuses kexec",
    "lockdown=confidentiality": "loads no unsigned module, and refuses kexec and eBPF",
    "module.sig_enforce=1": "loads no unsigned module",
    "module.sig_enforce": "loads no unsigned module",
}
_COSTLY = {
    "sysctl.kernel.kexec_load_disabled=1": "no installation by kexec, and no crash dump",
    "sysctl.user.max_user_namespaces=0": "no rootless containers and no sandboxes of browsers",
    "sysctl.kernel.unprivileged_userns_clone=0": "no rootless containers",
    "mitigations=off": "known attacks on the CPU work again, also from a virtual machine",
    "efi=noruntime": "no boot entry can be written, and no Secure Boot variable read",
    "noefi": "no boot entry can be written, and no Secure Boot variable read",
    "nokaslr": "the kernel lies at a known address",
    "nosmt=force": "half of the CPU's threads are off until the next start",
}


@host_rule(
    "BOOT020",
    Severity.ERROR,
    "The CPU has no such memory encryption",
    why="SEV-SNP is a feature of AMD EPYC 7003 and later; TDX one of Intel's Xeon of the fifth"
    " generation and later, and of chosen ones of the fourth. No setting brings it to another CPU.",
    source=_AMD,
)
def cpu_can_encrypt(subject: Subject) -> Iterator[Hit]:
    """boot.confidential is something that the CPU has."""
    wanted, model = subject.host.boot.confidential, subject.host.hardware.cpu.model
    facts = cpu_facts(model)
    if facts is None or wanted == "none" or _has(facts, wanted):
        return
    yield Hit(
        ("boot", "confidential"),
        f"{model} has no {'SEV-SNP' if wanted == 'sev-snp' else 'Intel TDX'}",
        detail=f"{facts.name}: SEV {facts.sev}, TDX {facts.tdx} ({facts.source})",
        fix='confidential = "none"',
    )


@host_rule(
    "BOOT021",
    Severity.ERROR,
    "mem_encrypt=on does nothing on this CPU",
    why="mem_encrypt=on switches on SME, which encrypts the memory of an AMD host with one key. It is"
    " not SEV-SNP, and an Intel CPU ignores it: the host is not what it is believed to be.",
    source=_AMD,
)
def sme_only_on_amd(subject: Subject) -> Iterator[Hit]:
    """No mem_encrypt=on on a CPU that is not AMD's."""
    facts = cpu_facts(subject.host.hardware.cpu.model)
    for index in _encrypting(subject):
        if facts and facts.vendor != "amd":
            yield Hit(
                ("boot", "parameters", index),
                f"mem_encrypt=on is AMD's SME; {subject.host.hardware.cpu.model} has neither SME"
                " nor SEV-SNP",
                fix="remove it; on AMD EPYC 7003 and later, SEV-SNP is written"
                ' confidential = "sev-snp"',
            )


@host_rule(
    "BOOT022",
    Severity.WARNING,
    "mem_encrypt=on is SME, not SEV-SNP",
    why="SME encrypts the host's memory against a person who takes the modules out. It hides nothing"
    " of a guest from the hypervisor; SEV-SNP does.",
    source=_AMD,
)
def sme_is_not_snp(subject: Subject) -> Iterator[Hit]:
    """On AMD, mem_encrypt=on is pointed out where SEV-SNP is not chosen."""
    facts = cpu_facts(subject.host.hardware.cpu.model)
    for index in _encrypting(subject):
        if facts and facts.vendor == "amd" and subject.host.boot.confidential != "sev-snp":
            yield Hit(
                ("boot", "parameters", index),
                "guests are not protected from the hypervisor by SME",
                fix='confidential = "sev-snp" on EPYC 7003 and later',
            )


@host_rule(
    "BOOT023",
    Severity.NOTE,
    "It is not known whether the CPU has this memory encryption",
    why="The table of CPUs does not know the model, or its family has the feature in some models.",
    source=_TDX,
)
def cpu_is_known(subject: Subject) -> Iterator[Hit]:
    """Asked only where boot.confidential wants something."""
    wanted, model = subject.host.boot.confidential, subject.host.hardware.cpu.model
    if wanted == "none":
        return
    facts = cpu_facts(model)
    if facts is None:
        yield Hit(
            ("hardware", "cpu", "model"),
            f"nothing is known about {model}",
            fix="write it as `lscpu` names it; whether it has the feature, its maker says",
        )
    elif wanted == "tdx" and facts.tdx == "some":
        yield Hit(
            ("hardware", "cpu", "model"),
            f"some models of {facts.name} have TDX",
            fix="look the model up at its maker's",
        )


@host_rule(
    "BOOT030",
    Severity.ERROR,
    "Measured boot without a TPM 2.0",
    why="Measured boot records what was started in a TPM 2.0, and a secret is released only to what"
    " was foreseen. Boards of 2016 carry a TPM 1.2 or none; systemd-pcrlock refuses both.",
    source="https://www.freedesktop.org/software/systemd/man/latest/systemd-pcrlock.html",
)
def measured_by_a_tpm(subject: Subject) -> Iterator[Hit]:
    """boot.measured wants hardware.tpm = "2.0"."""
    tpm = subject.host.hardware.tpm
    if subject.host.boot.measured and tpm != "2.0":
        has = "no TPM" if tpm == "none" else f"a TPM {tpm}"
        yield Hit(
            ("boot", "measured"),
            f"the inventory states {has}",
            fix='measured = false, or tpm = "2.0" once `systemd-analyze has-tpm2` says yes',
        )


@host_rule(
    "BOOT031",
    Severity.ERROR,
    "Measured boot without Lanzaboote",
    why="Lanzaboote's stub measures kernel, initrd and command line; plain systemd-boot entries are"
    " not measured so that a policy could foresee them.",
    source=_LANZABOOTE,
)
def measured_by_lanzaboote(subject: Subject) -> Iterator[Hit]:
    """boot.measured wants loader = "lanzaboote"."""
    boot = subject.host.boot
    if boot.measured and boot.loader != "lanzaboote":
        yield Hit(
            ("boot", "measured"),
            f"{boot.loader} has no measured boot here",
            fix='loader = "lanzaboote", or measured = false',
        )


@host_rule(
    "BOOT032",
    Severity.WARNING,
    "Measured boot has nothing to unlock",
    why="Lanzaboote's measured boot unlocks LUKS2. ZFS's own encryption is not supported by it, and"
    " the inventory describes no LUKS: the measurements are taken and nothing depends on them.",
    source=_LANZABOOTE,
)
def measured_unlocks_something(subject: Subject) -> Iterator[Hit]:
    """Pools and arrays of the inventory are not encrypted."""
    if subject.host.boot.measured:
        yield Hit(
            ("boot", "measured"),
            "no file system of this host is unlocked by it",
            fix="measured = false; or accept this, for what is unlocked elsewhere",
        )


@host_rule(
    "BOOT040",
    Severity.ERROR,
    "A kernel parameter keeps ZFS from being loaded",
    why="ZFS's module is built outside the kernel's tree and is not signed by its key.",
    source="https://man7.org/linux/man-pages/man7/kernel_lockdown.7.html",
)
def modules_load(subject: Subject) -> Iterator[Hit]:
    """No lockdown and no enforced signatures on a host with pools."""
    for index, parameter in enumerate(subject.host.boot.parameters):
        if parameter in _REFUSED_BY_ZFS and subject.host.storage.pools:
            yield Hit(
                ("boot", "parameters", index),
                f"{parameter} {_REFUSED_BY_ZFS[parameter]}: the pools are not imported",
                fix="remove it",
            )


@host_rule(
    "BOOT041",
    Severity.WARNING,
    "A kernel parameter costs more than it seems",
    why="The hardening profile sets what is safe on a server. Some known switches are left out because"
    " they take away something that the host needs.",
    source=_PARAMETERS,
)
def harmless_parameters(subject: Subject) -> Iterator[Hit]:
    """Parameters with a known price."""
    for index, parameter in enumerate(subject.host.boot.parameters):
        if parameter in _COSTLY:
            yield Hit(
                ("boot", "parameters", index),
                f"{parameter}: {_COSTLY[parameter]}",
                fix="remove it, or accept what it costs",
            )


def _has(facts: CpuFacts, wanted: str) -> bool:
    return facts.sev == "sev-snp" if wanted == "sev-snp" else facts.tdx != "no"


def _encrypting(subject: Subject) -> Iterator[int]:
    for index, parameter in enumerate(subject.host.boot.parameters):
        if parameter == "mem_encrypt=on":
            yield index
