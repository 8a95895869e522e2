"""Feature flags: the same bucket everywhere, a kill switch that wins, a bad file that changes nothing."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.service.flags import Flag, Flags, FlagsError, bucket

FLAG = "enable_gflownet_v2"
USERS = [f"user-{number}" for number in range(100_000)]


def write(path: Path, text: str) -> None:
    """Replace the file as an editor does."""
    other = path.with_suffix(".new")
    other.write_text(text, encoding="utf-8")
    other.replace(path)


def flag(percentage: float, enabled: str = "true") -> str:
    return f"[{FLAG}]\nenabled = {enabled}\nrollout_percentage = {percentage}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "flags.toml"


def test_the_buckets_are_the_published_ones() -> None:
    assert [bucket(FLAG, f"u{n}") for n in range(5)] == [8341, 5086, 4143, 1549, 9884]


def test_another_process_finds_the_same_buckets() -> None:
    code = f"from emily.service.flags import bucket; print([bucket({FLAG!r}, f'u{{n}}') for n in range(5)])"
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told == ["[8341, 5086, 4143, 1549, 9884]\n"] * 2


def test_the_buckets_are_even_and_those_of_two_flags_independent() -> None:
    first = [bucket(FLAG, user) for user in USERS]
    second = [bucket("other", user) for user in USERS]
    counts = [0] * 100
    for each in first:
        counts[each // 100] += 1
    assert sum(each < 1000 for each in first) == 9957
    assert sum((count - 1000) ** 2 / 1000 for count in counts) == pytest.approx(93.1, abs=0.1)
    assert sum(a < 1000 and b < 1000 for a, b in zip(first, second, strict=True)) == 984


@given(st.text(), st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_larger_rollout_takes_nobody_out(entity: str, one: int, other: int) -> None:
    small, large = sorted((one, other))
    place = bucket(FLAG, entity)
    assert 0 <= place < 10_000
    on = [place < Flag(enabled=True, rollout_percentage=n / 100).buckets for n in (small, large)]
    assert on[0] <= on[1]


def test_steps_of_a_hundredth_of_a_percent_are_exact() -> None:
    steps = [Flag(enabled=True, rollout_percentage=n / 100).buckets for n in range(10_001)]
    assert steps == list(range(10_001))
    assert all(b - a == 1 for a, b in pairwise(steps))


def test_the_kill_switch_always_wins(path: Path) -> None:
    write(path, flag(100, enabled="false"))
    flags = Flags(path)
    assert not any(flags.enabled(FLAG, user) for user in USERS[:1000])
    assert not flags.enabled(FLAG)


def test_a_rollout_without_an_entity_is_on_for_all_or_for_nobody(path: Path) -> None:
    write(path, flag(99.99))
    flags = Flags(path)
    assert not flags.enabled(FLAG)
    write(path, flag(100))
    assert flags.enabled(FLAG)


def test_an_unknown_flag_is_off(path: Path) -> None:
    write(path, flag(100))
    assert not Flags(path).enabled("unknown", "u0")
    assert not Flags().enabled(FLAG, "u0")
    assert Flags().check().ok


def test_a_changed_file_comes_into_force(path: Path) -> None:
    write(path, flag(0))
    flags = Flags(path)
    assert not flags.enabled(FLAG, "u3")
    write(path, flag(15.5))
    assert flags.enabled(FLAG, "u3")
    assert not flags.enabled(FLAG, "u2")
    assert flags.check().ok


BAD = [
    ("[x", "expected TOML"),
    (flag(101), "less than or equal to 100"),
    (flag(-1), "greater than or equal to 0"),
    (f"[{FLAG}]\nrollout_percentage = nan", "finite number"),
    (flag(10.005), "in steps of .01"),
    (flag(10, enabled='"yes"'), "valid boolean"),
    (f"[{FLAG}]\nenable = true", "Extra inputs are not permitted"),
    (f"{FLAG} = true", "valid dictionary"),
    ('["a b"]\nenabled = true', "String should match pattern"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_a_bad_file_is_refused_at_the_start(path: Path, text: str, said: str) -> None:
    write(path, text)
    with pytest.raises(FlagsError, match=said) as caught:
        Flags(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("text", "said"), [*BAD, (None, "cannot be read")])
def test_a_file_that_goes_bad_leaves_the_flags_in_force(
    path: Path, text: str | None, said: str
) -> None:
    write(path, flag(15.5))
    flags = Flags(path)
    if text is None:
        path.unlink()
    else:
        write(path, text)
    assert flags.enabled(FLAG, "u3")
    check = flags.check()
    assert not check.ok
    assert said in check.detail
    assert "stay in force" in check.detail
    write(path, flag(0))
    assert not flags.enabled(FLAG, "u3")
    assert flags.check().ok


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(FlagsError, match=r"flags\.toml: cannot be read: No such file"):
        Flags(path)
