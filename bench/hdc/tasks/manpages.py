"""Manual pages in many languages: fetched from Debian, freed of markup, cut into sentences."""

import gzip
import io
import re
import subprocess
import tarfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

PACKAGES = Path(__file__).with_name("packages.txt").read_text("utf-8").split()

# Requests that begin what is no prose, with those that end it: literal lines, tables, equations.
SKIPPED = {".nf": ".fi", ".EX": ".EE", ".TS": ".TE", ".EQ": ".EN", ".ig": "..", ".de": ".."}
TAGGED = {".TP", ".TQ"}
ITALIC = {".I", ".IR", ".RI"}
BOLD = {".B", ".BI", ".BR", ".IB", ".RB", ".SB"}
NO_WORD = " \0 "

_BOLD = re.compile(r"\\f(?:B|\[B\]|C|\(CW|\[CW\]).*?(?:\\f(?:[PRI]|\[\w*\])|$)")
_ESCAPE = re.compile(
    r"\\(?:\*?\((?P<two>..)|\*?\[(?P<any>[^]]*)\]|f(?:\(..|\[\w*\]|.)|s[-+]?\d+|.)"
)
_CHARACTERS = {r"\-": "-", r"\'": "'", r"\ ": " ", r"\~": " ", r"\0": " ", r"\e": NO_WORD}
_ACCENTS = dict(zip("'`^~:,", "\u0301\u0300\u0302\u0303\u0308\u0327", strict=True))
_GLYPHS = {"aq": "'", "Aq": "'", "cq": "'", "hy": "-", "oa": "å", "oA": "Å", "ss": "ß"}
_GLYPHS |= {"ae": "æ", "AE": "Æ", "/o": "ø", "/O": "Ø", "/l": "ł", "/L": "Ł"}


@dataclass(frozen=True, slots=True)
class Page:
    """One manual page: its language's folder ("" for English), its name and its text in troff."""

    folder: str
    name: str
    source: str


def download(cache: Path) -> list[Path]:
    """The packages' files below `cache`, fetched by apt-get where they are not there yet."""
    cache.mkdir(parents=True, exist_ok=True)
    missing = [name for name in PACKAGES if not any(cache.glob(f"{name}_*.deb"))]
    if missing:
        argv = ["apt-get", "-qq", "download", *missing]
        subprocess.run(argv, cwd=cache, check=True, stdout=subprocess.DEVNULL)
    return [max(cache.glob(f"{name}_*.deb")) for name in PACKAGES]


def pages(package: Path) -> Iterator[Page]:
    """The manual pages of a Debian package; links to other pages are left out."""
    argv = ["dpkg-deb", "--fsys-tarfile", str(package)]
    files = subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(files)) as archive:
        for member in archive:
            place = re.fullmatch(r"\./usr/share/man/(?:(.+)/)?man\d/([^/]+)\.gz", member.name)
            file = archive.extractfile(member) if place and member.isfile() else None
            if place and file:
                text = gzip.decompress(file.read()).decode("utf-8", errors="replace")
                yield Page(place[1] or "", place[2], text)


def paragraphs(source: str) -> Iterator[str]:
    """The running text of a page in man(7); nothing of one in mdoc(7).

    Headings, tags of lists and literal lines are left out; bold text (program text, by convention)
    becomes a NUL, which is no word.
    """
    if not re.search(r"^\.Dd", source, re.MULTILINE):
        for is_text, parts in groupby(_parts(source), key=bool):
            if is_text:
                yield " ".join(parts)


def sentences(paragraph: str) -> list[str]:
    """A paragraph's sentences."""
    return re.split('(?<=[.!?\u2026])[\\s"»\u201d\u2019)]+', " ".join(paragraph.split()))


def plain(text: str) -> str:
    """The text without troff's escapes, its named glyphs as characters."""
    return _ESCAPE.sub(_character, _BOLD.sub(NO_WORD, text))


def _parts(source: str) -> Iterator[str]:
    """The lines' text; nothing ("") where a paragraph ends."""
    until, is_tag = "", False
    for line in source.splitlines():
        request = _request(line)
        if until:
            until = "" if request == until else until
        elif request.startswith((".\\", "'\\")):
            continue
        elif is_tag and (not request or request in ITALIC | BOLD):
            is_tag = False
        elif not request:
            yield plain(line).strip(" ")
        elif request in BOLD:
            yield NO_WORD
        elif request in ITALIC:
            words = re.findall(r'"([^"]*)"|(\S+)', line)[1:]
            yield plain((" " if request == ".I" else "").join(map("".join, words)))
        else:
            until, is_tag = SKIPPED.get(request, ""), request in TAGGED
            yield ""


def _request(line: str) -> str:
    """The request of a line as ".XY"; "" for text."""
    found = re.match(r"[.']\s*(\S*)", line)
    return f".{found[1]}" if found else ""


def _character(escape: re.Match[str]) -> str:
    name = escape["two"] or escape["any"]
    if not name:
        return _CHARACTERS.get(escape[0], "")
    if len(name) == 2 and name[0] in _ACCENTS:
        return unicodedata.normalize("NFC", name[1] + _ACCENTS[name[0]])
    if re.fullmatch(r"u[0-9A-F]{4,5}", name):
        return chr(int(name[1:], 16))
    return _GLYPHS.get(name, "")
