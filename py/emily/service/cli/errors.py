"""The errors that a person at the keyboard meets, which are told in a line."""

from emily.cognition.memory.errors import StoreError
from emily.nervous_system.bus import BusError
from emily.nervous_system.supervisor import GaveUpError
from emily.service.api.server import ListenError
from emily.service.flags import FlagsError
from emily.service.settings import SettingsError

EXPECTED = (SettingsError, FlagsError, ListenError, BusError, GaveUpError, StoreError)
