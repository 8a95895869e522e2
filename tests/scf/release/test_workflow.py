"""The workflow that publishes the week's release: nothing of others in it, no more rights than it needs."""

import os
import re
import shutil
from pathlib import Path

import pytest
import yaml

from sovereign.run import run

FILE = Path(__file__).parents[3] / ".github/workflows/weekly-release.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[str, object]:
    # YAML 1.1 reads the key `on` as true
    return {
        "on" if key is True else key: value
        for key, value in yaml.safe_load(FILE.read_text()).items()
    }


@pytest.fixture(scope="module")
def steps(workflow: dict) -> list[dict]:
    (job,) = workflow["jobs"].values()
    return job["steps"]


def test_it_runs_weekly_and_when_asked(workflow: dict) -> None:
    assert set(workflow["on"]) == {"schedule", "workflow_dispatch"}
    (schedule,) = workflow["on"]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* 1", schedule["cron"])


def test_it_may_write_releases_and_nothing_else(workflow: dict) -> None:
    assert workflow["permissions"] == {"contents": "write"}
    assert all("permissions" not in job for job in workflow["jobs"].values())


def test_it_runs_where_the_drive_is(workflow: dict) -> None:
    assert all("self-hosted" in job["runs-on"] for job in workflow["jobs"].values())


def test_it_uses_no_action_that_is_not_pinned_by_commit(steps: list[dict]) -> None:
    for step in steps:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step.get("uses", "none@" + "0" * 40))


def test_nothing_from_outside_is_pasted_into_a_script(steps: list[dict]) -> None:
    assert not any("${{" in step["run"] for step in steps)


def test_only_the_step_that_publishes_has_the_token(workflow: dict, steps: list[dict]) -> None:
    assert [step["name"] for step in steps if "GH_TOKEN" in step["env"]] == ["Publish"]
    assert FILE.read_text().count("github.token") == 1
    assert "secrets." not in FILE.read_text()
    assert workflow["concurrency"]["cancel-in-progress"] is False


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not on PATH")
def test_its_scripts_are_sound(steps: list[dict]) -> None:
    for step in steps:
        run(["shellcheck", "--shell=bash", "-"], stdin=step["run"])


STUB = """#!/bin/sh
echo "$(basename "$0") $*" >>"$CALLS"
case "$*" in
  *release*--json*) echo '{"folder": "'"$MADE"'"}' ;;
  "release view"*) exit "$PUBLISHED" ;;
  verify*) exit "${BAD:-0}" ;;
esac
"""


@pytest.fixture
def acted(tmp_path: Path, steps: list[dict]):
    """Run the steps with stand-ins for scf and gh; what they were called with."""
    if shutil.which("jq") is None:
        pytest.skip("jq is not on PATH")
    for name in ("scf", "gh"):
        (tmp_path / name).write_text(STUB)
        (tmp_path / name).chmod(0o755)
    made = tmp_path / "week-2026-11-16"
    made.mkdir()
    for name in ("model.tar", "notes.md"):
        (made / name).touch()

    def act(**env: str) -> tuple[list[str], int]:
        calls, output = tmp_path / "calls", tmp_path / "output"
        calls.write_text("")
        output.write_text("")
        for step in steps:
            values = {
                "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
                "CALLS": str(calls),
                "MADE": str(made),
                "FOLDER": output.read_text().removeprefix("folder=").strip(),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_SHA": "commit",
                "SCF_HOME": "/home",
                "WEEK": "",
                **env,
            }
            code = run(
                ["bash", "-euo", "pipefail", "-c", step["run"]], env=values, check=False
            ).code
            if code:
                break
        return calls.read_text().replace(str(made), "MADE").splitlines(), code

    return act


def test_it_releases_verifies_and_publishes(acted) -> None:
    calls, code = acted(PUBLISHED="1")
    assert code == 0
    assert calls == [
        "scf release --json",
        "scf verify MADE --key /home/keys/keys.json",
        "gh release view week-2026-11-16",
        "gh release create week-2026-11-16 --target commit --title week-2026-11-16 "
        "--notes-file MADE/notes.md MADE/model.tar MADE/notes.md /home/keys/keys.json",
    ]


def test_what_is_published_stays_as_it_is(acted) -> None:
    calls, code = acted(PUBLISHED="0", WEEK="2026-11-16")
    assert code == 0
    assert calls[0] == "scf release --json --week 2026-11-16"
    assert calls[-1] == "gh release view week-2026-11-16"


def test_what_does_not_verify_is_not_published(acted) -> None:
    calls, code = acted(PUBLISHED="1", BAD="3")
    assert code == 3
    assert not any(call.startswith("gh") for call in calls)
