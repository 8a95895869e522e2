"""What the hardware cannot do is found in its place, and every row of the tables has a source."""

import re

import pytest

from review.cases import Case, assert_found
from review.conftest import Draft, all_rules
from sovereign.diagnostics import Severity
from sovereign.hardware import cpus, gpus
from sovereign.hardware.cpus import cpu_facts
from sovereign.hardware.gpus import BRANCHES, cuda_for, driver_for, gpu_facts, oldest_driver
from sovereign.inventory.hardware import Gpu
from sovereign.review import hardware

P4 = 'model = "Tesla P4"\n'
ENGINE = 'inference = "llama-cpp"\n'
SECOND_GPU = '[hardware.gpus.second]\nmodel = "{model}"\nmemory = "24GB"\n{more}\n'


def second(model: str, more: str = "") -> tuple[str, str]:
    """Add a GPU beside the P4."""
    return "[hardware.nics.uplink]", SECOND_GPU.format(model=model, more=more) + (
        "[hardware.nics.uplink]"
    )


def gpu(model: str, **more: str) -> Gpu:
    return Gpu.model_validate({"model": model, "memory": "8GB", **more})


CASES = (
    Case(
        hardware.engine_runs,
        '"vllm"',
        "vLLM needs compute capability 7.0, Tesla P4 has 6.1",
        host=((ENGINE, 'inference = "vllm"\n'),),
    ),
    Case(
        hardware.driver_supports,
        '"production"',
        "driver branch production does not support Tesla P4",
        host=((P4, f'{P4}driver = "production"\n'),),
    ),
    Case(
        hardware.driver_supports,
        '"legacy_470"',
        "driver branch legacy_470 does not support NVIDIA L40S",
        host=((P4, 'model = "NVIDIA L40S"\ndriver = "legacy_470"\n'),),
    ),
    Case(
        hardware.cuda_supports,
        '"13"',
        "CUDA 13 does not support Tesla P4, compute capability 6.1",
        host=((P4, f'{P4}cuda = "13"\n'),),
    ),
    Case(
        hardware.cuda_supports,
        '"11"',
        "CUDA 11 does not support NVIDIA B200",
        host=((P4, 'model = "NVIDIA B200"\ncuda = "11"\n'),),
    ),
    Case(
        hardware.driver_runs_cuda,
        '"12"',
        "CUDA 12 needs legacy_535 or newer, the host has legacy_470",
        host=((P4, f'{P4}driver = "legacy_470"\ncuda = "12"\n'),),
    ),
    Case(
        hardware.gpu_is_known,
        '"Voodoo 5"',
        'no GPU "Voodoo 5" is in the table',
        host=((P4, 'model = "Voodoo 5"\n'),),
    ),
    Case(
        hardware.one_driver,
        '"production"',
        "p4 wants legacy_580, not production",
        host=(
            (P4, f'{P4}driver = "legacy_580"\n'),
            second("NVIDIA A40", 'driver = "production"'),
        ),
    ),
    Case(
        hardware.one_driver,
        "[hardware.gpus.p4]",
        "the GPUs have no driver branch in common",
        host=((P4, 'model = "Tesla K80"\n'), second("NVIDIA L40S")),
    ),
    Case(
        hardware.one_driver,
        '"Tesla P4"',
        "Tesla P4 does not work with production of the others",
        host=(second("NVIDIA A40", 'driver = "production"'),),
    ),
    Case(
        hardware.cpu_adds_up,
        "27",
        "27 cores on 2 sockets",
        host=(("cores = 28", "cores = 27"), ("threads = 56", "threads = 54")),
    ),
    Case(
        hardware.cpu_adds_up,
        "112",
        "112 threads on 28 cores",
        host=(("threads = 56", "threads = 112"),),
    ),
    Case(
        hardware.cpu_adds_up,
        "14",
        "14 threads on 28 cores",
        host=(("threads = 56", "threads = 14"),),
    ),
    Case(
        hardware.memory_is_binary,
        '"128GB"',
        "128.0 GB are 119.2 GiB",
        host=(('memory = "128GiB"', 'memory = "128GB"'),),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_found_where_it_stands(committed: Draft, case: Case) -> None:
    assert_found(case, committed)


def test_the_documents_vllm_on_a_p4_is_refused(committed: Draft) -> None:
    draft = committed.host(ENGINE, 'inference = "vllm"\n')
    finding = draft.finding(hardware.engine_runs)
    assert finding.severity is Severity.ERROR
    assert draft.place(finding).line == 'inference = "vllm"'
    assert finding.fix == 'inference = "llama-cpp"'
    for issue in (963, 1431, 13202):
        assert f"https://github.com/vllm-project/vllm/issues/{issue}" in finding.detail


def test_memory_is_promised_twice_where_there_is_no_database(committed: Draft) -> None:
    path = "hosts/cloudlab/host.toml"
    text = re.sub(r"\n\[+database.*?(?=\n# What the owner)", "", committed.texts[path], flags=re.S)
    draft = Draft(committed.root, {**committed.texts, path: text})
    assert draft.loaded().database is None
    draft = draft.host('memory = "128GiB"', 'memory = "49GiB"')
    assert draft.marked(hardware.memory_suffices) == '"49GiB"'
    assert draft.finding(hardware.memory_suffices).detail == "ARC 48.0 GiB + root in memory 2.0 GiB"


def test_vllm_runs_on_an_a6000(committed: Draft) -> None:
    draft = committed.host(P4, 'model = "NVIDIA RTX A6000"\n').host(
        ENGINE, 'inference = "vllm"\ncuda = "13"\ndriver = "production"\n'
    )
    assert draft.findings(*(rule for rule in all_rules() if rule.code.startswith("HW"))) == ()


def test_gpus_of_two_generations_share_an_older_driver(committed: Draft) -> None:
    draft = committed.host(*second("NVIDIA A40"))
    assert draft.findings(hardware.one_driver) == ()
    assert driver_for(draft.loaded().hardware.gpus.values()) == "legacy_580"


# The tables


@pytest.mark.parametrize(
    ("model", "name", "capability"),
    [
        ("Tesla P4", "Tesla P4", "6.1"),
        ("NVIDIA Tesla P4", "Tesla P4", "6.1"),
        ("Tesla P40", "Tesla P40", "6.1"),
        ("Tesla V100-SXM2-16GB", "Tesla V100", "7.0"),
        ("NVIDIA A100-SXM4-80GB", "A100", "8.0"),
        ("NVIDIA RTX A6000", "RTX A6000", "8.6"),
        ("NVIDIA GeForce RTX 3080 Ti", "GeForce RTX 3080", "8.6"),
        ("NVIDIA L40S", "L40S", "8.9"),
        ("NVIDIA H100 80GB HBM3", "H100", "9.0"),
        ("NVIDIA GeForce RTX 5090", "GeForce RTX 5090", "12.0"),
    ],
)
def test_a_gpu_is_known_as_nvidia_smi_names_it(model: str, name: str, capability: str) -> None:
    facts = gpu_facts(model)
    assert facts is not None
    assert (facts.name, facts.compute_capability) == (name, capability)


@pytest.mark.parametrize("model", ["", "NVIDIA", "Tesla", "GeForce RTX", "Radeon Pro V620"])
def test_what_is_no_known_gpu(model: str) -> None:
    assert gpu_facts(model) is None


@pytest.mark.parametrize(
    ("model", "driver", "cuda", "open_modules"),
    [
        ("Tesla K80", "legacy_470", 11, False),
        ("Tesla P4", "legacy_580", 12, False),
        ("Tesla V100", "legacy_580", 12, False),
        ("Tesla T4", "production", 13, True),
        ("NVIDIA RTX A6000", "production", 13, True),
        ("NVIDIA B200", "production", 13, True),
    ],
)
def test_the_newest_that_supports_a_gpu(
    model: str, driver: str, cuda: int, open_modules: bool
) -> None:
    facts = gpu_facts(model)
    assert facts is not None
    assert driver_for([gpu(model)]) == driver == facts.driver[1]
    assert cuda_for(gpu(model), facts.driver[1]) == cuda
    assert facts.open_modules is open_modules


def test_what_is_stated_counts() -> None:
    assert driver_for([gpu("Tesla T4", driver="legacy_535")]) == "legacy_535"
    assert cuda_for(gpu("Tesla T4", cuda="11"), "production") == 11
    assert cuda_for(gpu("Tesla T4"), "legacy_535") == 12
    assert cuda_for(gpu("Voodoo 5"), "production") is None
    assert driver_for([]) is None


def test_every_row_of_the_gpus_is_consistent_and_cited() -> None:
    table = gpus._table()
    for row in table.models:
        assert row.source.startswith("https://")
        assert row.architecture in table.architectures
        for name in row.names:
            facts = gpu_facts(f"NVIDIA {name}")
            assert facts is not None
            assert facts.name == name
    for architecture in table.architectures.values():
        assert all(source.startswith("https://") for source in architecture.sources)
        oldest, newest = architecture.driver
        assert BRANCHES.index(oldest) <= BRANCHES.index(newest)
        assert architecture.cuda[0] <= architecture.cuda[1]
        needed = oldest_driver(architecture.cuda[1])
        assert BRANCHES.index(needed) <= BRANCHES.index(newest)


@pytest.mark.parametrize(
    ("model", "vendor", "sev", "tdx"),
    [
        ("Intel Xeon E5-2690 v4", "intel", "none", "no"),
        ("Intel(R) Xeon(R) CPU E5-2690 v4 @ 2.60GHz", "intel", "none", "no"),
        ("Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz", "intel", "none", "no"),
        ("Intel(R) Xeon(R) Gold 6430", "intel", "none", "some"),
        ("INTEL(R) XEON(R) PLATINUM 8592+", "intel", "none", "yes"),
        ("Intel(R) Xeon(R) 6980P", "intel", "none", "yes"),
        ("AMD EPYC 7551 32-Core Processor", "amd", "sev", "no"),
        ("AMD EPYC 7742 64-Core Processor", "amd", "sev-es", "no"),
        ("AMD EPYC 7F72 24-Core Processor", "amd", "sev-es", "no"),
        ("AMD EPYC 73F3 16-Core Processor", "amd", "sev-snp", "no"),
        ("AMD EPYC 7763 64-Core Processor", "amd", "sev-snp", "no"),
        ("AMD EPYC 9654 96-Core Processor", "amd", "sev-snp", "no"),
        ("AMD EPYC 9755 128-Core Processor", "amd", "sev-snp", "no"),
        ("AMD EPYC 4564P 16-Core Processor", "amd", "none", "no"),
        ("Ampere Altra Q80-30", "arm", "none", "no"),
        ("Neoverse-N1", "arm", "none", "no"),
        ("AMD Ryzen 9 7950X 16-Core Processor", "amd", "none", "no"),
    ],
)
def test_a_cpu_is_known_as_the_kernel_names_it(model: str, vendor: str, sev: str, tdx: str) -> None:
    facts = cpu_facts(model)
    assert facts is not None
    assert (facts.vendor, facts.sev, facts.tdx) == (vendor, sev, tdx)


def test_an_unknown_cpu_has_no_facts() -> None:
    assert cpu_facts("POWER9") is None


def test_every_family_of_cpus_is_cited() -> None:
    for family in cpus._families():
        assert family.source.startswith("https://")
        assert (family.vendor == "amd") or family.sev == "none"
        assert (family.vendor == "intel") or family.tdx == "no"
