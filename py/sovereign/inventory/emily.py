"""Emily: the cognitive system that a host runs."""

from sovereign.inventory.base import Many, Model, Name
from sovereign.inventory.database import SqlName
from sovereign.inventory.identity import TimeZone
from sovereign.inventory.secret import Secret
from sovereign.units import Size


class Emily(Model):
    """Her tiers, the bus between them and the API, each a unit of its own."""

    port: Name = "emily"
    """The ledger's name of the API's port."""

    bus: Name = "zenoh"
    """The ledger's name of the port on which her tiers meet; it is open to this host alone."""

    zones: Many[Name] = ()
    """The zones that may call the API; none: only this host."""

    token: Secret | None = None
    """What the API asks for; needed where zones may call it."""

    memory: SqlName | None = None
    """The database that keeps her episodes, with the extension "vector"; absent: a file of her own."""

    time_zone: TimeZone | None = None
    """The time zone of her day; absent: the host's."""

    memory_max: Size = Size.parse("512MiB")
    """The most memory that each of her units may take."""
