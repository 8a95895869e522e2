"""What the pages show of the code itself, so that no page can fall behind it.

A line `{{ name words }}` of a page is replaced by what the function of that name yields.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from inspect import cleandoc
from pathlib import Path
from textwrap import indent

import click
from key_tables import key_tables
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from sovereign.cli import VERBS, cli
from sovereign.inventory.load import load
from sovereign.inventory.schema import schemas
from sovereign.operate.explain import explanations
from sovereign.report import render
from sovereign.review.run import review, rules

ROOT = Path(__file__).resolve().parent.parent
_LANGUAGES = {".nix": "nix", ".sh": "sh", ".sql": "sql"}


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Replace the directives of a page; mkdocs calls this for each."""
    del page, config, files
    return expand(markdown)


def expand(markdown: str) -> str:
    """Replace each directive. Raises KeyError for one that does not exist or finds nothing."""

    def replacement(match: re.Match[str]) -> str:
        name, *words = match[1].split()
        return "\n".join(DIRECTIVES[name](*words))

    return re.sub(r"^\{\{ (.+) \}\}$", replacement, markdown, flags=re.MULTILINE)


def toml(file: str, *tables: str) -> Iterator[str]:
    """The named tables of a TOML file, with the comments above them."""
    blocks = re.split(r"\n{2,}", (ROOT / file).read_text("utf-8").strip())
    shown = [block for block in blocks if _table_of(block).split(".")[0] in tables]
    if {_table_of(block).split(".")[0] for block in shown} != set(tables):
        raise KeyError(f"{file} lacks one of the tables {', '.join(tables)}")
    yield f'```toml title="{file[file.index("hosts/") :]}"'
    yield "\n\n".join(shown)
    yield "```"


def _table_of(block: str) -> str:
    header = re.search(r"^\[+([a-z_.-]+)", block, re.MULTILINE)
    return header[1] if header else ""


def generated(concern: str) -> Iterator[str]:
    """The golden files of a concern's generator; modules are shown open."""
    folder = ROOT / "tests" / "generators" / "golden" / concern
    for file in sorted(folder.iterdir(), key=lambda file: (file.suffix != ".nix", file.name)):
        is_open = "+" if file.suffix == ".nix" else ""
        yield f'???{is_open} example "hosts/small/generated/{file.name}"\n'
        language = _LANGUAGES.get(file.suffix, "text")
        yield indent(f"```{language}\n{file.read_text('utf-8').rstrip()}\n```\n", "    ")


def python(file: str, name: str) -> Iterator[str]:
    """A function of a Python file, with its decorators."""
    text = (ROOT / file).read_text("utf-8")
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    (found,) = (node for node in functions if node.name == name)
    first = min([found.lineno, *(decorator.lineno for decorator in found.decorator_list)])
    yield f'```python title="{file}"'
    yield from text.splitlines()[first - 1 : found.end_lineno]
    yield "```"


def keys(which: str) -> Iterator[str]:
    """The keys of fleet.toml or host.toml, table by table."""
    return key_tables(schemas()[which])


def findings(*prefixes: str) -> Iterator[str]:
    """What the rules of some prefixes find, each with a link to its reason."""
    chosen = [rule for code, rule in rules().items() if code.startswith(prefixes)]
    if idle := [p for p in prefixes if not any(rule.code.startswith(p) for rule in chosen)]:
        raise KeyError(f"no rule for {', '.join(idle)}")
    yield "| Code | | Finding |\n|---|---|---|"
    for rule in chosen:
        link = f"[{rule.code}](../reference/codes.md#{rule.code.lower()})"
        yield f"| {link} | {rule.severity} | {rule.title} |"


def report(code: str) -> Iterator[str]:
    """The first finding of a code in this repository's fleet, as `sovereign check` shows it, accepted or not."""
    reviewed = review(load(ROOT))
    every = [*reviewed.open, *(finding for finding, _ in reviewed.accepted)]
    found = next(finding for finding in every if finding.code == code)
    yield f"```console\n$ sovereign check\n{render([found], ROOT)}\n```"


def codes() -> Iterator[str]:
    """Every code with its reason and source."""
    severities = {code: f" ({rule.severity})" for code, rule in rules().items()}
    for code, explanation in explanations().items():
        yield f"### {code}{severities.get(code, '')} {{ #{code.lower()} }}\n"
        yield f"**{explanation.title}.** {explanation.why}\n"
        if explanation.source:
            yield f"Source: <{explanation.source}>\n"


def verbs() -> Iterator[str]:
    """The help of every verb."""
    for name in VERBS:
        yield from _help(f"sovereign {name}", cli.get_command(click.Context(cli), name))


def _help(name: str, command: click.Command | None) -> Iterator[str]:
    if command is None:
        raise KeyError(name)
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    yield f"## {name}\n\n```text\n{usage}\n```\n\n{cleandoc(command.help or '')}\n"
    options = [each for each in command.get_params(context) if isinstance(each, click.Option)]
    records = filter(None, (option.get_help_record(context) for option in options))
    yield "\n".join(["| Option | |", "|---|---|", *(f"| `{a}` | {b} |" for a, b in records), ""])
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            yield from _help(f"{name} {inner}", command.get_command(context, inner))


def decisions() -> Iterator[str]:
    """The list of the decision records."""
    yield "| | Decision |\n|---|---|"
    for file in sorted((ROOT / "docs" / "adr").glob("[0-9]*.md")):
        number, title = re.findall(r"^# (\d+)\. (.+)$", file.read_text("utf-8"), re.MULTILINE)[0]
        yield f"| {number} | [{title}]({file.name}) |"


DIRECTIVES: Mapping[str, Callable[..., Iterator[str]]] = {
    directive.__name__: directive
    for directive in (toml, generated, python, keys, findings, report, codes, verbs, decisions)
}
