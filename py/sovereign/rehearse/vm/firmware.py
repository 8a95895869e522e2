"""A machine with UEFI firmware, Secure Boot and a TPM 2.0, in software: OVMF, swtpm and QEMU.

Keys are made for one run and enrolled into a copy of the firmware's variables; nothing outlives it.
"""

import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sovereign.rehearse.vm.qemu import Drive, Machine, arguments, in_option
from sovereign.run import Process, run, start

PACKAGES = (
    "dosfstools",
    "gdisk",
    "mtools",
    "openssl",
    "ovmf",
    "python3-virt-firmware",
    "sbsigntool",
    "swtpm",
    "systemd-boot-efi",
    "systemd-ukify",
)
"""What of Debian trixie is used here."""

_OVMF = "usr/share/OVMF"
_STUB = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"
# The tools' root is shared: the run folder is mounted in it for one program alone.
_ENTER = (
    'mount --bind "$1" "$2/mnt" && root=$2 && shift 2 && cd / && exec chroot "$root" "$@"',
    "sh",
)


@dataclass(frozen=True, slots=True)
class Tools:
    """Programs of a Debian root, which know the run folder as /mnt; `folder` in it is this stage's."""

    root: Path
    run_folder: Path
    folder: Path

    def argv(self, *words: str) -> tuple[str, ...]:
        """Return the command line that runs such a program."""
        enter = ("unshare", "--mount", "--propagation", "private", "sh", "-c", *_ENTER)
        return (*enter, str(self.run_folder), str(self.root), *words)

    def run(self, *words: str, check: bool = True) -> str:
        """Run a program to its end and return what it printed. With `check`, raises ProgramError."""
        return run(self.argv(*words), env={"TMPDIR": "/mnt"}, timeout=120, check=check).out

    def seen(self, file: Path) -> str:
        """Return the name by which such a program knows a file of the run folder."""
        return f"/mnt/{file.relative_to(self.run_folder)}"


@dataclass(frozen=True, slots=True)
class Keys:
    """What signs, and the firmware's variables that trust it and nothing else."""

    private: Path
    certificate: Path
    variables: Path


def make_keys(tools: Tools) -> Keys:
    """Make PK, KEK and db, and enrol them with Secure Boot switched on."""
    certificates = {name: tools.folder / f"{name}.pem" for name in ("PK", "KEK", "db")}
    for name, file in certificates.items():
        tools.run(
            *("openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-noenc", "-sha256"),
            *("-days", "2", "-subj", f"/CN=rehearsal {name}/"),
            *("-keyout", tools.seen(file.with_suffix(".key")), "-out", tools.seen(file)),
        )
    owner = str(uuid4())
    seen = {name: tools.seen(file) for name, file in certificates.items()}
    variables = tools.folder / "trusting.fd"
    tools.run(
        *("virt-fw-vars", "--input", f"/{_OVMF}/OVMF_VARS_4M.fd", "--output"),
        *(tools.seen(variables), "--set-pk", owner, seen["PK"]),
        *("--add-kek", owner, seen["KEK"], "--add-db", owner, seen["db"], "--sb"),
    )
    return Keys(certificates["db"].with_suffix(".key"), certificates["db"], variables)


def factory_variables(tools: Tools) -> Path:
    """Copy the firmware's variables as they come: no key is enrolled, everything starts."""
    copy = tools.folder / "factory.fd"
    shutil.copyfile(tools.root / _OVMF / "OVMF_VARS_4M.fd", copy)
    return copy


def make_image(
    tools: Tools, linux: Path, initrd: Path, parameters: str, image: Path, keys: Keys | None = None
) -> Path:
    """Make a unified kernel image, signed if there are keys."""
    signing: tuple[str, ...] = ()
    if keys:
        signing = (
            f"--secureboot-private-key={tools.seen(keys.private)}",
            f"--secureboot-certificate={tools.seen(keys.certificate)}",
            "--signtool=sbsign",
        )
    tools.run(
        *("ukify", "build", f"--linux={tools.seen(linux)}", f"--initrd={tools.seen(initrd)}"),
        *(f"--cmdline={parameters}", f"--stub={_STUB}", "--os-release=ID=rehearsal"),
        *(*signing, f"--output={tools.seen(image)}"),
    )
    return image


@dataclass(frozen=True, slots=True)
class Boot:
    """What a machine wrote to its console until it ended, or was ended, after so many seconds."""

    console: str
    seconds: float

    @property
    def told(self) -> Mapping[str, str]:
        """What the image said of itself, by name; empty where it did not start."""
        return dict(re.findall(r"^rehearsal (\S+): (.*?)\s*$", self.console, re.MULTILINE))


def boot(
    tools: Tools,
    drives: Sequence[Drive],
    variables: Path,
    *,
    until: Callable[[str], bool],
    seconds: float,
) -> Boot:
    """Run a machine until it switches itself off, `until` holds of its console or time is up.

    Each start is a fresh machine: variables and TPM remember nothing of the one before.
    """
    shutil.copyfile(variables, tools.folder / "running.fd")
    console = tools.folder / "console"
    console.write_bytes(b"")
    begun = time.monotonic()
    with _tpm(tools) as chip:
        # In the stage's folder, for the path of a socket may not be long.
        call = arguments(_machine(tools, drives), Path())
        machine = start(call, log=tools.folder / "qemu.log", cwd=tools.folder)
        try:
            while machine.poll() is None and chip.poll() is None:
                if until(_text(console)) or time.monotonic() - begun > seconds:
                    break
                time.sleep(0.2)
        finally:
            machine.stop(grace=0)
    return Boot(_text(console), time.monotonic() - begun)


@contextmanager
def _tpm(tools: Tools) -> Iterator[Process]:
    state = tools.folder / "tpm"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    words = ("swtpm", "socket", "--tpm2", "--tpmstate", f"dir={tools.seen(state)}")
    control = ("--ctrl", f"type=unixio,path={tools.seen(state / 'socket')}")
    chip = start(tools.argv(*words, *control), log=tools.folder / "tpm.log")
    try:
        end = time.monotonic() + 20
        while not (state / "socket").exists() and chip.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        yield chip
    finally:
        chip.stop(grace=0)


def _machine(tools: Tools, drives: Sequence[Drive]) -> Machine:
    code = in_option(tools.root / _OVMF / "OVMF_CODE_4M.secboot.fd")
    return Machine(
        drives=tuple(drives),
        memory=1024,
        cpus=1,
        extra=(
            # Only the firmware, in system management mode, writes its variables.
            *("-machine", "smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on"),
            *("-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={code}"),
            *("-drive", "if=pflash,unit=1,format=raw,file=running.fd"),
            *("-chardev", "socket,id=tpm,path=tpm/socket"),
            *("-tpmdev", "emulator,id=tpm,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm"),
        ),
    )


def _text(console: Path) -> str:
    """The console without the firmware's escape sequences."""
    text = console.read_bytes().decode("utf-8", "replace")
    return re.sub(r"\x1b\[[0-9;=?]*[A-Za-z]|\r", "", text)
