"""The address that DHCP gave the host: expectations leave it empty."""

import pytest
from pydantic import BaseModel

from sovereign.suite.vantage import Vantage


class _Route(BaseModel):
    dev: str = ""
    prefsrc: str | None = None


class _Address(BaseModel):
    local: str = ""
    scope: str = ""


class _Link(BaseModel):
    addr_info: tuple[_Address, ...] = ()


def known(inside: Vantage, address: str) -> str:
    """The address, or where it is empty that of the interface of the default route."""
    if address:
        return address
    routes = inside.answer(list[_Route], "ip", "-json", "-4", "route", "show", "default")
    for route in routes:
        links = inside.answer(list[_Link], "ip", "-json", "-4", "address", "show", "dev", route.dev)
        given = [one.local for link in links for one in link.addr_info if one.scope == "global"]
        if route.prefsrc or given:
            return route.prefsrc or given[0]
    pytest.skip("the uplink has no address: no default route leads out of the host")
