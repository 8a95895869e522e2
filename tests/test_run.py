"""The one runner: streams, exit codes, time-outs and programs that are missing."""

from pathlib import Path

import pytest

from sovereign.errors import ProgramError
from sovereign.run import run


def test_gives_both_streams_and_feeds_stdin() -> None:
    done = run(["sh", "-c", "cat; echo warned >&2"], stdin="secret\n")
    assert (done.code, done.out, done.err) == (0, "secret\n", "warned\n")


def test_adds_to_the_environment(tmp_path: Path) -> None:
    done = run(["sh", "-c", 'echo "$ADDED $HOME"; pwd'], env={"ADDED": "x"}, cwd=tmp_path)
    assert done.out.startswith("x /")
    assert done.out.endswith(f"{tmp_path}\n")


def test_a_failure_is_told_by_its_last_line() -> None:
    with pytest.raises(ProgramError, match="sh exited with 7: because"):
        run(["sh", "-c", "echo first >&2; echo because >&2; exit 7"])
    assert run(["sh", "-c", "exit 7"], check=False).code == 7


def test_no_word_is_read_by_a_shell() -> None:
    assert run(["printf", "%s", "$(id) `id` ; id"]).out == "$(id) `id` ; id"


def test_a_missing_program_and_a_slow_one_are_named() -> None:
    with pytest.raises(ProgramError, match=r"no-such-program is not installed"):
        run(["no-such-program"])
    with pytest.raises(ProgramError, match=r"sleep did not finish within 0\.1 s"):
        run(["sleep", "9"], timeout=0.1)
