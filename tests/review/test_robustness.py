"""No inventory that loads makes a rule fail, however odd it is."""

import copy
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sovereign.diagnostics import Diagnostic
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.inventory.locate import dotted
from sovereign.inventory.references import dangling
from sovereign.review.run import review

from .conftest import HOSTS

Toml: TypeAlias = "str | int | float | bool | list[Toml] | dict[str, Toml]"
Spot: TypeAlias = tuple[str | int, ...]

DOCUMENT: Toml = {
    "fleet": tomllib.loads((HOSTS / "fleet.toml").read_text("utf-8")),
    "host": tomllib.loads((HOSTS / "cloudlab" / "host.toml").read_text("utf-8")),
}
SIZES = ("0B", "1B", "4KiB", "16KiB", "1MiB", "165MiB", "1GiB", "64GiB", "12TB", "7EiB", "rest")
NUMBERS = (0, 1, 2, 9, 12, 16, 200, 1280, 4094, 65535, 262143)
WORDS = (
    "mirror", "raidz1", "raidz3", "stripe", "on", "off", "none", "peer", "trust", "reject", "host",
    "local", "hostssl", "all", "hdd", "ssd", "zfs", "md", "esp", "internet", "vpn", "management",
    "2.0", "1.2", "vllm", "RTX A6000", "AMD EPYC 9354P", "", "required", "desired", "production",
    "/", "/nix", "/persist", "/var/lib", "nvme-a", "hdd-1", "nvme-b.special", "::1/128",
    "0.0.0.0/0", "10.0.0.1/24", "10.0.0.0/31", "10.20.0.255/24", "10.10.0.10", "1h", "0bit/s",
    "40Gbit/s", "aarch64-linux", "systemd-boot", "sev-snp", "tdx", "minimal", "zfs_2_3", "7.1",
)  # fmt: skip


def spots(value: Toml, at: Spot = ()) -> Iterator[Spot]:
    """Every place in a document, except the two files themselves."""
    if len(at) > 1:
        yield at
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from spots(inner, (*at, key))


SPOTS = tuple(spots(DOCUMENT))
CHANGES = st.tuples(
    st.sampled_from(SPOTS),
    st.one_of(
        st.just(("drop", None)),
        st.just(("empty", None)),
        st.just(("double", None)),
        st.just(("reverse", None)),
        st.sampled_from(SIZES + NUMBERS + WORDS + (True, False)).map(lambda word: ("put", word)),
        st.sampled_from(SPOTS).map(lambda other: ("copy", other)),
    ),
)


def found_at(document: Toml, spot: Spot) -> "Toml | None":
    for key in spot:
        if isinstance(document, dict):
            document = document.get(str(key), "")
        elif isinstance(document, list) and isinstance(key, int) and key < len(document):
            document = document[key]
        else:
            return None
    return document


def changed(document: Toml, spot: Spot, change: tuple[str, object]) -> bool:
    """Change a document at a place; whether it was there."""
    holder, key = found_at(document, spot[:-1]), spot[-1]
    old = found_at(document, spot)
    if old is None or not isinstance(holder, dict | list):
        return False
    verb, argument = change
    if isinstance(holder, dict) and key not in holder:
        return False
    if verb == "drop":
        del holder[key]
    elif verb == "empty" and isinstance(old, dict | list):
        old.clear()
    elif verb == "double" and isinstance(holder, list):
        holder.append(copy.deepcopy(old))
    elif verb == "reverse" and isinstance(old, list):
        old.reverse()
    elif verb in {"put", "copy"}:
        new = found_at(DOCUMENT, argument) if isinstance(argument, tuple) else argument
        if type(new) is not type(old):
            return False
        holder[key] = copy.deepcopy(new)
    else:
        return False
    return True


def loaded(document: Toml) -> Inventory | None:
    """The inventory of a document, twice the same host; None where it does not load."""
    try:
        fleet = Fleet.model_validate(found_at(document, ("fleet",)))
        host = Host.model_validate(found_at(document, ("host",)))
    except ValidationError:
        return None
    inventory = Inventory(Path("fleet"), fleet, {"cloudlab": host, "twin": host})
    return None if list(dangling(inventory)) else inventory


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(CHANGES, min_size=4, max_size=12))
def test_no_inventory_that_loads_makes_a_rule_fail(
    changes: list[tuple[Spot, tuple[str, object]]],
) -> None:
    """Of each draw those changes are kept with which the documents still load."""
    document, inventory = DOCUMENT, None
    for spot, change in changes:
        draft = copy.deepcopy(document)
        if changed(draft, spot, change) and (read := loaded(draft)):
            document, inventory = draft, read
    assume(inventory is not None)
    assert inventory is not None
    result = review(inventory)
    for one in (*result.open, *(finding for finding, _ in result.accepted)):
        assert_readable(one)


def assert_readable(one: Diagnostic) -> None:
    assert one.message
    assert "\n" not in one.message
    assert not re.search(r"\bNone\b|(?<!\w)-[0-9]|\b0 %|\[\]|<", f"{one.message} {one.fix}"), one
    assert dotted(one.at)
