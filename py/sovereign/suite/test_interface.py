"""Network interfaces and their addresses."""

from ipaddress import ip_interface

from pydantic import BaseModel

from sovereign.expectations.interface import Interface, Vlan
from sovereign.suite.vantage import Vantage, parsed, require


class _Address(BaseModel):
    local: str = ""
    prefixlen: int = 0


class _Data(BaseModel):
    id: int | None = None


class _Kind(BaseModel):
    info_kind: str | None = None
    info_data: _Data = _Data()


class _Link(BaseModel):
    ifname: str = ""
    address: str = ""
    link: str | None = None
    operstate: str = ""
    addr_info: tuple[_Address, ...] = ()
    linkinfo: _Kind = _Kind()


def test_interface(expectation: Interface, inside: Vantage) -> None:
    """It is there, with its addresses and its hardware address."""
    name, link = expectation.name, _link(inside, expectation.name)
    found = {ip_interface(f"{a.local}/{a.prefixlen}") for a in link.addr_info if a.local}
    missing = [text for text in expectation.addresses if ip_interface(text) not in found]
    has = ", ".join(sorted(map(str, found))) or "no address"
    require(not missing, f"{name} must have {', '.join(missing)}, and has {has}")
    mac = expectation.mac
    require(
        mac is None or mac.lower() == link.address,
        f"the hardware address of {name} must be {mac}, and is {link.address}",
    )


def test_vlan(expectation: Vlan, inside: Vantage) -> None:
    """It is a VLAN of this number on its parent."""
    name, link = expectation.name, _link(inside, expectation.name)
    number = link.linkinfo.info_data.id if link.linkinfo.info_kind == "vlan" else None
    require(
        (number, link.link) == (expectation.number, expectation.parent),
        f"{name} must be VLAN {expectation.number} on {expectation.parent}, and is"
        f" {f'VLAN {number} on {link.link}' if number else 'none'}",
    )


def _link(inside: Vantage, name: str) -> _Link:
    done = inside.run("ip", "-json", "-details", "address", "show", "dev", name)
    require(done.code == 0, f"there is no interface {name}")
    links = [link for link in parsed(list[_Link], done.out, "ip") if link.ifname == name]
    require(bool(links), f"there is no interface {name}")
    return links[0]
