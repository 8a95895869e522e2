"""Structured logs on stderr: one line an event, whoever logs it, and nothing secret in it."""

import json
import logging
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Literal, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

LONGEST = 4000
"""Characters of a value; what is longer is cut."""

_SECRET = frozenset({"authorization", "password", "secret", "token"})
_QUIETER = ("asyncio", "httpcore", "httpx", "psycopg", "psycopg.pool")


def setup(
    service: str,
    node: str,
    *,
    level: Literal["debug", "info", "warning", "error"] = "info",
    style: Literal["json", "console"] = "json",
    to: TextIO | None = None,
) -> None:
    """Send every log of this process, structlog's and the standard library's, to stderr (or `to`).

    A JSON line holds ts (UTC, ISO 8601), level, event, service, node and what else was given; an
    exception is the field `exception`, without the values of local variables. Warnings, and what
    nobody caught, are logged as well.
    """

    def name(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {"service": service, "node": node, **event}

    every: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        name,
        _without_secrets,
    ]
    renderers: list[Processor]
    if style == "json":
        exceptions = structlog.tracebacks.ExceptionDictTransformer(
            show_locals=False, max_frames=20, locals_max_string=0
        )
        renderers = [
            structlog.processors.ExceptionRenderer(exceptions),
            structlog.processors.JSONRenderer(serializer=_one_line),
        ]
    else:
        renderers = [structlog.dev.ConsoleRenderer(colors=False, timestamp_key="ts")]
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*every, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for quiet in _QUIETER:
        logging.getLogger(quiet).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *every,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {key: "***" if key.lower() in _SECRET else value for key, value in event.items()}


def _one_line(event: Mapping[str, object], **_: object) -> str:
    return json.dumps({key: _short(value) for key, value in event.items()}, default=_text)


def _short(value: object) -> object:
    """Return what JSON can hold: a value that it cannot, NaN among them, becomes text."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + "…"
    try:
        json.dumps(value, allow_nan=False, default=_text)
    except (TypeError, ValueError, RecursionError):
        return _text(value)
    return value


def _text(value: object) -> str:
    try:
        return repr(value)[:LONGEST]
    except Exception:  # a log never fails because of what is logged
        return f"<{type(value).__name__}>"


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("emily").critical("uncaught", exc_info=(kind, error, trace))


def _uncaught_in_thread(hook: threading.ExceptHookArgs) -> None:
    if hook.exc_value is not None:
        error = (hook.exc_type, hook.exc_value, hook.exc_traceback)
        thread = hook.thread.name if hook.thread else ""
        logging.getLogger("emily").critical(
            "uncaught", exc_info=error, extra={"thread_name": thread}
        )
