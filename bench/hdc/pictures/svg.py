"""A picture as SVG that stands inside a page: its ink is the page's, its text in the page's font."""

import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast
from xml.etree import ElementTree

from bench.hdc.peers.protocol import load

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
INK = "#010203"
"""Stands for the page's colour of text, which is dark or light."""

# Seen alike on white and on black.
COLOURS = ("#e8590c", "#2f80ed", "#12a150", "#a05cf0", "#d6408f", "#0e9aa7", "#a97a00")

SETTINGS = {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9,
    "font.size": 9,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.5,
    "svg.fonttype": "none",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


class Axes(Protocol):
    """What is used of matplotlib's axes."""

    def plot(self, x: Sequence[float], y: Sequence[float], /, **style: object) -> object:
        """A line."""

    def fill_between(
        self, x: Sequence[float], y: Sequence[float], to: float, /, **style: object
    ) -> object:
        """An area."""

    def text(self, x: float, y: float, text: str, /, **style: object) -> object:
        """Words at a place."""

    def set(self, **properties: object) -> object:
        """Limits, scales, labels and ticks."""

    def grid(self, *, alpha: float, color: str, linewidth: float) -> None:
        """Lines at the ticks."""

    def minorticks_off(self) -> None:
        """No ticks between those named."""

    def get_legend_handles_labels(self) -> tuple[list[object], list[str]]:
        """What a legend shows."""


class _Figure(Protocol):
    def subplots(
        self, rows: int, columns: int, /, *, squeeze: bool
    ) -> Iterable[Sequence[Axes]]: ...
    def legend(self, handles: list[object], labels: list[str], /, **style: object) -> object: ...
    def savefig(self, file: io.BytesIO, /, **how: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """Panels side by side, each drawn by a function, and one legend below; sizes in inches."""

    label: str
    panels: Sequence[Callable[[Axes], None]]
    columns: int
    width: float = 7.2
    height: float = 3.4


def draw(name: str, picture: Picture) -> str:
    """The picture as an SVG element; the same input gives the same text."""
    with load("matplotlib").rc_context({**SETTINGS, "svg.hashsalt": name}):
        figure = cast(
            "_Figure",
            load("matplotlib.figure").Figure((picture.width, picture.height), layout="constrained"),
        )
        (axes,) = figure.subplots(1, len(picture.panels), squeeze=False)
        for panel, place in zip(picture.panels, axes, strict=True):
            panel(place)
        figure.legend(
            *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=picture.columns
        )
        file = io.BytesIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return _for_a_page(file.getvalue().decode("utf-8"), picture.label)


def _for_a_page(text: str, label: str) -> str:
    """Without what only a file of its own needs, and without rules that would hold for the page."""
    root = ElementTree.fromstring(text)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style"):
                parent.remove(child)
    used = set(re.findall(r"#(\w+)", " ".join(v for e in root.iter() for v in e.attrib.values())))
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        if link := element.attrib.pop(f"{{{XLINK}}}href", None):
            element.set("href", link)
        for key, value in element.attrib.items():
            element.set(key, _plain(value))
    for size in ("width", "height", "version"):
        del root.attrib[size]
    root.attrib |= {
        "role": "img",
        "aria-label": label,
        "style": "width:100%;max-width:45rem;height:auto",
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
        "font-family": "inherit",
    }
    ElementTree.register_namespace("", SVG)
    lines = ElementTree.tostring(root, "unicode").splitlines()
    return "".join(f"{line.strip()}\n" for line in lines if line.strip())


def _plain(value: str) -> str:
    """An attribute with the page's colour and font, and two digits after the point."""
    value = value.replace(INK, "currentColor")
    value = re.sub(r"font-family: [^;]+;? ?|font: ([\d.]+px)[^;]*", _size, value)
    return re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", value)


def _size(font: re.Match[str]) -> str:
    return f"font-size: {font[1]}" if font[1] else ""
