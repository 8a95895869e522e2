"""`hosts/<name>/host.toml`: one host."""

from sovereign.inventory.accept import Acceptance
from sovereign.inventory.access import Access
from sovereign.inventory.base import Many, Model
from sovereign.inventory.boot import Boot
from sovereign.inventory.database import Postgresql
from sovereign.inventory.emily import Emily
from sovereign.inventory.expect import Expect
from sovereign.inventory.hardware import Hardware
from sovereign.inventory.identity import Identity, System
from sovereign.inventory.network import Links
from sovereign.inventory.samba import Samba
from sovereign.inventory.storage import Storage
from sovereign.inventory.upkeep import Upkeep


class Host(Model):
    """The whole of a host.toml; the host's name is its folder's."""

    identity: Identity
    system: System
    hardware: Hardware
    boot: Boot
    storage: Storage
    network: Links
    access: Access
    upkeep: Upkeep = Upkeep()
    samba: Samba | None = None
    database: Postgresql | None = None
    emily: Emily | None = None
    expect: Expect = Expect()
    accept: Many[Acceptance] = ()

    def __hash__(self) -> int:
        """A host is hashed as itself: its tables cannot be, and what is computed of it is kept."""
        return id(self)
