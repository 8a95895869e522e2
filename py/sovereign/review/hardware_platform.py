"""Whether the CPU runs what is built for the host."""

from collections.abc import Iterator

from sovereign.diagnostics import KeyPath, Severity
from sovereign.hardware.cpus import cpu_facts
from sovereign.review.rule import Hit, Subject, host_rule

_PLATFORMS = {"intel": "x86_64-linux", "amd": "x86_64-linux", "arm": "aarch64-linux"}


@host_rule(
    "HW013",
    Severity.ERROR,
    "The CPU does not run the platform",
    why="Programs are built for one kind of CPU: x86_64-linux for those of Intel and AMD,"
    " aarch64-linux for those of ARM. The other kind does not start them, nor the kernel.",
    source="https://nixos.org/manual/nixpkgs/stable/#sec-cross-platform-parameters",
)
def cpu_runs_platform(subject: Subject) -> Iterator[Hit]:
    """Compare system.platform with the maker of the CPU."""
    system, model = subject.host.system, subject.host.hardware.cpu.model
    facts = cpu_facts(model)
    if facts and _PLATFORMS[facts.vendor] != system.platform:
        stated = "platform" in system.model_fields_set
        at: KeyPath = ("system", "platform") if stated else ("hardware", "cpu", "model")
        runs = _PLATFORMS[facts.vendor]
        yield Hit(
            at,
            f"{model} runs {runs}, the host is built for {system.platform}",
            fix=f'[system] platform = "{runs}", or the CPU that the host has',
        )
