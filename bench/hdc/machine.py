"""The machine and the versions that a table was made with."""

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

LIBRARIES = (
    "numpy",
    "cffi",
    "numkong",
    "simsimd",
    "faiss-cpu",
    "usearch",
    "bhv",
    "torch",
    "torch-hd",
    "hdlib",
    "pyhdc",
    "holovec",
    "scikit-learn",
    "scipy",
    "pyfftw",
    "mkl_fft",
    "ducc0",
)


def describe() -> str:
    """The processor, its caches and memory, in one line."""
    info = _cpuinfo()
    name = info.get("model name", platform.processor() or platform.machine())
    family = (
        f" (family {info['cpu family']}, model {info['model']})" if "cpu family" in info else ""
    )
    caches = ", ".join(_caches())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    vectors = "with" if has_vector_popcount() else "without"
    return (
        f"{name}{family}, {os.cpu_count()} CPUs, {caches}, {memory:.0f} GiB; "
        f"{vectors} AVX-512 VPOPCNTDQ"
    )


def versions() -> str:
    """Python and every library, with its version or that it is not there."""
    named = [f"Python {platform.python_version()}"]
    for library in LIBRARIES:
        try:
            named.append(f"{library} {metadata.version(library)}")
        except metadata.PackageNotFoundError:
            named.append(f"{library} (not installed)")
    return ", ".join(named)


def has_vector_popcount() -> bool:
    """Whether goals can be judged: they are set for AVX-512 VPOPCNTDQ."""
    return "avx512_vpopcntdq" in _cpuinfo().get("flags", "").split()


def busy() -> float:
    """The share of all processors that others keep busy, over the last minute."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)


def _cpuinfo() -> dict[str, str]:
    if sys.platform != "linux":
        return {}
    first = Path("/proc/cpuinfo").read_text("utf-8").split("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _caches() -> list[str]:
    places = sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"))
    return [
        f"L{_read(place / 'level')} {_read(place / 'size')}"
        for place in places
        if _read(place / "type") != "Instruction"
    ]


def _read(path: Path) -> str:
    return path.read_text("utf-8").strip()
