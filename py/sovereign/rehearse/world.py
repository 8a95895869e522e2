"""The world of the fast tier: the host in a container, its zones' machines and far ends around it."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sovereign.errors import ProgramError
from sovereign.rehearse.caller import Caller, call_all, join
from sovereign.rehearse.concerns import CONCERNS
from sovereign.rehearse.furnish import Furnishing, World
from sovereign.rehearse.job import Job, Variant
from sovereign.rehearse.machine import Machine, boot, mask, overlay, stand
from sovereign.rehearse.surroundings import Surroundings
from sovereign.rehearse.wiring import HOST, far_namespace, namespace, wire
from sovereign.run import run

_PLACE = Path("/run/sovereign")
"""In a /run of our own: memory that goes with the mount namespace."""
HOST_PLACE = _PLACE / "host"
_ADDRESS_S = 20
_TUNNELLED = frozenset({"network", "wireguard"})
"""After these the host has forgotten who called it."""


@dataclass(slots=True)
class FastWorld:
    """Machines that run, and what was furnished on the host."""

    job: Job
    around: Surroundings
    host: Machine
    machines: Mapping[str, Machine]
    """By zone: where a check from there is made."""
    callers: tuple[Caller, ...] = ()
    placed: dict[str, Furnishing] = field(default_factory=dict)

    def furnish(self, variant: Variant, concerns: Iterator[str] | tuple[str, ...]) -> list[str]:
        """Furnish some concerns; return what went wrong on the way."""
        world = World(self.job.host, self.around.names)
        problems: list[str] = []
        chosen = [name for name in CONCERNS if name in set(concerns) and name in variant.values]
        wanted = {name: CONCERNS[name].furnish(variant.values[name], world) for name in chosen}
        for name, furnishing in wanted.items():
            if name in self.placed and furnishing.state:
                self._say(problems, "systemctl", "stop", *furnishing.units)
                self._say(problems, "rm", "-rf", *furnishing.state)
            self._place(name, furnishing)
        self._say(problems, "systemctl", "daemon-reload")
        # systemd would refuse what trials restart too often
        self._say(problems, "systemctl", "reset-failed", "*.service")
        for furnishing in wanted.values():
            for command in furnishing.commands:
                self._say(problems, *command)
            for unit in furnishing.units:
                self._say(problems, "systemctl", "restart", unit)
        if _TUNNELLED & set(chosen):
            call_all(self.callers)
        return problems

    def _place(self, name: str, furnishing: Furnishing) -> None:
        kept = {file.path for file in furnishing.files}
        for file in self.placed.get(name, Furnishing()).files:
            if file.path not in kept:
                self.host.path(file.path).unlink(missing_ok=True)
        for file in furnishing.files:
            self.host.place(file)
        self.placed[name] = furnishing

    def _say(self, problems: list[str], *argv: str) -> None:
        try:
            done = self.host.run(argv, check=False)
        except ProgramError as error:
            problems.append(error.message)
            return
        if done.code != 0:
            said = (done.err or done.out).strip().splitlines()[-1:] or ["no message"]
            problems.append(f"{' '.join(argv)}: {said[0]}")


@dataclass(slots=True)
class Timed:
    """A stage that is reported when it begins and when it ends."""

    name: str
    tell: Callable[[str, float | None], None]
    began: float = 0

    def __enter__(self) -> None:
        self.began = time.monotonic()
        self.tell(self.name, None)

    def __exit__(self, *_: object) -> None:
        self.tell(self.name, time.monotonic() - self.began)


def build(job: Job, around: Surroundings, tell: Callable[[str, float | None], None]) -> FastWorld:
    """Wire and start all machines. Raises BootError, ProgramError."""
    with Timed("wire the machines", tell):
        _prepare()
        for argv in wire(around):
            run(argv)
    with Timed("boot the host", tell):
        root = overlay(job.roots, HOST_PLACE)
        mask(root)
        for path, content in job.secrets.items():
            _leave_secret(root, path, content)
        host = boot(around.host, root, HOST, job.folder / "host.log")
    with Timed("start what surrounds it", tell):
        others = overlay(job.roots, _PLACE / "others")
        run(("mount", "--rbind", "/dev", others / "dev"))
        log = job.folder / "others.log"
        machines = {
            one.zone: stand(one.zone, others, namespace(one.zone), log)
            for one in (around.uplink, *around.neighbours)
        }
        if around.dhcp:
            _lease(machines[around.uplink.zone], around)
        callers: list[Caller] = []
        for end in around.far_ends:
            peer = stand(end.name, others, far_namespace(end.name), log)
            callers.append(join(peer, around, end, job.far_keys[end.name]))
            machines.setdefault(end.zone, peer)
    return FastWorld(job, around, host, machines, tuple(callers))


def wait_for_addresses(world: FastWorld) -> None:
    """Wait until the host has an address at its uplink, or has had the time for it."""
    end = time.monotonic() + _ADDRESS_S
    link = world.around.uplink.host_interface
    wanted = str(world.around.uplink.host_address)
    while time.monotonic() < end:
        found = world.host.run(("ip", "-4", "-oneline", "address", "show", link), check=False).out
        if f" {wanted}/" in found:
            return
        time.sleep(0.2)


def _prepare() -> None:
    run(("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run"))
    run(("mount", "--make-rprivate", "/"))
    Path("/run/netns").mkdir()
    _PLACE.mkdir()


def _leave_secret(root: Path, path: str, content: str) -> None:
    """Leave a secret as a careless hand would: the host must give it its owner and mode."""
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, "utf-8")
    file.chmod(0o644)


def _lease(machine: Machine, around: Surroundings) -> None:
    """Have the uplink's other end give the host its one address."""
    address, one = around.uplink.host_address, around.uplink.addresses[0]
    machine.run(
        (
            "dnsmasq",
            "--port=0",
            "--bind-interfaces",
            "--interface=internet",
            f"--dhcp-range={address},{address},{one.network.netmask},1h",
            f"--dhcp-option=option:router,{one.ip}",
            "--dhcp-leasefile=/run/leases",
            "--pid-file=/run/dnsmasq.pid",
        )
    )
