"""The documentation names every setting, and every command in it is one."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from fleets import ROOT
from scf.cli import VERBS, cli
from scf.settings import Settings

PAGES = sorted((ROOT / "docs" / "scf").glob("*.md"))
_COMMAND = re.compile(
    r"^(?:\./sovereign )?scf (?P<words>.+?)(?:\s+#.*|\s+>.*|\s+&&.*)?$", re.MULTILINE
)
_LEAVES = ("config", "budget")


def keys(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        kinds = getattr(field.annotation, "__args__", (field.annotation,))
        part = next(
            (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None
        )
        if part is not None and name not in _LEAVES:
            yield from keys(part, f"{before}{name}.")
        else:
            yield before + name


def test_every_setting_is_described_and_nothing_else() -> None:
    page = (ROOT / "docs" / "scf" / "settings.md").read_text("utf-8")
    assert sorted(re.findall(r"^\| `([a-z_.]+)` \|", page, re.MULTILINE)) == sorted(keys(Settings))


def test_the_example_is_valid() -> None:
    page = (ROOT / "docs" / "scf" / "settings.md").read_text("utf-8")
    found = re.search(r"```toml\n(.+?)```", page, re.DOTALL)
    assert found is not None
    assert Settings.model_validate(tomllib.loads(found[1])).train.config == {
        "steps": 20_000,
        "width": 256,
    }


def commands() -> Iterator[tuple[str, str]]:
    for page in (*PAGES, ROOT / "README.md"):
        for block in re.findall(r"```sh\n(.+?)```", page.read_text("utf-8"), re.DOTALL):
            for found in _COMMAND.finditer(block):
                yield page.name, found["words"]


@pytest.mark.parametrize(("page", "words"), sorted(set(commands())))
def test_every_command_is_one(page: str, words: str) -> None:
    del page
    verb, *rest = shlex.split(words)
    assert verb in VERBS
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    known = {option for each in command.params for option in each.opts} | {"--help", "-h"}
    assert {word.partition("=")[0] for word in rest if word.startswith("-")} <= known


def test_the_workflow_calls_commands_that_are_there() -> None:
    text = (ROOT / ".github" / "workflows" / "weekly-release.yml").read_text("utf-8")
    called = re.findall(r"\bscf ([a-z]+)", text)
    assert {"release", "verify"} <= set(called) <= set(VERBS)


def test_pages_are_in_the_navigation() -> None:
    nav = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert [page.name for page in PAGES if f"scf/{page.name}" not in nav] == []


def test_bench_places_exist() -> None:
    readme = Path(ROOT / "bench" / "scf" / "README.md").read_text("utf-8")
    from bench.scf.cli import TOPICS

    for topic in TOPICS:
        assert f"<!-- {topic} -->" in readme
        assert f"<!-- /{topic} -->" in readme
