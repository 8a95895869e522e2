"""What the owner counts on; the review compares it with the arithmetic."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from sovereign.inventory.base import LinkName, Model, Name
from sovereign.inventory.samba import ShareName
from sovereign.units import Duration, Rate, Size


class PoolExpectation(Model):
    """A pool's capacity and rebuild time."""

    usable: Size | None = None
    """What `zfs list` is expected to show, free and used together."""

    rebuild: Duration | None = None
    """The longest that replacing one full disk may take."""


class ShareExpectation(Model):
    """A share's speed from one place."""

    throughput: Rate
    tunnel: LinkName | None = None
    """The tunnel that the client comes through; absent: from the local network."""

    peer: LinkName | None = None
    """The tunnel's site where the client is."""

    channels: Annotated[int, Field(ge=1, le=32)] = 1
    """SMB channels that are expected on that path."""


class Expect(Model):
    """Expectations by pool and share."""

    pools: Mapping[Name, PoolExpectation] = {}
    shares: Mapping[ShareName, ShareExpectation] = {}
