"""The errors that a person at the keyboard meets, which are told in a line."""

from emily.cognition.gflownet.errors import GFlowNetError
from emily.cognition.memory.errors import StoreError
from emily.instinct.reflex.errors import ReflexError
from emily.nervous_system.bus import BusError
from emily.nervous_system.supervisor import GaveUpError
from emily.service.api.server import ListenError
from emily.service.flags import FlagsError
from emily.service.settings import SettingsError

EXPECTED = (
    BusError,
    FlagsError,
    GFlowNetError,
    GaveUpError,
    ListenError,
    ReflexError,
    SettingsError,
    StoreError,
)
