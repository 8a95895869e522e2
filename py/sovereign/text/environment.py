"""Templates in which nothing can be pasted: every printed value is quoted for its language.

A template holds text and loops. A printed value passes through the language's writer, by jinja2's
`finalize`; there is no other way in, because a template may use nothing but loops, conditions,
assignments and the filters of its language, and may print a value only where code stands: never
inside a string, a comment or anything else in which the quotes of the value would lose their sense.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path

import jinja2
from jinja2 import nodes

from sovereign.text.errors import TemplateError

FOLDER = Path(__file__).resolve().parent.parent / "generators"
"""Where templates are looked for: `<concern>/<concern>.nix.j2`."""

_STATEMENTS = (nodes.Assign, nodes.For, nodes.If, nodes.Output, nodes.Scope)


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """How values are written in one language.

    `write` turns a value into text or raises TextError. `complete` matches, at its start, as much
    of a piece of text as consists of whole strings, comments and other words: what stands between
    two tags of a template must match as a whole. `finish` sees the rendered whole.
    """

    name: str
    write: Callable[[object], str]
    complete: re.Pattern[str]
    filters: Mapping[str, Callable[[object], object]] = field(default_factory=dict)
    finish: Callable[[str], str] = str


def render(language: Language, template: str | Path, view: object) -> str:
    """Render a template with the fields of a view (a dataclass, or a mapping) as its names.

    `template` is a name below FOLDER or the path of a file. Raises TemplateError when the template
    is missing or wrong or uses a name that the view has not, TextError when the language cannot
    hold a value.
    """
    folder, name = _located(template)
    try:
        return language.finish(_compiled(language, folder, name).render(_names(view)))
    except jinja2.UndefinedError as error:
        raise TemplateError(f"{folder / name}: {error.message}") from error


def _located(template: str | Path) -> tuple[Path, str]:
    if isinstance(template, Path):
        return template.parent, template.name
    return FOLDER, template


def _names(view: object) -> dict[str, object]:
    if is_dataclass(view) and not isinstance(view, type):
        return {each.name: getattr(view, each.name) for each in fields(view)}
    if isinstance(view, Mapping):
        return dict(view)
    raise TemplateError(f"a view is a dataclass or a mapping, not {type(view).__name__}")


@cache
def _environment(language: Language, folder: Path) -> jinja2.Environment:
    def finalize(value: object) -> str:
        if isinstance(value, jinja2.Undefined):
            return str(value)  # raises, and names what is undefined
        return language.write(value)

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - no HTML; `finalize` quotes every value
        auto_reload=False,
        cache_size=-1,
    )
    environment.globals.clear()
    environment.filters.clear()
    environment.filters.update(language.filters)
    return environment


@cache
def _compiled(language: Language, folder: Path, name: str) -> jinja2.Template:
    environment = _environment(language, folder)
    try:
        source = (folder / name).read_text(encoding="utf-8")
        _check(language, folder / name, environment.parse(source))
        return environment.get_template(name)
    except OSError as error:
        raise TemplateError(f"{folder / name}: no such template") from error
    except UnicodeDecodeError as error:
        raise TemplateError(f"{folder / name}: not UTF-8") from error
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"{folder / name}:{error.lineno}: {error.message}") from error


def _check(language: Language, path: Path, tree: nodes.Template) -> None:
    for node in tree.find_all(nodes.Stmt):
        if not isinstance(node, _STATEMENTS):
            raise TemplateError(
                f"{path}:{node.lineno}: {type(node).__name__} has no place in a template",
                hint="a template holds text, loops, conditions and assignments",
            )
    for output in tree.find_all(nodes.Output):
        before = ""
        for child in output.nodes:
            if isinstance(child, nodes.TemplateData):
                _check_piece(language, path, before + child.data, child.lineno)
            # A value stands before the piece as a word does.
            before = "" if isinstance(child, nodes.TemplateData) else "0"


def _check_piece(language: Language, path: Path, text: str, first_line: int) -> None:
    matched = language.complete.match(text)
    end = matched.end() if matched else 0
    if end < len(text):
        line = first_line + text.count("\n", 0, end)
        raise TemplateError(
            f"{path}:{line}: a tag stands inside the {language.name} text that begins with "
            f"{text[end : end + 20]!r}",
            hint="end the string or comment before the tag; join text in the view",
        )
