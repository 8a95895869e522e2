"""What must be true of the start: Secure Boot, both boot partitions, kernel parameters, hardening."""

from collections.abc import Iterator

from sovereign.expectations.base import Expectation
from sovereign.expectations.boot import BootImages, SecureBoot
from sovereign.expectations.origin import Origins
from sovereign.expectations.sysctl import KernelParameter, Sysctl
from sovereign.inventory.load import Inventory

_HARDENED = {
    "dev.tty.ldisc_autoload": "0",
    "fs.protected_fifos": "2",
    "fs.protected_regular": "2",
    "kernel.dmesg_restrict": "1",
    "kernel.kptr_restrict": "2",
    "kernel.unprivileged_bpf_disabled": "1",
    "kernel.yama.ptrace_scope": "1",
    "net.core.bpf_jit_harden": "2",
}

_CONFIDENTIAL = {
    "none": (),
    "sev-snp": ("iommu=nopt", "kvm_amd.sev_snp=1"),
    "tdx": ("kvm_intel.tdx=1",),
}


def expect(inventory: Inventory, name: str) -> Iterator[Expectation]:
    """Say what must be true of the start."""
    boot, origin = inventory.hosts[name].boot, Origins.of("boot", inventory, name)
    signed = boot.loader == "lanzaboote"
    yield SecureBoot(**origin.own("boot", "loader"), enabled=signed)
    for index, esp in enumerate(boot.esps):
        yield BootImages(**origin.own("boot", "esps", index), path=esp.mount, signed=signed)
    for parameter in _CONFIDENTIAL[boot.confidential]:
        yield KernelParameter(**origin.own("boot", "confidential"), parameter=parameter)
    for index, parameter in enumerate(boot.parameters):
        if parameter not in (*_CONFIDENTIAL[boot.confidential], *boot.parameters[:index]):
            yield KernelParameter(**origin.own("boot", "parameters", index), parameter=parameter)
    if boot.hardening == "server":
        for setting, value in _HARDENED.items():
            yield Sysctl(**origin.own("boot", "hardening"), name=setting, value=value)
