"""QEMU's monitor: a question and its answer, in JSON, over a socket.

Source: docs/interop/qmp-spec.rst of QEMU.
"""

import json
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from pydantic import JsonValue, TypeAdapter

from sovereign.rehearse.vm.errors import MonitorError

_MESSAGE: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


class Monitor:
    """A connection to the monitor of one QEMU."""

    def __init__(self, path: Path, timeout: float = 60) -> None:
        """Connect, waiting at most `timeout` seconds for each answer."""
        self._timeout = timeout
        self._events: list[dict[str, JsonValue]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise MonitorError(f"the monitor at {path} cannot be reached: {error}") from error
        self._stream = self._socket.makefile("rb")
        self._next()
        self.ask("qmp_capabilities")

    def __enter__(self) -> "Monitor":
        """Give itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        self._stream.close()
        self._socket.close()

    def ask(self, command: str, arguments: Mapping[str, JsonValue] | None = None) -> JsonValue:
        """Execute a command and return its answer. Raises MonitorError."""
        words: dict[str, JsonValue] = {"execute": command}
        if arguments:
            words["arguments"] = dict(arguments)
        try:
            self._socket.sendall(json.dumps(words).encode() + b"\n")
        except OSError as error:
            raise MonitorError(f"{command}: {error}") from error
        while True:
            message = self._next()
            if "error" in message:
                raise MonitorError(f"{command}: {message['error']}")
            if "return" in message:
                return message["return"]
            self._events.append(message)

    def wait_for(self, event: str, device: str) -> None:
        """Wait until QEMU tells `event` about `device`. Raises MonitorError."""
        end = time.monotonic() + self._timeout
        while True:
            for message in self._events:
                if message.get("event") == event and _about(message, device):
                    self._events.remove(message)
                    return
            if time.monotonic() > end:
                raise MonitorError(f"{event} of {device} did not come")
            self._events.append(self._next())

    def _next(self) -> dict[str, JsonValue]:
        try:
            line = self._stream.readline()
        except OSError as error:
            raise MonitorError(f"the monitor does not answer: {error}") from error
        if not line:
            raise MonitorError("QEMU has ended")
        return _MESSAGE.validate_json(line)


def _about(message: Mapping[str, JsonValue], device: str) -> bool:
    data = message.get("data")
    return isinstance(data, dict) and data.get("device") == device
