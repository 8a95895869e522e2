"""Where this machine gets Debian from: its own apt configuration, or SOVEREIGN_DEBIAN_MIRROR."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from sovereign.errors import SovereignError
from sovereign.files import read_file

VARIABLE = "SOVEREIGN_DEBIAN_MIRROR"
_KEYRING = "debian-archive-keyring"
_LINE = re.compile(
    r"deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)(?P<rest>.*)"
)


class NoMirrorError(SovereignError):
    """The machine's apt configuration names no mirror of Debian."""

    code: ClassVar[str] = "REH030"

    def __init__(self, etc: Path) -> None:
        super().__init__(
            f"{etc} names no mirror of Debian with the component main",
            hint=f"Set {VARIABLE} to the address of one.",
        )


@dataclass(frozen=True, slots=True)
class Source:
    """An entry for binary packages: of what, from where, and by whose keys."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str

    @property
    def is_debian(self) -> bool:
        """Whether it is the distribution itself, and neither its updates nor somebody else's."""
        path = self.uri.rstrip("/").rpartition("/")[2]
        signed = _KEYRING in self.signed_by if self.signed_by else path == "debian"
        return signed and "main" in self.components and not re.search("[-/]", self.suite)


def mirror(etc: Path = Path("/etc/apt"), environment: Mapping[str, str] | None = None) -> str:
    """Return the address of a mirror of Debian. Raises NoMirrorError."""
    told = (os.environ if environment is None else environment).get(VARIABLE)
    if told:
        return told
    for source in sources(etc):
        if source.is_debian:
            return _resolved(source.uri)
    raise NoMirrorError(etc)


def sources(etc: Path) -> Iterator[Source]:
    """Yield what sources.list(5) declares, both forms, in apt's order."""
    folder = etc / "sources.list.d"
    for file in (etc / "sources.list", *sorted(folder.glob("*"))):
        if file.suffix not in {".list", ".sources"} or not file.is_file():
            continue
        text = read_file(file).decode("utf-8", "replace")
        yield from _stanzas(text) if file.suffix == ".sources" else _lines(text)


def _lines(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        found = _LINE.fullmatch(line.partition("#")[0].strip())
        if found:
            options = dict(
                word.split("=", 1) for word in (found["options"] or "").split() if "=" in word
            )
            signed = options.get("signed-by", "")
            yield Source(found["uri"], found["suite"], tuple(found["rest"].split()), signed)


def _stanzas(text: str) -> Iterator[Source]:
    uncommented = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", uncommented):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line[:1].isspace():
                fields[name] = f"{fields.get(name, '')} {line.strip()}"
            else:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        if "deb" not in fields.get("types", "").split():
            continue
        if fields.get("enabled", "yes").lower() in {"no", "false", "0", "off", "without"}:
            continue
        components = tuple(fields.get("components", "").split())
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(uri, suite, components, fields.get("signed-by", ""))


def _resolved(uri: str) -> str:
    """Return the first mirror of a list, where apt is told a file with several."""
    scheme, _, path = uri.partition(":")
    if scheme != "mirror+file":
        return uri
    lines = read_file(Path("/" + path.lstrip("/"))).decode("utf-8", "replace").splitlines()
    return next((line.split()[0] for line in lines if line.strip()), uri)
