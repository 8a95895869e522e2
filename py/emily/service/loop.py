"""The whole loop as processes of this machine, under a supervisor on a thread."""

import json
import shutil
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from types import FrameType
from typing import Self, TypeAlias

from emily.contracts.messages import TIERS
from emily.nervous_system.supervisor import Child, GaveUpError, Intensity, Supervisor
from emily.service.settings import Settings, SettingsError

_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None
Tell = Callable[[str, str, str], None]

_HEALTHY_WITHIN_S = 30.0


class LoopError(GaveUpError):
    """The loop did not come up."""


def api_url(settings: Settings) -> str:
    """Return where the API and its page are."""
    host = settings.api.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.api.port}/"


def health(settings: Settings) -> dict[str, object]:
    """Return what /health says. OSError, ValueError: the API does not answer, or nonsense."""
    # what answers on this host is not asked through a proxy
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{api_url(settings)}health", timeout=2.0) as answer:
        told = json.load(answer)
    if not isinstance(told, dict):
        msg = "the API's answer is no object"
        raise ValueError(msg)
    return told


def children(config: Path | None, env: Mapping[str, str]) -> list[Child]:
    """Return what the loop consists of. All start at once: a tier finds its router when it is up."""

    def child(name: str, *verb: str) -> Child:
        argv = (sys.executable, "-P", "-m", "emily", *verb)
        if config is not None:
            argv += ("--config", str(config))
        return Child(name, argv, env)

    return [
        child("router", "router"),
        child("api", "api"),
        *(child(tier, "tier", tier) for tier in TIERS),
    ]


class Loop:
    """Runs the loop while the context lasts; `tell` hears what happens to each process.

    LoopError: an address is taken.
    """

    def __init__(
        self,
        settings: Settings,
        config: Path | None = None,
        *,
        env: Mapping[str, str] | None = None,
        tell: Tell = lambda *_: None,
        takes_signals: bool = False,
    ) -> None:
        """Take the settings that were read from `config`; with `takes_signals` SIGTERM ends it."""
        _check_free(settings)
        self.settings = settings
        # a process that is started again is to find the settings that were checked
        self._folder = TemporaryDirectory(prefix="emily-")
        if config is not None:
            config = Path(shutil.copy(config, self._folder.name))
        single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.supervisor = Supervisor(
            children(config, {**single, **(env or {})}), intensity=Intensity(), tell=self._tell
        )
        self._told = tell
        self._failure: Exception | None = None
        self._takes_signals = takes_signals
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._asked_to_stop = threading.Event()
        self._signal = 0
        self._handlers: dict[int, _Handler] = {}

    @property
    def url(self) -> str:
        """Where the API and its page are."""
        return api_url(self.settings)

    def __enter__(self) -> Self:
        if self._takes_signals:
            self._handlers = {
                number: signal.signal(number, self._asked)
                for number in (signal.SIGTERM, signal.SIGINT)
            }
        self._begun_s = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.supervisor.stop()
        self._thread.join()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._folder.cleanup()
        if self._failure is not None:
            raise self._failure

    @property
    def stopping(self) -> bool:
        """Tell whether the loop was asked to stop, or ended."""
        return self._asked_to_stop.is_set() or self._ended.is_set()

    def wait_healthy_s(self, within_s: float = _HEALTHY_WITHIN_S) -> float:
        """Return how long it took until everything was healthy. LoopError: it is not."""
        while not self.stopping and time.monotonic() - self._begun_s < within_s:
            if self.health().get("status") == "healthy":
                return time.monotonic() - self._begun_s
            time.sleep(0.02)
        if self._asked_to_stop.is_set():
            raise KeyboardInterrupt if self._signal == signal.SIGINT else SystemExit(0)
        checks = self.health().get("checks", {})
        msg = f"not healthy within {within_s:g} s: {json.dumps(checks)}"
        raise self._failure or LoopError(msg)

    def health(self) -> Mapping[str, object]:
        """Return what /health says; nothing while the API does not answer."""
        try:
            return health(self.settings)
        except (OSError, ValueError):
            return {}

    def wait(self) -> None:
        """Return when a signal asked for it, or the supervisor gave up."""
        while not self.stopping:
            self._ended.wait(0.2)

    def _tell(self, name: str, event: str, detail: str) -> None:
        with suppress(OSError, ValueError):  # nobody reads any more; the loop goes on
            self._told(name, event, detail)

    def _asked(self, number: int, _: FrameType | None) -> None:
        self._signal = number
        self._asked_to_stop.set()

    def _run(self) -> None:
        try:
            self.supervisor.run()
        except Exception as error:
            self._failure = error  # raised again by whoever waits
        finally:
            self._ended.set()


def _check_free(settings: Settings) -> None:
    """Say at once that an address is taken, rather than when a process has failed four times."""
    try:
        settings.state.folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=settings.state.folder).close()
    except OSError as error:
        msg = f"state.folder: {settings.state.folder} cannot be written to: {error.strerror}"
        raise SettingsError(msg) from None
    if settings.api.port == 0:
        msg = "api.port: the loop is to be found at a port of its own: expected 1 to 65535"
        raise SettingsError(msg)
    wanted = [("the API", settings.api.host, settings.api.port)]
    protocol, _, address = settings.bus.router.partition("/")
    host, _, port = address.rpartition(":")
    if protocol == "tcp" and port.isdigit():
        wanted.append(("the router", host.strip("[]"), int(port)))
    for what, host, number in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            socket.create_server((host, number), family=family).close()
        except (OSError, OverflowError) as error:
            reason = (isinstance(error, OSError) and error.strerror) or error
            msg = f"{what} cannot listen at {host} port {number}: {reason}"
            raise LoopError(msg) from None
