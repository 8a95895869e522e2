"""Lock-out: whether those who administer a host can still get in."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from sovereign.diagnostics import Severity
from sovereign.inventory.load import Inventory
from sovereign.inventory.topology import interfaces_by_zone
from sovereign.review.lockout_walk import Step, Way, members_by_address, ways
from sovereign.review.routes import Place
from sovereign.review.rule import Hit, fleet_rule

_RP_FILTER = "https://www.rfc-editor.org/rfc/rfc3704#section-2.2"
_NAMED = 3

_FIX = {
    Step.KEY: "a key of ssh-keygen -t ed25519",
    Step.ENTRY: "let the host join the zone or talk to the peer, or describe how the operator comes",
    Step.ADDRESS: "the address that the host sees, in a network that belongs there",
    Step.FIREWALL: "add the zone to access.ssh.zones",
    Step.SSHD: "add the host's address in that zone, or remove listen: the firewall decides by zone",
    Step.RETURN: "remove the route, or make it narrower",
}


@lru_cache(maxsize=1)
def _walked(inventory: Inventory) -> tuple[tuple[str, tuple[Way, ...]], ...]:
    """All ways of all hosts, walked once for the three rules that look at them."""
    members = members_by_address(inventory)
    return tuple((name, ways(inventory, name, members)) for name in inventory.hosts)


def _by_place(found: Iterable[Way]) -> Iterator[tuple[Place, Step, str, list[Way]]]:
    """Ways that are cut, by the place that cuts them: one finding, however many they are."""
    cut: dict[tuple[Place, Step, str], list[Way]] = {}
    for way in found:
        if way.cut is not None:
            cut.setdefault((way.cut.place, way.cut.step, way.cut.says), []).append(way)
    for (place, step, says), broken in cut.items():
        yield place, step, says, broken


def _listed(names: Iterable[str]) -> str:
    unique = list(dict.fromkeys(names))
    more = f" and {len(unique) - _NAMED} more" if len(unique) > _NAMED else ""
    return ", ".join(unique[:_NAMED]) + more


def _chains(broken: list[Way]) -> str:
    return "\n".join(way.drawn() for way in broken[:_NAMED])


@fleet_rule(
    "LCK001",
    Severity.ERROR,
    "Nobody can log in to a host",
    why="Each way of each operator is cut somewhere between the key and the answer's way back. Once"
    " this is switched to, only somebody at the console gets in.",
    source=_RP_FILTER,
)
def locked_out(inventory: Inventory) -> Iterator[Hit]:
    """Find hosts to which no way of any operator is open."""
    locked: list[Way] = []
    for name, found in _walked(inventory):
        if not inventory.hosts[name].access.operators:
            yield Hit(
                ("access", "operators"),
                f"nobody can log in to {name}: it has no operators",
                fix=f"operators = [{_quoted(inventory)}]",
                host=name,
            )
        elif all(way.cut for way in found):
            locked.extend(found)
    for place, step, says, broken in _by_place(locked):
        hosts = _listed(way.host for way in broken)
        message = f"nobody can log in to {hosts}: {step}: {says}"
        yield Hit(place.at, message, _chains(broken), _FIX[step], place.host)


@fleet_rule(
    "LCK002",
    Severity.WARNING,
    "A way to a host is cut",
    why="The inventory says that an operator comes this way, and the host would not let it happen."
    " Another way is open still; it is the last thing that keeps the host from being locked.",
    source=_RP_FILTER,
)
def way_is_cut(inventory: Inventory) -> Iterator[Hit]:
    """Find ways that are cut, to hosts to which another way is open."""
    found = [
        way
        for name, all_ways in _walked(inventory)
        if _some_open(all_ways)
        for way in all_ways
        if way.cut is not None and _concerns(inventory, name, way)
    ]
    for place, step, says, broken in _by_place(found):
        who = _listed(way.operator for way in broken)
        hosts = _listed(way.host for way in broken)
        message = f"{who} cannot come to {hosts} from {broken[0].path}: {step}: {says}"
        yield Hit(place.at, message, _chains(broken), _FIX[step], place.host)


@fleet_rule(
    "LCK003",
    Severity.NOTE,
    "A host has a single way in",
    why="When the one tunnel or network is down, nobody gets in. A second way that does not depend"
    " on the first costs little.",
    source="https://sre.google/sre-book/emergency-response/",
)
def single_way(inventory: Inventory) -> Iterator[Hit]:
    """Find hosts whose open ways all come from the same zone and peer."""
    for name, found in _walked(inventory):
        paths = {way.path for way in found if way.cut is None}
        if len(paths) == 1:
            yield Hit(
                ("access", "operators"),
                f"{name} is reached from {paths.pop()} only",
                "what cuts that way locks the host",
                "a second reach of an operator in fleet.toml, from another zone",
                name,
            )


def _concerns(inventory: Inventory, name: str, way: Way) -> bool:
    """Whether the host has to do with the zone: an operator's address elsewhere cuts nothing."""
    host = inventory.hosts[name]
    return way.reach is None or (
        way.reach.zone in host.access.ssh.zones
        or way.reach.zone in interfaces_by_zone(inventory.fleet, host)
    )


def _some_open(found: tuple[Way, ...]) -> bool:
    return any(way.cut is None for way in found)


def _quoted(inventory: Inventory) -> str:
    return ", ".join(f'"{name}"' for name in inventory.fleet.operators)
