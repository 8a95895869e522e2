"""A host: what it is called on the bus, and whether an address is reached from it alone."""

import re
from ipaddress import ip_address


def node_of(hostname: str) -> str:
    """Return the short form of a hostname as one chunk of a key."""
    chunk = re.sub(r"[^A-Za-z0-9_-]", "-", hostname.split(".", maxsplit=1)[0]).lstrip("-_")[:64]
    return chunk or "localhost"


def is_loopback(host: str) -> bool:
    """Tell whether an address is reached from this host alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
