"""Every example of Emily's pages runs, one after another as a reader types them, and prints what they show."""

import doctest
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from emily.instinct import holographic
from emily.instinct.hdc import kernel

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "emily").glob("*.md"))


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    variant, backend = kernel.variant(), holographic.backend()
    yield
    kernel.use(variant)
    holographic.use(backend)


def examples(page: Path) -> doctest.DocTest:
    """The blocks of a page in their order, at their lines."""
    lines, language = [], ""
    for line in page.read_text("utf-8").splitlines():
        fence = re.match(r"```(\w*)", line)
        lines.append(line if language == "pycon" and not fence else "")
        if fence:
            language = fence[1]
    return doctest.DocTestParser().get_doctest("\n".join(lines), {}, page.stem, str(page), 0)


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_the_examples_print_what_is_shown(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found, reports = examples(page), []
    assert found.examples
    doctest.DocTestRunner().run(found, out=reports.append)
    assert not reports, "".join(reports)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_all_python_on_a_page_is_an_example(page: Path) -> None:
    languages = set(re.findall(r"^```(\w+)", page.read_text("utf-8"), re.MULTILINE))
    assert languages <= {"mermaid", "pycon", "sh"}


def test_an_example_that_prints_something_else_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Text.\n\n```pycon\n>>> 1 + 1\n3\n```\n\n>>> 0\n1\n", encoding="utf-8")
    reports: list[str] = []
    doctest.DocTestRunner().run(examples(page), out=reports.append)
    assert f'File "{page}", line 4' in "".join(reports)
    assert len(examples(page).examples) == 1
