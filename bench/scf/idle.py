"""What the daemon takes while nothing is due: processor time, memory, a scrape, and how well it keeps its beat.

SCF_IDLE_SECONDS sets how long each gear is watched.
"""

import os
import re
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from bench.emily.rows import Row

from scf.daemon.control import Command, give
from scf.daemon.gears import Gear
from scf.daemon.home import make
from scf.drive import Drive
from scf.settings import Home
from scf.vault import Vault
from scf.vault.sources import source_of
from scf.vault.verifiers import AnyBytes

_SECONDS = float(os.environ.get("SCF_IDLE_SECONDS", "60"))
_SETTINGS = 'drive = "../drive"\n[train]\nminimum = 1000000\n[page]\nport = 0\n'
_CPU_GOALS = {Gear.STANDARD: 1.0, Gear.HYPER: 5.0}
_RSS_MB = 120
_SCRAPES = 300
_SCRAPE_MS = 50
_CYCLES = 40


def rows() -> list[Row]:
    """Watch an idle daemon in each gear, its page served."""
    with TemporaryDirectory(prefix="scf-idle-") as scratch:
        home = Home(Path(scratch) / "home")
        make(home, Path(scratch) / "drive", _SETTINGS)
        _fossils(home)
        found = []
        for gear in Gear:
            with _Daemon(home, gear) as daemon:
                cpu, largest = daemon.watched(_SECONDS)
            goal = _CPU_GOALS.get(gear)
            found.append(
                Row(
                    f"idle in {gear} ({gear.period_s:g} s), processor",
                    f"{cpu:.2f} %",
                    f"< {goal:g} %" if goal else "",
                    cpu < goal if goal else None,
                )
            )
            found.append(
                Row(
                    f"memory (RSS) in {gear}",
                    f"{largest:.0f} MB",
                    f"< {_RSS_MB} MB",
                    largest < _RSS_MB,
                )
            )
        with _Daemon(home, Gear.STANDARD) as daemon:
            found.append(_scrape(daemon.scrapes()))
        found += [_beat(home, gear) for gear in Gear]
    return found


def _fossils(home: Home) -> None:
    source = home.folder / "numbers.ndjson"
    source.write_text("".join(f'{{"number": {each}}}\n' for each in range(100_000)), "utf-8")
    vault = Vault.open(Drive.open(home.settings().drive))
    vault.ingest(source_of(source), AnyBytes())
    vault.close()


class _Daemon:
    """A real daemon in a gear, until the block ends."""

    def __init__(self, home: Home, gear: Gear) -> None:
        give(home.control, Command.SHIFT_GEAR, gear, after=int(time.time()))
        argv = (sys.executable, "-P", "-m", "scf", "daemon", "--home", str(home.folder))
        self._child = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
        self._address = ""

    def __enter__(self) -> "_Daemon":
        assert self._child.stderr is not None
        for line in self._child.stderr:
            if line.startswith("page: "):
                self._address = urlsplit(line.split()[1]).netloc
            if line.startswith("order"):
                break
        time.sleep(3)
        return self

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        assert self._child.wait(30) == 0, "the daemon did not end well"

    def watched(self, seconds: float) -> tuple[float, float]:
        """Per cent of one core, and the largest resident memory in MB."""
        began, used = time.monotonic(), self._cpu_s()
        time.sleep(seconds)
        share = 100 * (self._cpu_s() - used) / (time.monotonic() - began)
        status = Path(f"/proc/{self._child.pid}/status").read_text("ascii")
        peak = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert peak is not None
        return share, int(peak[1]) / 1000

    def scrapes(self) -> list[float]:
        """How many seconds each of some hundred scrapes takes, from connecting to the last byte."""
        took = []
        for _ in range(_SCRAPES):
            began = time.perf_counter()
            page = HTTPConnection(self._address, timeout=10)
            page.request("GET", "/metrics")
            answer = page.getresponse()
            content = answer.read()
            page.close()
            took.append(time.perf_counter() - began)
            assert answer.status == 200, "the page did not answer"
            assert b"scf_healthy 1.0\n" in content, "the daemon is not well"
            assert b"scf_fossils 100000.0\n" in content, "the metrics do not tell of the vault"
        return took

    def _cpu_s(self) -> float:
        fields = Path(f"/proc/{self._child.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _scrape(took: list[float]) -> Row:
    middle, worst = 1000 * median(took), 1000 * max(took)
    return Row(
        f"{len(took)} scrapes of /metrics in {Gear.STANDARD}: median; worst",
        f"{middle:.1f} ms; {worst:.1f} ms",
        f"< {_SCRAPE_MS} ms",
        worst < _SCRAPE_MS,
    )


def _beat(home: Home, gear: Gear) -> Row:
    """How long 40 cycles of a daemon take, by the page's count of cycles being out of it: in process."""
    import threading

    from scf.daemon.build import Parts
    from scf.daemon.serve import serve

    parts = Parts.open(home)
    daemon = parts.daemon()
    moments: list[float] = []
    serve(
        daemon,
        threading.Event(),
        seen=lambda _: moments.append(time.monotonic()),
        until=lambda _: len(moments) > _CYCLES,
        gear=gear,
    )
    daemon.journal.close()
    share = (moments[-1] - moments[0]) / (_CYCLES * gear.period_s)
    within = 0.2 if gear is Gear.SINGULARITY else 0.1
    return Row(
        f"{_CYCLES} cycles in {gear}, of {_CYCLES} periods of {gear.period_s:g} s",
        f"{share:.4f}",
        f"1 ± {within:g}",
        abs(share - 1) <= within,
    )
