"""What the pages show of the code itself, so that no page can fall behind it.

A line `{{ name words }}` of a page is replaced by what the function of that name yields.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click
from key_tables import key_tables
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from sovereign.cli import VERBS, cli
from sovereign.inventory.schema import schemas
from sovereign.operate.explain import explanations
from sovereign.review.run import rules

ROOT = Path(__file__).resolve().parent.parent


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
    yield f'```toml title="{Path(file).parent.name}/{Path(file).name}"'
    yield "\n\n".join(shown)
    yield "```"


def _table_of(block: str) -> str:
    header = re.search(r"^\[+([a-z_.-]+)", block, re.MULTILINE)
    return header[1] if header else ""


def generated(concern: str) -> Iterator[str]:
    """The files that a concern's generator writes for the example host."""
    folder = ROOT / "tests" / "generators" / "golden" / concern
    for file in sorted(folder.iterdir()):
        language = {".nft": "text", ".ps1": "powershell"}.get(file.suffix, file.suffix[1:])
        yield f'\n```{language} title="hosts/small/generated/{file.name}"'
        yield file.read_text("utf-8").rstrip()
        yield "```"


def keys(which: str) -> Iterator[str]:
    """The keys of fleet.toml or host.toml, table by table."""
    return key_tables(schemas()[which])


def findings(*prefixes: str) -> Iterator[str]:
    """What the rules of some prefixes find, each with a link to its reason."""
    chosen = [rule for code, rule in rules().items() if code.startswith(prefixes)]
    if {rule.code[:3] for rule in chosen} != {prefix[:3] for prefix in prefixes}:
        raise KeyError(f"no rule for one of {', '.join(prefixes)}")
    yield "| Code | | Finding |\n|---|---|---|"
    for rule in chosen:
        link = f"[{rule.code}](../reference/codes.md#{rule.code.lower()})"
        yield f"| {link} | {rule.severity} | {rule.title} |"


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
        command = cli.get_command(click.Context(cli), name)
        if command is None:
            raise KeyError(name)
        yield from _help(f"sovereign {name}", command)


def _help(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    yield f"## {name}\n\n```text"
    yield f"{' '.join([name, *command.collect_usage_pieces(context)])}"
    yield f"```\n\n{command.help}\n"
    records = [param.get_help_record(context) for param in command.get_params(context)]
    rows = [f"| `{record[0]}` | {record[1]} |" for record in records if record]
    yield "\n".join(["| Option | |", "|---|---|", *rows, ""])
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found:
                yield from _help(f"{name} {inner}", found)


def decisions() -> Iterator[str]:
    """The list of the decision records."""
    yield "| | Decision |\n|---|---|"
    for file in sorted((ROOT / "docs" / "adr").glob("[0-9]*.md")):
        number, title = re.findall(r"^# (\d+)\. (.+)$", file.read_text("utf-8"), re.MULTILINE)[0]
        yield f"| {number} | [{title}]({file.name}) |"


DIRECTIVES: Mapping[str, Callable[..., Iterator[str]]] = {
    directive.__name__: directive
    for directive in (toml, generated, keys, findings, codes, verbs, decisions)
}
