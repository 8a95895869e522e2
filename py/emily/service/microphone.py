"""A microphone of the instinct's own process: what it hears does not take the way over the bus."""

import threading
import time
from pathlib import Path

import structlog

from emily.contracts.messages import Stimulus
from emily.contracts.topics import SENSE
from emily.nervous_system.bus import BusError
from emily.nervous_system.node import Node
from emily.service.senses import BLOCK, RATE_HZ

_BYTES = 2 * BLOCK
_BLOCK_NS = BLOCK * 1_000_000_000 // RATE_HZ
_LOST_NS = 50_000_000
"""A block that comes so much later than it should is not late: samples were lost."""
_DRIFT = 0.01
"""Share of a block's lateness that is taken for a recorder's clock that is slower than ours."""
_AGAIN_S = 1.0
_log = structlog.get_logger()


class BlockClock:
    """When each block began, from when blocks were read.

    A block is read when it is there or somewhat later, never earlier: that it is late says little.
    """

    def __init__(self) -> None:
        self._next_ns: int | None = None

    def begin_ns(self, read_ns: int) -> int:
        """Return when the block began that was read at a monotonic time."""
        earliest_ns = read_ns - _BLOCK_NS
        expected_ns = self._next_ns
        if expected_ns is None or earliest_ns - expected_ns > _LOST_NS:
            begin_ns = earliest_ns
        else:
            late_ns = earliest_ns - expected_ns
            begin_ns = expected_ns + (late_ns if late_ns < 0 else round(late_ns * _DRIFT))
        self._next_ns = begin_ns + _BLOCK_NS
        return begin_ns


class Microphone:
    """Reads 16 kHz int16 samples, little-endian, from a file that delivers them as they are heard.

    A FIFO that a recorder writes to, say. Blocks of 10 ms are sent as stimuli of the source `microphone`,
    each when its last sample was read. When the recorder ends, the next one is waited for.
    """

    def __init__(self, path: Path, node: Node) -> None:
        self._path, self._node = path, node
        self._thread = threading.Thread(target=self._listen, name="microphone", daemon=True)
        self._clock = BlockClock()
        self._sent = 0

    def start(self) -> None:
        """Begin to listen; the recorder may come later."""
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                with self._path.open("rb") as recording:
                    _log.info("listening", path=str(self._path))
                    while len(block := recording.read(_BYTES)) == _BYTES:
                        self._send(block)
            except BusError:
                return  # the tier has ended
            except OSError as error:
                _log.warning("the microphone cannot be read", reason=str(error))
            time.sleep(_AGAIN_S)

    def _send(self, block: bytes) -> None:
        t0_ns = self._clock.begin_ns(time.monotonic_ns())
        self._node.publish(
            SENSE,
            Stimulus(kind="pcm", t0_ns=t0_ns, seq=self._sent, rate_hz=RATE_HZ),
            attachment=block,
            modality="audio",
            source="microphone",
        )
        self._sent += 1
