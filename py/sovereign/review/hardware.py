"""Hardware: what the GPUs can run, whether the CPU's numbers agree, and who shares the memory."""

from collections.abc import Iterator

from sovereign.diagnostics import KeyPath, Severity
from sovereign.hardware.gpus import BRANCHES, GpuFacts, driver_for, gpu_facts, oldest_driver
from sovereign.inventory.hardware import Gpu
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.units import Size

_VLLM = "https://docs.vllm.ai/en/v0.14.0/getting_started/installation/gpu/"
_VLLM_ISSUES = ", ".join(
    f"https://github.com/vllm-project/vllm/issues/{number}" for number in (963, 1431, 13202)
)
_DRIVERS = "https://forums.developer.nvidia.com/t/unix-graphics-feature-deprecation-schedule/60588"
_CUDA = "https://docs.nvidia.com/cuda/archive/13.0.0/cuda-toolkit-release-notes/index.html"
_CUDA_DRIVERS = "https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html"
_VLLM_CAPABILITY = (7, 0)
_MOST_THREADS_PER_CORE = 2


@host_rule(
    "HW001",
    Severity.ERROR,
    "vLLM does not run on the GPU",
    why="vLLM needs compute capability 7.0: its kernels use tensor cores, which came with Volta."
    " llama.cpp runs on older GPUs, built with CUDA 12.",
    source=_VLLM,
)
def engine_runs(subject: Subject) -> Iterator[Hit]:
    """vLLM from compute capability 7.0 on."""
    for at, gpu, facts in _known(subject):
        if gpu.inference == "vllm" and facts.capability < _VLLM_CAPABILITY:
            yield Hit(
                (*at, "inference"),
                f"vLLM needs compute capability 7.0, {gpu.model} has {facts.compute_capability}",
                detail=f"{facts.architecture.capitalize()}: {facts.sources[0]}; {_VLLM_ISSUES}",
                fix='inference = "llama-cpp"',
            )


@host_rule(
    "HW002",
    Severity.ERROR,
    "The driver branch does not support the GPU",
    why="NVIDIA ends support by architecture: branch 470 is the last for Kepler, 580 the last for"
    " Maxwell, Pascal and Volta. A newer driver does not see the GPU; one from before the GPU neither.",
    source=_DRIVERS,
)
def driver_supports(subject: Subject) -> Iterator[Hit]:
    """A stated branch is one that supports the model."""
    for at, gpu, facts in _known(subject):
        if gpu.driver and not facts.supports(gpu.driver):
            yield Hit(
                (*at, "driver"),
                f"driver branch {gpu.driver} does not support {gpu.model}",
                detail=f"{facts.architecture.capitalize()}: from {facts.driver[0]} to"
                f" {facts.driver[1]}; {facts.sources[1]}",
                fix=f'driver = "{facts.driver[1]}"',
            )


@host_rule(
    "HW003",
    Severity.ERROR,
    "CUDA does not support the GPU",
    why="CUDA 12 dropped Kepler; CUDA 13 dropped Maxwell, Pascal and Volta. What is built with it has"
    " no code for such a GPU.",
    source=_CUDA,
)
def cuda_supports(subject: Subject) -> Iterator[Hit]:
    """A stated version of CUDA is one that supports the model."""
    for at, gpu, facts in _known(subject):
        oldest, newest = facts.cuda
        if gpu.cuda and not oldest <= int(gpu.cuda) <= newest:
            yield Hit(
                (*at, "cuda"),
                f"CUDA {gpu.cuda} does not support {gpu.model}, compute capability"
                f" {facts.compute_capability}",
                detail=f"{facts.architecture.capitalize()}: CUDA {oldest} to {newest};"
                f" {facts.sources[-1]}",
                fix=f'cuda = "{newest}"',
            )


@host_rule(
    "HW004",
    Severity.ERROR,
    "The driver is too old for CUDA",
    why="Each major version of CUDA needs a driver: 11 from 450 on, 12 from 525 on, 13 from 580 on.",
    source=_CUDA_DRIVERS,
)
def driver_runs_cuda(subject: Subject) -> Iterator[Hit]:
    """The branch that the host gets runs the stated version of CUDA."""
    driver = driver_for(subject.host.hardware.gpus.values())
    for name, gpu in subject.host.hardware.gpus.items():
        if gpu.cuda is None or driver is None:
            continue
        needed = oldest_driver(int(gpu.cuda))
        if BRANCHES.index(driver) < BRANCHES.index(needed):
            yield Hit(
                ("hardware", "gpus", name, "cuda"),
                f"CUDA {gpu.cuda} needs {needed} or newer, the host has {driver}",
                fix=f'driver = "{needed}", or an older cuda',
            )


