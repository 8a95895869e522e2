"""Units of systemd from the options of `systemd.services` and `systemd.targets`.

Follows nixpkgs' nixos/lib/systemd-lib.nix and systemd-unit-options.nix as of nixos-26.05; a
service's unit is compared with the real text where SOVEREIGN_NIXPKGS is set. The programs are
the distribution's: what NixOS would take from the store is looked up in `programs`, or found by its
name alone.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import takewhile
from types import MappingProxyType
from typing import ClassVar, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from sovereign.errors import SovereignError
from sovereign.rehearse.furnish import Placed

STAND_IN = "unit text rendered from options"
SCRIPTS = "/etc/sovereign/scripts"
FILES = "/etc/sovereign/files"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
"""Where the distribution keeps what NixOS puts on every unit's PATH."""

Atom: TypeAlias = bool | int | float | str | None
Value: TypeAlias = Atom | tuple[Atom, ...]

NOTHING: Mapping[str, str] = MappingProxyType({})

_STORE = r"/[^\s\"':=]*/[0-9a-z]{32}-[^/\s\"':]*"
_STORE_PROGRAM = re.compile(rf"{_STORE}/s?bin/")
_STORE_PATH = re.compile(rf"{_STORE}[^\s\"':]*")
_STAGES = {
    "pre_start": ("ExecStartPre", "pre-start"),
    "script": ("ExecStart", "start"),
    "post_start": ("ExecStartPost", "post-start"),
    "reload": ("ExecReload", "reload"),
    "pre_stop": ("ExecStop", "pre-stop"),
    "post_stop": ("ExecStopPost", "post-stop"),
}
_SCRIPTS = {to_camel(stage) for stage in _STAGES}
_RELATIONS = (
    *("requires", "wants", "upholds", "after", "before", "binds_to", "part_of", "conflicts"),
    *("requisite", "documentation", "on_failure", "on_success"),
)


class UnitError(SovereignError):
    """The options of a unit do not make one that can run here."""

    code: ClassVar[str] = "REH020"


class _File(BaseModel):
    model_config = ConfigDict(frozen=True)

    path: str
    text: str

    @property
    def name(self) -> str:
        """Its own name, without the hash that the store puts before it."""
        return self.path.rpartition("/")[2].partition("-")[2]


