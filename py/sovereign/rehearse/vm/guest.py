"""A running guest: started, reached by ssh on the loopback, its disks pulled, its power cut."""

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sovereign.rehearse.furnish import Placed
from sovereign.rehearse.vm.errors import GuestError
from sovereign.rehearse.vm.initrd import initrd
from sovereign.rehearse.vm.proof import Tell
from sovereign.rehearse.vm.qemu import Drive, Machine, arguments, device
from sovereign.rehearse.vm.qmp import Monitor
from sovereign.rehearse.vm.root import kernel
from sovereign.run import Completed, Process, run, start

LIGHT = "/bin/busybox init"
"""A first process that starts udev and sshd, and nothing else: a few seconds where systemd takes 40."""

_LONGEST = 80
"""Bytes: a socket's path has 107 at most (unix(7)), and ssh adds some to it."""

_BOOTS = 3
"""Tries. Emulated on several threads, a kernel that patches its own code at the boot may panic."""

BOOT_TIMEOUT = 240.0
"""Seconds until a guest must answer; emulated and beside other work it is slow."""

_SSHD = """Port 22
HostKey /etc/rehearsal/host_key
AuthorizedKeysFile /etc/rehearsal/authorized_keys
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
MaxSessions 64
"""

_INITTAB = """::sysinit:/etc/rehearsal/prepare
::respawn:/usr/sbin/sshd -D -e -f /etc/rehearsal/sshd_config
"""

_NETWORK = """modprobe virtio_net
ip link set lo up
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
"""

_PREPARE = f"""#!/bin/sh
set -e
PATH=/usr/sbin:/usr/bin
export PATH
mount -t tmpfs -o mode=0755 tmpfs /run
mount -t tmpfs tmpfs /tmp
mkdir -p /dev/pts /dev/shm /run/sshd /run/lock
ln -s /proc/self/fd /dev/fd
ln -s fd/0 /dev/stdin
ln -s fd/1 /dev/stdout
ln -s fd/2 /dev/stderr
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
/usr/lib/systemd/systemd-udevd --daemon
udevadm trigger --type=subsystems --action=add
udevadm trigger --type=devices --action=add
{_NETWORK}"""


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest that answers. `spec` is how testinfra reaches it."""

    machine: Machine
    folder: Path
    process: Process

    @property
    def spec(self) -> str:
        """The guest as an address for the suite."""
        return f"ssh://guest?ssh_config={self.folder / 'ssh_config'}"

    def run(self, script: str, *, timeout: float = 600, check: bool = True) -> Completed:
        """Run a script by bash as root. Raises GuestError with what it said."""
        done = self._ssh(("bash", "-euo", "pipefail", "-s"), script, timeout)
        if check and done.code != 0:
            said = (done.err or done.out).strip()[-2000:]
            raise GuestError(f"a command in the guest exited with {done.code}: {said}")
        return done

    def put(self, path: str, text: str) -> None:
        """Write an executable file; `path` must need no quotes. Raises GuestError."""
        done = self._ssh(
            (f"mkdir -p $(dirname {path}); cat >{path} && chmod 755 {path}",), text, 120
        )
        if done.code != 0:
            raise GuestError(f"{path} cannot be written: {done.err.strip()}")

    def answers(self) -> bool:
        """Whether a command can be run."""
        return self._ssh(("true",), "", 60).code == 0

    def pull(self, drive: Drive) -> None:
        """Take a disk out: the guest finds it gone. Its file stays. Raises MonitorError."""
        with self.monitor() as monitor:
            monitor.ask("device_del", {"id": drive.name})
            monitor.wait_for("DEVICE_DELETED", drive.name)
            monitor.ask("blockdev-del", {"node-name": f"node-{drive.name}"})

    def plug(self, drive: Drive) -> None:
        """Put a disk in, where one of the same name was. Raises MonitorError."""
        driver, *options = device(drive)
        no_flush = self.machine.cache == "unsafe"
        cache = {"no-flush": no_flush}
        with self.monitor() as monitor:
            monitor.ask(
                "blockdev-add",
                {
                    "driver": drive.format,
                    "node-name": f"node-{drive.name}",
                    "discard": "unmap",
                    "cache": {**cache},
                    "file": {
                        "driver": "file",
                        "filename": str(drive.file),
                        "discard": "unmap",
                        "cache": {**cache},
                    },
                },
            )
            values = dict(option.split("=", 1) for option in options)
            rotation = values.pop("rotation_rate", None)
            extra = {"rotation_rate": int(rotation)} if rotation else {}
            monitor.ask("device_add", {"driver": driver, **values, **extra})

    def monitor(self) -> Monitor:
        """Call QEMU's monitor. Raises MonitorError."""
        return Monitor(self.folder / "monitor")

    def cut_power(self) -> None:
        """Kill QEMU at once: what the guest had in memory is gone."""
        self.process.stop(grace=0)

    def console(self) -> str:
        """The end of what the guest said on its serial line."""
        file = self.folder / "console"
        text = file.read_text("utf-8", "replace") if file.exists() else ""
        return "\n".join(text.splitlines()[-15:])

    def _ssh(self, words: Sequence[str], stdin: str, timeout: float) -> Completed:
        argv = ("ssh", "-F", str(self.folder / "ssh_config"), "guest", *words)
        return run(argv, stdin=stdin, timeout=timeout, check=False)


