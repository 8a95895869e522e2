"""What is broken: by which act, what then must answer again, and the hand that helps if nothing does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.rehearsal import probes
from bench.rehearsal.disk import fill
from bench.rehearsal.figures import WrongError
from bench.rehearsal.place import Place
from bench.rehearsal.power import cut
from bench.rehearsal.probes import Probe

from sovereign.expectations.unit import Unit
from sovereign.rehearse.wiring import namespace
from sovereign.run import run


@dataclass(frozen=True, slots=True)
class Fault:
    """`repair` is what somebody does who puts a cable back or makes room, not a hand on the host."""

    name: str
    concerns: tuple[str, ...]
    """Whose expectations are looked at afterwards."""
    strike: Callable[[], None]
    probes: tuple[Probe, ...]
    hand: tuple[str, ...]
    struck: Probe | None = None
    """Whether the fault shows."""
    repair: Callable[[], None] | None = None


def everything(place: Place) -> Iterator[Fault]:
    """Yield the faults, the harmless first."""
    ends = place.world.around.far_ends
    share, database = probes.share(place), probes.database(place)
    yield _killed(place, "samba-smbd.service", "samba", share)
    yield _killed(place, "postgresql.service", "database", database)
    yield _killed(place, "sshd.service", "access", probes.login(place))
    for end in ends:
        crossed = probes.tunnel(place, end.zone)
        yield _killed(place, f"wireguard-{end.interface}.service", "wireguard", crossed)
    yield _killed(place, "systemd-networkd.service", "network", share)
    healthy = probes.healthy(place)
    for unit in place.all(Unit):
        if unit.concern == "emily" and unit.name.endswith(".service") and unit.state == "active":
            yield _killed(place, unit.name, "emily", healthy)
    concerns = tuple(place.world.job.variants[0].values)
    outside = probes.tunnel(place, ends[0].zone)
    alive = (share, database, probes.login(place), healthy, outside)
    yield _unplugged(place, concerns, outside)
    yield _flushed(place, probes.firewall(place))
    yield Fault(
        name="power cut",
        concerns=concerns,
        strike=lambda: cut(place),
        probes=(*alive, probes.firewall(place)),
        hand=("systemctl", "default"),
    )
    full = fill(place)
    yield Fault(
        name="full disk",
        concerns=concerns,
        strike=full.take,
        struck=lambda: place.world.host.run(full.try_it, check=False).code != 0,
        repair=full.give_back,
        probes=alive,
        hand=("systemctl", "restart", "postgresql.target", "samba-smbd.service", "emily.target"),
    )


def _killed(place: Place, unit: str, concern: str, probe: Probe) -> Fault:
    before = probes.main_pid(place, unit)
    if not before:
        raise WrongError(f"{unit} does not run")

    def kill() -> None:
        words = ("systemctl", "kill", "--kill-whom=main", "--signal=KILL", unit)
        place.world.host.run(words)

    return Fault(
        name=f"{unit} killed",
        concerns=(concern,),
        strike=kill,
        struck=lambda: not place.world.host.path(f"/proc/{before}").exists(),
        probes=(lambda: probes.running(place, unit, before), probe),
        hand=("systemctl", "restart", unit),
    )


def _unplugged(place: Place, concerns: tuple[str, ...], probe: Probe) -> Fault:
    space = namespace(place.world.around.uplink.zone)

    def cable(state: str) -> None:
        run(("ip", "-n", space, "link", "set", "uplink", state))

    return Fault(
        name="the uplink's cable pulled, and put back",
        concerns=concerns,
        strike=lambda: cable("down"),
        struck=lambda: not probe(),
        repair=lambda: cable("up"),
        probes=(probe,),
        hand=("networkctl", "reconfigure", place.world.around.uplink.host_interface),
    )


def _flushed(place: Place, probe: Probe) -> Fault:
    return Fault(
        name="nftables flushed by a careless hand",
        concerns=("firewall",),
        strike=lambda: _run(place, "nft", "flush", "ruleset"),
        struck=lambda: not probe(),
        probes=(probe,),
        hand=("systemctl", "restart", "nftables.service"),
    )


def _run(place: Place, *argv: str) -> None:
    place.world.host.run(argv)