class _Unit(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    description: str = ""
    documentation: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    upholds: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    binds_to: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    requisite: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    on_success: tuple[str, ...] = ()
    wanted_by: tuple[str, ...] = ()
    start_limit_interval_sec: int | None = None
    start_limit_burst: int | None = None
    unit_config: Mapping[str, Value] = {}

    def unit_section(self) -> Mapping[str, Value]:
        words = {name: getattr(self, name) for name in _RELATIONS}
        told: dict[str, Value] = {
            _directive(name): " ".join(found) for name, found in words.items() if found
        }
        if self.description:
            told["Description"] = self.description
        for name in ("start_limit_interval_sec", "start_limit_burst"):
            if getattr(self, name) is not None:
                told[_directive(name)] = getattr(self, name)
        # NixOS's own bookkeeping for a switch
        given = {key: value for key, value in self.unit_config.items() if key[:2] != "X-"}
        return given | told


_AnyUnit = TypeVar("_AnyUnit", bound=_Unit)


class _Timer(_Unit):
    timer_config: Mapping[str, Value] = {}


class _Service(_Unit):
    environment: Mapping[str, str | None] = {}
    files: tuple[_File, ...] = ()
    path: tuple[str, ...] = ()
    service_config: Mapping[str, Value] = {}
    pre_start: str = ""
    script: str = ""
    script_args: str = ""
    post_start: str = ""
    reload: str = ""
    pre_stop: str = ""
    post_stop: str = ""

    def scripts(self) -> Mapping[str, str]:
        return {stage: text for stage in _STAGES if (text := str(getattr(self, stage)))}


def service(
    name: str, options: Mapping[str, object], *, programs: Mapping[str, str] = NOTHING
) -> tuple[Placed, ...]:
    """Return the unit file of a service, and its scripts and the files that its variables name.

    `options` are those of `systemd.services.<name>`; `programs` tells what stands on this host in
    the place of a path of the store, which is a package's folder or a file. A program of another
    package is found by its name. Raises UnitError for options of another shape, and for a path of
    the store that nothing stands for.
    """
    parsed = _parsed(_Service, name, options)
    files = {file.path: Placed(f"{FILES}/{name}/{file.name}", file.text) for file in parsed.files}
    known = {**programs, **{path: file.path for path, file in files.items()}}
    scripts = tuple(
        Placed(_script(name, stage), f"#!/bin/bash\nset -e\n\n{_replaced(text, known)}\n\n", 0o755)
        for stage, text in parsed.scripts().items()
    )
    text = _STORE_PROGRAM.sub("", _replaced(_text(name, parsed, known), known))
    left = _STORE_PATH.search(text)
    if left:
        raise UnitError(f"nothing stands for {left[0]}, which the unit {name} names")
    unit = Placed(f"/etc/systemd/system/{name}.service", text, stand_in=STAND_IN)
    return (unit, *scripts, *files.values())


def unit_text(name: str, service: Mapping[str, object]) -> str:
    """Return the text of a service's unit, its paths of the store as they are."""
    return _text(name, _parsed(_Service, name, service), NOTHING)


def target(name: str, options: Mapping[str, object]) -> Placed:
    """Return the unit file of a target, from the options of `systemd.targets.<name>`."""
    parsed = _parsed(_Unit, name, options)
    text = f"[Unit]\n{_lines(parsed.unit_section())}\n{_install(parsed)}"
    return Placed(f"/etc/systemd/system/{name}.target", text, stand_in=STAND_IN)


def timer(name: str, options: Mapping[str, object]) -> Placed:
    """Return the unit file of a timer, from the options of `systemd.timers.<name>`."""
    parsed = _parsed(_Timer, name, options)
    sections = f"[Unit]\n{_lines(parsed.unit_section())}\n[Timer]\n{_lines(parsed.timer_config)}"
    text = sections + _install(parsed)
    return Placed(f"/etc/systemd/system/{name}.timer", text, stand_in=STAND_IN)


def nixos_service(
    name: str,
    base: Mapping[str, object],
    more: Mapping[str, object],
    *,
    programs: Mapping[str, str] = NOTHING,
) -> tuple[Placed, ...]:
    """Return the files of a service of NixOS's own, as `service` does.

    `base` holds the options that NixOS sets, with the distribution's programs; `more` is what the
    evaluation tells: all of them, or what a host adds. Scripts and programs are those of `base`.
    """
    joined = _joined(base, {key: value for key, value in more.items() if key not in _SCRIPTS})
    return tuple(
        replace(placed, stand_in=placed.stand_in or f"script of {name}")
        for placed in service(name, joined, programs=programs)
    )


def _joined(base: Mapping[str, object], more: Mapping[str, object]) -> dict[str, object]:
    """Join options as modules do: sets at every depth, lists without a word twice."""
    joined = dict(base)
    for key, value in more.items():
        before = joined.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            joined[key] = _joined(before, value)
        elif isinstance(before, list | tuple) and isinstance(value, list | tuple):
            joined[key] = [*before, *(one for one in value if one not in before)]
        elif key not in joined or (value not in ("", None) and not _STORE_PATH.search(str(value))):
            joined[key] = value
    return joined


def _parsed(model: type[_AnyUnit], name: str, options: Mapping[str, object]) -> _AnyUnit:
    try:
        return model.model_validate(options)
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"]))
        message = f"the options of {name} are not those of a unit: {where}: {wrong['msg']}"
        raise UnitError(message) from error


def _text(name: str, unit: _Service, programs: Mapping[str, str]) -> str:
    settings = dict(unit.service_config)
    for stage in unit.scripts():
        directive = _STAGES[stage][0]
        arguments = f" {unit.script_args}" if stage == "script" and unit.script_args else ""
        others = () if stage == "script" else _values(settings.get(directive))
        settings[directive] = _joined_to(f"{_script(name, stage)}{arguments}", others)
    return (
        f"[Unit]\n{_lines(unit.unit_section())}\n"
        f"[Service]\n{_environment(unit, programs)}{_lines(settings)}"
        f"{_install(unit)}"
    )


def _joined_to(script: str, others: Iterable[Atom]) -> tuple[Atom, ...]:
    """Put a script where NixOS put its own; else first, but behind what would take it back."""
    told = [script if "-unit-script-" in str(one) else one for one in others if one is not None]
    if script in told:
        return tuple(told)
    resets = len(list(takewhile(lambda one: one == "", told)))
    return (*told[:resets], script, *told[resets:])


def _environment(unit: _Service, programs: Mapping[str, str]) -> str:
    folders = [programs[folder] for folder in unit.path if folder in programs]
    path = ":".join([*(f"{folder}/{kind}" for kind in ("bin", "sbin") for folder in folders)])
    variables = {
        name: text
        for name, text in unit.environment.items()
        # NixOS's own: where it keeps programs and name services
        if text is not None and name not in ("PATH", "LD_LIBRARY_PATH")
    }
    if unit.path:
        variables["PATH"] = f"{path}:{SYSTEM_PATH}" if path else SYSTEM_PATH
    return "".join(
        f"Environment={json.dumps(f'{name}={text}', ensure_ascii=False)}\n"
        for name, text in sorted(variables.items())
    )


def _install(unit: _Unit) -> str:
    return f"\n[Install]\nWantedBy={' '.join(unit.wanted_by)}\n" if unit.wanted_by else ""


def _lines(section: Mapping[str, Value]) -> str:
    return "".join(
        f"{key}={_atom(one)}\n" for key in sorted(section) for one in _values(section[key])
    )


def _values(value: Value) -> tuple[Atom, ...]:
    return value if isinstance(value, tuple) else (value,)


def _atom(value: Atom) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def _directive(option: str) -> str:
    return "".join(part.capitalize() for part in option.split("_"))


def _script(name: str, stage: str) -> str:
    return f"{SCRIPTS}/{name}-{_STAGES[stage][1]}"


def _replaced(text: str, programs: Mapping[str, str]) -> str:
    for path in sorted(programs, key=len, reverse=True):
        text = text.replace(path, programs[path])
    return text
