"""What keeps a host healthy: scrubs, trims, alerts, drive checks and the ARC's limit."""

from sovereign.inventory.base import Calendar, EmailAddress, Endpoint, Model, Text
from sovereign.inventory.secret import Secret
from sovereign.units import Size


class Alerts(Model):
    """Mail about failing drives, arrays and pools."""

    to: EmailAddress
    sender: EmailAddress
    relay: Endpoint
    """The mail server that takes it, spoken to by TLS."""

    user: Text | None = None
    password: Secret | None = None


class Upkeep(Model):
    """Regular care."""

    scrub: Calendar = "monthly"
    trim: Calendar = "weekly"
    smart: bool = True
    arc_max: Size | None = None
    """The most memory that ZFS's cache may take."""

    alerts: Alerts | None = None