@contextmanager
def light_guest(
    root: Path,
    folder: Path,
    machine: Machine,
    put: Sequence[Placed],
    tell: Tell,
    first: str = LIGHT,
) -> Iterator[Guest]:
    """Start `machine` from the shared root with udev and sshd alone; end it whatever happens.

    `folder` is made, for sockets, keys and the console's text. Raises GuestError, UnusableRootError.
    """
    if len(os.fsencode(folder)) > _LONGEST:
        raise GuestError(f"{folder} is too long a name for the sockets in it")
    folder.mkdir(parents=True)
    used = kernel(root)
    keys = _keys(folder)
    files = (*keys, *_light_files(), *put)
    (folder / "initrd").write_bytes(initrd(root, used.modules, files, first))
    port = free_port()
    whole = replace(machine, root=root, kernel=used.image, initrd=folder / "initrd", ssh_port=port)
    (folder / "ssh_config").write_text(_ssh_config(folder, port))
    with running(whole, folder, tell) as guest:
        yield guest


@contextmanager
def running(machine: Machine, folder: Path, tell: Tell) -> Iterator[Guest]:
    """Start a machine and wait until it answers by ssh; end it whatever happens.

    Raises GuestError.
    """
    tell("the guest boots")
    guest = _booted(machine, folder)
    try:
        yield guest
    finally:
        guest.process.stop(grace=0)


def _booted(machine: Machine, folder: Path) -> Guest:
    for _ in range(_BOOTS):
        guest = Guest(machine, folder, start(arguments(machine, folder), log=folder / "qemu.log"))
        try:
            if _comes_up(guest):
                return guest
        except BaseException:
            guest.process.stop(grace=0)
            raise
    said = (folder / "qemu.log").read_text("utf-8", "replace").strip()
    raise GuestError(f"QEMU ended: {said or guest.console()}")


def _comes_up(guest: Guest) -> bool:
    """Wait until it answers; False where QEMU ends before."""
    end = time.monotonic() + BOOT_TIMEOUT
    while not guest.answers():
        if guest.process.poll() is not None:
            return False
        if time.monotonic() > end:
            raise GuestError(f"the guest does not answer: {guest.console()}")
        time.sleep(0.5)
    return True


def _light_files() -> tuple[Placed, ...]:
    return (
        Placed("/etc/inittab", _INITTAB),
        Placed("/etc/rehearsal/prepare", _PREPARE, 0o755),
        Placed("/etc/rehearsal/sshd_config", _SSHD),
        # It starts a shell at every event, and has nothing to say without a vdev_id.conf.
        Placed("/etc/udev/rules.d/69-vdev.rules", ""),
    )


def _keys(folder: Path) -> tuple[Placed, ...]:
    """Keys for this one guest, on both sides."""
    for name in ("host_key", "client_key"):
        run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "rehearsal", "-f", folder / name))
    known = (folder / "host_key.pub").read_text()
    (folder / "known_hosts").write_text(f"guest {known}")
    return (
        Placed("/etc/rehearsal/host_key", (folder / "host_key").read_text(), 0o600),
        Placed("/etc/rehearsal/authorized_keys", (folder / "client_key.pub").read_text()),
    )


def _ssh_config(folder: Path, port: int) -> str:
    return f"""Host guest
  HostName 127.0.0.1
  HostKeyAlias guest
  Port {port}
  User root
  IdentityFile "{folder / "client_key"}"
  IdentitiesOnly yes
  UserKnownHostsFile "{folder / "known_hosts"}"
  StrictHostKeyChecking yes
  CheckHostIP no
  BatchMode yes
  LogLevel ERROR
  ConnectTimeout 30
  KexAlgorithms curve25519-sha256
  ControlMaster auto
  ControlPath "{folder / "ssh"}"
  ControlPersist 300
"""


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return int(port)
