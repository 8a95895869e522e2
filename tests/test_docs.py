"""The site builds and needs no network, and what it tells people to type works."""

import re
import shlex
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import click
import pytest

from fleets import ROOT
from sovereign.cli import VERBS, cli
from sovereign.generators.registry import CONCERNS
from sovereign.inventory.schema import schemas
from sovereign.operate.explain import explanations
from sovereign.review.run import rules
from sovereign.run import run

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
DECISIONS = sorted((DOCS / "adr").glob("[0-9]*.md"))
FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material", reason="mkdocs-material is not installed")
    folder = tmp_path_factory.mktemp("site")
    run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        env={"NO_MKDOCS_2_WARNING": "1"},
    )
    return folder


class _Loads(HTMLParser):
    """What a browser fetches by itself when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.classes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.classes |= set((found.get("class") or "").split())
        address = found.get("href") if tag == "link" else None if tag == "a" else found.get("src")
        if address:
            self.addresses.append(address)


def _pages(site: Path) -> Iterator[tuple[str, _Loads]]:
    for file in sorted(site.rglob("*.html")):
        page = _Loads()
        page.feed(file.read_text("utf-8"))
        yield str(file.relative_to(site)), page


def test_the_site_loads_nothing_from_the_web(site: Path) -> None:
    foreign = {
        (name, address)
        for name, page in _pages(site)
        for address in page.addresses
        if re.match(r"(https?:)?//", address)
    }
    assert foreign == set()
    assert not [
        sheet.name
        for sheet in site.rglob("*.css")
        if re.search(r"(url\(|@import )[\"']?(https?:)?//", sheet.read_text("utf-8"))
    ]


def test_no_page_has_a_diagram_that_is_drawn_by_a_script_from_the_web(site: Path) -> None:
    assert [name for name, page in _pages(site) if "mermaid" in page.classes] == []


def test_every_generated_file_is_shown_on_its_concerns_page(site: Path) -> None:
    for concern in CONCERNS:
        assert f"{concern.name}.nix" in (site / f"concerns/{concern.name}.html").read_text("utf-8")


def test_the_reference_has_every_key(site: Path) -> None:
    page = (site / "reference/inventory.html").read_text("utf-8")
    keys = set(re.findall(r'"([a-z_]+)": \{', schemas()["host"] + schemas()["fleet"]))
    for key in keys - {"items", "properties", "default", "patternProperties", "propertyNames"}:
        assert re.search(rf"<code>{key}</code>|[\[.]{key}(\.&lt;name&gt;)?\]", page), key


def test_the_reference_has_every_code_and_every_verb(site: Path) -> None:
    codes = (site / "reference/codes.html").read_text("utf-8")
    verbs = (site / "reference/cli.html").read_text("utf-8")
    assert [code for code in explanations() if f'id="{code.lower()}"' not in codes] == []
    assert [verb for verb in VERBS if f"sovereign {verb}" not in verbs] == []


def test_every_rule_is_listed_on_the_page_of_a_concern() -> None:
    pages = "".join(page.read_text("utf-8") for page in (DOCS / "concerns").glob("*.md"))
    listed = tuple(" ".join(re.findall(r"^{{ findings (.+) }}$", pages, re.MULTILINE)).split())
    assert [code for code in rules() if not code.startswith(listed)] == []


def test_the_readme_links_to_what_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text("utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("file", DECISIONS, ids=lambda file: file.stem)
def test_a_decision_has_its_number_and_its_parts(file: Path) -> None:
    text = file.read_text("utf-8")
    assert text.startswith(f"# {int(file.name[:4])}. ")
    parts = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert parts[:3] == ["Context", "Decision", "Consequences"]


def test_no_two_decisions_have_one_number() -> None:
    numbers = [file.name[:4] for file in DECISIONS]
    assert len(numbers) == len(set(numbers))


def _commands() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for line in page.read_text("utf-8").splitlines():
            found = re.match(r"^\s*(?:\$ )?(?:\./)?sovereign ([a-z].*)$", line)
            if found:
                yield page.name, found[1]


@pytest.mark.parametrize(("page", "command"), sorted(set(_commands())))
def test_a_command_on_a_page_is_one_that_the_tool_takes(page: str, command: str) -> None:
    del page
    verb, *words = shlex.split(command)
    found = cli.get_command(click.Context(cli), verb)
    assert found is not None
    if isinstance(found, click.Group):
        found = found.get_command(click.Context(found), words.pop(0))
        assert found is not None
    found.make_parser(click.Context(found, resilient_parsing=True)).parse_args(words)


class _Reader:
    """Somebody who does what the tutorial says: types its commands, makes its edits."""

    def __init__(self, home: Path) -> None:
        self.here = home
        self.root = home
        self.last = 0

    def edit(self, file: str, diff: str) -> None:
        """Replace the lines that begin with - by those that begin with +."""
        path = self.root / file
        text = path.read_text("utf-8")
        old = "".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] == "-")
        new = "".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] == "+")
        assert text.count(old) == 1, f"{file} has no single place for\n{diff}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def append(self, file: str, lines: str) -> None:
        path = self.root / file
        path.write_text(path.read_text("utf-8") + lines, encoding="utf-8")

    def type(self, command: str) -> list[str]:
        """Run a command; the lines that a terminal would show."""
        match shlex.split(command):
            case ["cd", folder]:
                self.here = self.root = self.here / folder
                return []
            case ["echo", "$?"]:
                return [str(self.last)]
            case ["sovereign", *words]:
                done = run(
                    ["sh", "-c", 'exec "$@" 2>&1', "sh", sys.executable, "-m", "sovereign", *words],
                    cwd=self.here,
                    env={"PYTHONUNBUFFERED": "1"},
                    check=False,
                )
                self.last = done.code
                return done.out.splitlines()
            case _:
                raise AssertionError(f"the tutorial's reader cannot type: {command}")


def _assert_shown(shown: list[str], printed: list[str], command: str) -> None:
    """The shown lines were printed, one right after the other except at a line of "…"."""
    at, anywhere = 0, False
    for line in shown:
        if line == "…":
            anywhere = True
            continue
        rest = [printed_line.rstrip() for printed_line in printed[at:]]
        place = rest.index(line.rstrip()) if anywhere and line.rstrip() in rest else 0
        assert rest[place : place + 1] == [line.rstrip()], f"$ {command}\n" + "\n".join(printed)
        at, anywhere = at + place + 1, False
    assert anywhere or at == len(printed), f"$ {command} prints more:\n" + "\n".join(printed[at:])


def test_the_tutorial_works_as_it_is_written(tmp_path: Path) -> None:
    reader = _Reader(tmp_path)
    blocks = FENCE.findall((DOCS / "tutorial.md").read_text("utf-8"))
    assert {language for language, _, _ in blocks} == {"sh", "console", "diff", "toml"}
    for language, file, text in blocks:
        match language:
            case "diff":
                reader.edit(file, text)
            case "toml":
                reader.append(file, text)
            case "console":
                for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                    command, *shown = part.splitlines()
                    _assert_shown(shown, reader.type(command), command)
            case _:
                pass  # needs Nix and the network, or the reader's own shell