@host_rule(
    "HW005",
    Severity.NOTE,
    "Nothing is known about the GPU",
    why="The table of GPUs does not know the model: driver, CUDA and engine are not checked.",
    source="https://developer.nvidia.com/cuda-gpus",
)
def gpu_is_known(subject: Subject) -> Iterator[Hit]:
    """The model is in the table."""
    for name, gpu in subject.host.hardware.gpus.items():
        if gpu_facts(gpu.model) is None:
            yield Hit(
                ("hardware", "gpus", name, "model"),
                f'no GPU "{gpu.model}" is in the table',
                fix="write it as `nvidia-smi -L` does; state driver and cuda",
            )


@host_rule(
    "HW006",
    Severity.ERROR,
    "No driver supports all GPUs of the host",
    why="One driver is loaded for all GPUs of a host.",
    source=_DRIVERS,
)
def one_driver(subject: Subject) -> Iterator[Hit]:
    """GPUs of a host share a driver branch, and state the same one."""
    gpus = subject.host.hardware.gpus
    stated = {name: gpu.driver for name, gpu in gpus.items() if gpu.driver}
    first = next(iter(stated), None)
    for name, driver in stated.items():
        if first and driver != stated[first]:
            yield Hit(
                ("hardware", "gpus", name, "driver"),
                f"{first} wants {stated[first]}, not {driver}",
                fix=f'driver = "{stated[first]}" for both, if it supports both',
            )
    shared = driver_for(gpus.values())
    if gpus and shared is None:
        yield Hit(
            ("hardware", "gpus"),
            "the GPUs have no driver branch in common",
            detail="; ".join(
                f"{gpu.model} from {facts.driver[0]} to {facts.driver[1]}"
                for _, gpu, facts in _known(subject)
            ),
            fix="put them into two hosts",
        )
    for at, gpu, facts in _known(subject):
        if shared and gpu.driver is None and not facts.supports(shared):
            yield Hit(
                (*at, "model"),
                f"{gpu.model} does not work with {shared} of the others",
                fix="state a driver that supports all of them",
            )


@host_rule(
    "HW010",
    Severity.ERROR,
    "The CPU's numbers do not agree",
    why="Cores and threads are counted over all sockets. Sockets hold the same CPU, and each core runs"
    " one thread, or two with Hyper-Threading or SMT.",
    source="https://man7.org/linux/man-pages/man1/lscpu.1.html",
)
def cpu_adds_up(subject: Subject) -> Iterator[Hit]:
    """Cores are divided by sockets, threads by cores."""
    cpu = subject.host.hardware.cpu
    if cpu.cores % cpu.sockets:
        yield Hit(
            ("hardware", "cpu", "cores"),
            f"{cpu.cores} cores on {cpu.sockets} sockets",
            fix="count the cores of all sockets together",
        )
    per_core, rest = divmod(cpu.threads, cpu.cores)
    if rest or not 1 <= per_core <= _MOST_THREADS_PER_CORE:
        yield Hit(
            ("hardware", "cpu", "threads"),
            f"{cpu.threads} threads on {cpu.cores} cores",
            fix=f"threads = {cpu.cores} or {2 * cpu.cores}, over all sockets",
        )


@host_rule(
    "HW011",
    Severity.WARNING,
    "More memory is promised than there is",
    why="ZFS's cache and the root in memory may each grow to their limit. When they do at once and do"
    " not fit, the kernel kills what asks next.",
    source="https://docs.kernel.org/mm/oom.html",
)
def memory_suffices(subject: Subject) -> Iterator[Hit]:
    """The limits together stay below the memory; DB013 adds those of a database."""
    host = subject.host
    promised = {
        "ARC": host.upkeep.arc_max or Size(0),
        "root in memory": host.boot.root.size,
    }
    total = Size(sum(promised.values()))
    if host.database is None and total > host.hardware.memory > 0:
        yield Hit(
            ("hardware", "memory"),
            f"{total.human_binary()} are promised, the host has"
            f" {host.hardware.memory.human_binary()}",
            detail=" + ".join(f"{what} {size.human_binary()}" for what, size in promised.items()),
            fix="lower upkeep.arc_max or boot.root.size",
        )


@host_rule(
    "HW012",
    Severity.NOTE,
    "Memory is written in decimal units",
    why="Memory modules are sold in powers of two: 128 GB of modules are 128 GiB. Written as 128GB it"
    " counts as 119.2 GiB.",
    source="https://physics.nist.gov/cuu/Units/binary.html",
)
def memory_is_binary(subject: Subject) -> Iterator[Hit]:
    """A whole number of 256 MiB."""
    memory = subject.host.hardware.memory
    if memory % 2**28:
        yield Hit(
            ("hardware", "memory"),
            f"{memory.human()} are {memory.human_binary()}",
            fix=f'memory = "{round(memory / 10**9)}GiB"',
        )


def _known(subject: Subject) -> Iterator[tuple[KeyPath, Gpu, GpuFacts]]:
    for name, gpu in subject.host.hardware.gpus.items():
        facts = gpu_facts(gpu.model)
        if facts:
            yield ("hardware", "gpus", name), gpu, facts
