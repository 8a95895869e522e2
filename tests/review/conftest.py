"""The committed inventory with some of its text replaced, reviewed by one rule or by all."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import sovereign.review
from sovereign.diagnostics import Diagnostic
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory, load
from sovereign.inventory.locate import TomlPositions
from sovereign.review.rule import Hit, Rule, Subject

HOSTS = Path(__file__).resolve().parents[2] / "hosts"
FLEET = "hosts/fleet.toml"


def host_file(name: str) -> str:
    return f"hosts/{name}/host.toml"


@dataclass(frozen=True)
class Place:
    """Where a diagnostic points to: the line's number, its text, and the text that is marked."""

    number: int
    line: str
    marked: str


@dataclass(frozen=True)
class Draft:
    """An inventory as texts: path → TOML. Each change gives a new draft."""

    root: Path
    texts: Mapping[str, str]

    def host(self, old: str, new: str, name: str = "cloudlab") -> "Draft":
        """Replace a piece of a host's text that stands in it exactly once."""
        return self._replaced(host_file(name), old, new)

    def fleet(self, old: str, new: str) -> "Draft":
        """Replace a piece of fleet.toml that stands in it exactly once."""
        return self._replaced(FLEET, old, new)

    def add_to_host(self, text: str, name: str = "cloudlab") -> "Draft":
        """Put text at the end of a host's file."""
        return self._with(host_file(name), f"{self.texts[host_file(name)]}\n{text}")

    def add_to_fleet(self, text: str) -> "Draft":
        """Put text at the end of fleet.toml."""
        return self._with(FLEET, f"{self.texts[FLEET]}\n{text}")

    def twin(self, name: str) -> "Draft":
        """Add a second host whose text is cloudlab's."""
        return self._with(host_file(name), self.texts[host_file("cloudlab")])

    def inventory(self) -> Inventory:
        """Write the texts to the folder and read them with the real loader."""
        for path, text in self.texts.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return load(self.root)

    def loaded(self, name: str = "cloudlab") -> Host:
        return self.inventory().hosts[name]

    def findings(self, *rules: Rule) -> tuple[Diagnostic, ...]:
        """Review by the given rules, or by all there are."""
        inventory = self.inventory()
        return tuple(found for rule in rules or all_rules() for found in _apply(rule, inventory))

    def finding(self, rule: Rule) -> Diagnostic:
        """The only finding of a rule."""
        found = self.findings(rule)
        assert len(found) == 1, [f"{one.at}: {one.message}" for one in found]
        return found[0]

    def place(self, diagnostic: Diagnostic) -> Place:
        """Find what a reader is pointed to."""
        text = self.texts[diagnostic.file.relative_to(self.root).as_posix()]
        span = TomlPositions(text).nearest(diagnostic.at)
        line = text.split("\n")[span.line - 1]
        return Place(span.line, line, line[span.column - 1 : span.end_column - 1])

    def marked(self, rule: Rule) -> str:
        """The text that the only finding of a rule points to."""
        return self.place(self.finding(rule)).marked

    def _replaced(self, path: str, old: str, new: str) -> "Draft":
        count = self.texts[path].count(old)
        assert count == 1, f"{old!r} stands {count} times in {path}"
        return self._with(path, self.texts[path].replace(old, new))

    def _with(self, path: str, text: str) -> "Draft":
        return replace(self, texts={**self.texts, path: text})


@pytest.fixture
def committed(tmp_path: Path) -> Draft:
    """The inventory as it is committed."""
    files = [HOSTS / "fleet.toml", HOSTS / "cloudlab" / "host.toml"]
    texts = {file.relative_to(HOSTS.parent).as_posix(): file.read_text("utf-8") for file in files}
    return Draft(tmp_path, texts)


def all_rules() -> tuple[Rule, ...]:
    """Every rule of the modules in sovereign.review, by its code."""
    package = sovereign.review
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    rules = {
        rule.code: rule
        for module in modules
        for rule in vars(module).values()
        if isinstance(rule, Rule)
    }
    return tuple(rules[code] for code in sorted(rules))


def _apply(rule: Rule, inventory: Inventory) -> Iterator[Diagnostic]:
    def diagnosed(hits: Iterator[Hit], name: str | None) -> Iterator[Diagnostic]:
        return (rule.diagnose(hit, inventory, hit.host or name) for hit in hits)

    if rule.fleet_check:
        yield from diagnosed(rule.fleet_check(inventory), None)
    if rule.host_check:
        for name, host in inventory.hosts.items():
            yield from diagnosed(rule.host_check(Subject(inventory, name, host)), name)
