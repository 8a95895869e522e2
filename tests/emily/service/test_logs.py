"""Logs: one JSON line an event, whoever logs it; run in a process of its own."""

import json
import subprocess
import sys
from datetime import datetime

import pytest

START = "from emily.service import logs\nlogs.setup('api', 'testhost', level='{level}', style='{style}')\n"


def logged(code: str, level: str = "info", style: str = "json") -> str:
    done = subprocess.run(
        [sys.executable, "-c", START.format(level=level, style=style) + code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
    return done.stderr


def lines(code: str, level: str = "info") -> list[dict[str, object]]:
    return [json.loads(line) for line in logged(code, level).splitlines()]


def test_an_event_is_one_line_with_its_fields() -> None:
    (line,) = lines("import structlog; structlog.get_logger().info('reflex', name='clap', ms=1.5)")
    assert datetime.fromisoformat(str(line.pop("ts"))).utcoffset() is not None
    assert line == {
        "level": "info",
        "event": "reflex",
        "service": "api",
        "node": "testhost",
        "name": "clap",
        "ms": 1.5,
    }


@pytest.mark.parametrize("logger", ["plain", "uvicorn.error", "uvicorn"])
def test_the_standard_library_and_uvicorn_log_the_same_way(logger: str) -> None:
    (line,) = lines(
        f"import logging; logging.getLogger({logger!r}).warning('%d of %d', 1, 2, extra={{'k': 3}})"
    )
    assert (line["event"], line["level"], line["k"]) == ("1 of 2", "warning", 3)
    assert (line["service"], line["node"]) == ("api", "testhost")


RAISE = """
import structlog, logging
def fail(password):
    return 1 / 0
try:
    fail('hunter2')
except ZeroDivisionError:
    {log}
"""


@pytest.mark.parametrize(
    "log",
    ["structlog.get_logger().exception('failed')", "logging.getLogger('x').exception('failed')"],
)
def test_an_exception_is_a_field_without_the_values_of_variables(log: str) -> None:
    text = logged(RAISE.format(log=log))
    (line,) = (json.loads(each) for each in text.splitlines())
    assert line["event"] == "failed"
    assert line["exception"][0]["exc_type"] == "ZeroDivisionError"
    assert [frame["name"] for frame in line["exception"][0]["frames"]] == ["<module>", "fail"]
    assert "hunter2" not in text


def test_secrets_are_not_logged() -> None:
    code = (
        "import structlog; from pydantic import SecretStr\n"
        "structlog.get_logger().info('x', token='hunter2', Authorization='Bearer hunter2', "
        "value=SecretStr('hunter2'))"
    )
    text = logged(code)
    assert "hunter2" not in text
    assert json.loads(text)["token"] == "***"


def test_what_json_cannot_hold_is_logged_as_text() -> None:
    code = (
        "import structlog\nloop = []; loop.append(loop)\nclass Odd:\n    def __repr__(self): 1/0\n"
        "structlog.get_logger().info('x', n=float('nan'), b=b'\\xff', s={1}, loop=loop, odd=Odd(), "
        "long='y' * 9999, tail='\\ud800')"
    )
    (line,) = lines(code)
    assert (line["n"], line["b"], line["s"], line["loop"]) == ("nan", "b'\\xff'", "{1}", "[[...]]")
    assert line["odd"] == "<Odd>"
    assert len(str(line["long"])) == 4001


def test_warnings_and_what_nobody_caught_are_logged() -> None:
    code = (
        "import threading, warnings\nwarnings.warn('careful')\n"
        "thread = threading.Thread(target=lambda: 1 / 0, name='worker'); thread.start(); thread.join()\n"
        "raise KeyError('gone')"
    )
    careful, thread, last = lines(code)
    assert "careful" in str(careful["event"])
    assert (thread["event"], thread["thread_name"]) == ("uncaught", "worker")
    assert (last["event"], last["level"]) == ("uncaught", "critical")


def test_the_level_is_kept() -> None:
    code = (
        "import structlog, logging\nstructlog.get_logger().info('no'); logging.getLogger('a').info('no')\n"
        "logging.getLogger('httpx').info('no'); structlog.get_logger().error('yes')"
    )
    assert [line["event"] for line in lines(code, level="warning")] == ["yes"]


def test_the_console_is_for_people() -> None:
    text = logged("import structlog; structlog.get_logger().info('hello', k=1)", style="console")
    assert "hello" in text
    assert "k=1" in text
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
