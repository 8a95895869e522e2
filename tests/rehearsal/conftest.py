"""One rehearsal for all tests: the host as it is, then every mutation in the same world."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import test_evaluation
from fleets import ROOT
from real_nix import Nix
from rehearsal import trials
from rehearsal.trials import HOST, Mutation
from sovereign.inventory.load import load
from sovereign.operate.rehearse import Rehearsed, missing, rehearse
from sovereign.rehearse.concerns import CONCERNS
from sovereign.rehearse.fast import Trial
from sovereign.rehearse.job import Event
from sovereign.rehearse.values import OVERRIDES

stand_ins = test_evaluation.stand_ins
AGAIN = "again"
"""The host as it was, after all that was tried on it."""
Project = Callable[[Mutation, Path], Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"world", "able"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("rehearsal")


@pytest.fixture(scope="session")
def able(nix: Nix, stand_ins: Path) -> Iterator[None]:
    """What a rehearsal needs, with the stand-ins for the flake's inputs; or a skip."""
    lacking = missing()
    if lacking:
        if os.environ.get("SOVEREIGN_REQUIRE_REHEARSAL"):
            pytest.fail(f"SOVEREIGN_REQUIRE_REHEARSAL is set; missing: {'; '.join(lacking)}")
        pytest.skip(f"missing: {'; '.join(lacking)}")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in nix.env.items():
            if name != "HOME":
                patch.setenv(name, value)
        named = (f"{name}=path:{stand_ins / name}" for name in test_evaluation.INPUTS)
        patch.setenv(OVERRIDES, ",".join(named))
        yield


@dataclass(frozen=True)
class World:
    """What was found of the host, and of each mutation by its name."""

    host: Rehearsed
    trials: Mapping[str, Rehearsed]
    seconds: Mapping[str, float]


@pytest.fixture(scope="session")
def world(request: pytest.FixtureRequest) -> World:
    request.getfixturevalue("able")
    told: list[Event] = []
    with TemporaryDirectory() as scratch:
        chosen = list(_trials(Path(scratch)))
        capture = request.config.pluginmanager.getplugin("capturemanager")

        def tell(event: Event) -> None:
            told.append(event)
            if event.seconds is not None:
                with capture.global_and_fixture_disabled():
                    print(f"{event.stage}: {event.seconds:.1f} s", flush=True)

        first, *others = rehearse(load(ROOT), HOST, trials=chosen, tell=tell)
    return World(
        first,
        {one.name: one for one in others},
        {event.stage: event.seconds for event in told if event.seconds is not None},
    )


def _trials(folder: Path) -> Iterator[Trial]:
    kinds: list[tuple[Iterator[tuple[str, Mutation]], Project]] = [
        (trials.of_generated_files(), trials.project_with),
        (trials.that_change_nothing(), trials.project_with),
        (trials.of_generators(), trials.project_generated_with),
    ]
    rows = [(concern, one, project) for found, project in kinds for concern, one in found]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        projects = pool.map(lambda row: row[2](row[1], folder), rows)
        for (concern, one, _), project in zip(rows, projects, strict=True):
            yield trials.trial(concern, one, project)
    yield Trial(AGAIN, ROOT, tuple(CONCERNS))


def leftovers() -> list[str]:
    """What a rehearsal may not leave: processes, mounts, network namespaces, control groups."""
    found = [
        command
        for process in Path("/proc").glob("[0-9]*")
        if (command := _command(process)) and "sovereign.rehearse.inside" in command
    ]
    found += [
        line
        for line in Path("/proc/mounts").read_text("utf-8").splitlines()
        if "/run/sovereign" in line
    ]
    netns = Path("/run/netns")
    found += [str(path) for path in netns.glob("at-*")] if netns.exists() else []
    return found + [str(path) for path in Path("/sys/fs/cgroup").glob("*/sovereign-*")]


def _command(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""
