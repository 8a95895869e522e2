"""The atlas as a picture: SVG, drawn without a library, readable on light and on dark paper."""

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from scf.atlas.energies import Spread
from scf.atlas.statistics import Statistics

_WIDTH, _LEFT, _RIGHT = 760, 64, 20
_PLOT = _WIDTH - _LEFT - _RIGHT
_BARS, _ROW, _TOP = 180, 26, 44
_MOST_ROWS = 32
_STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-size: 14px; font-weight: 600 }
  .axis { stroke: #777; fill: none } .grid { stroke: #7774; fill: none }
  .bar { fill: #3b7ddd } .ridge { fill: #d9822b88; stroke: #b3651a } .mean { stroke: #b3261e }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd } .bar { fill: #6ea8fe } .ridge { stroke: #f0a860 } .mean { stroke: #ff8a80 }
  }
"""


def picture(shards: Sequence[Statistics], energies: Mapping[str, Spread]) -> str:
    """Bars of each shard's entropy and, of those that have energies, a ridge of each histogram."""
    parts = list(_bars(shards))
    height = _TOP + _BARS + 48
    found = [(each.name, energies[each.name]) for each in shards if each.name in energies]
    if found:
        parts += _ridges(_spread_out(found), len(found), height)
        height += _TOP + _ROW * (min(len(found), _MOST_ROWS) + 1) + 48
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">\n'
        f"<title>Entropy and energy of {len(shards)} shards</title>\n<style>{_STYLE}</style>\n"
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _bars(shards: Sequence[Statistics]) -> Iterator[str]:
    values = [shard.entropy if shard.field is None else shard.field.entropy for shard in shards]
    field = shards[0].field
    what = "the contents' bytes" if field is None else f"{field.path}, {field.bins} bins"
    top = max(1, math.ceil(max(values)))
    bottom = _TOP + _BARS
    yield _text(_LEFT, 20, f"Entropy of {what}", "title")
    for tick in _ticks(0, top):
        y = bottom - _BARS * tick / top
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}h{_PLOT}"/>'
        yield _text(_LEFT - 8, y + 4, f"{tick:g}", anchor="end")
    step = _PLOT / len(shards)
    for index, (shard, value) in enumerate(zip(shards, values, strict=True)):
        x, height = _LEFT + step * index, _BARS * value / top
        told = f"{shard.name}: {value:.3f} bits, {shard.records} fossils, compressed {shard.ratio:.1f} : 1"
        yield (
            f'<rect class="bar" x="{x + 0.1 * step:.2f}" y="{bottom - height:.2f}"'
            f' width="{0.8 * step:.2f}" height="{height:.2f}"><title>{escape(told)}</title></rect>'
        )
    for index in sorted({0, len(shards) // 2, len(shards) - 1}):
        x = _LEFT + step * (index + 0.5)
        yield _text(x, bottom + 16, str(index + 1), anchor="middle")
    yield f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}h{_PLOT}"/>'
    yield _text(_LEFT + _PLOT / 2, bottom + 34, "shard", anchor="middle")
    yield _turned(_TOP + _BARS / 2, "bits" if field else "bits per byte")


def _ridges(found: Sequence[tuple[str, Spread]], of: int, top: float) -> Iterator[str]:
    low = min(spread.histogram.low for _, spread in found)
    high = max(spread.histogram.high for _, spread in found)
    bottom = top + _TOP + _ROW * (len(found) + 1)

    def across(value: float) -> float:
        return _LEFT + _PLOT * (value - low) / (high - low)

    some = f" ({len(found)} of {of} shards)" if len(found) < of else ""
    yield _text(_LEFT, top + 20, f"Energy of the fossils{some}", "title")
    for tick in _ticks(low, high):
        x = across(tick)
        yield f'<path class="grid" d="M{x:.1f} {top + _TOP}V{bottom:.1f}"/>'
        yield _text(x, bottom + 16, f"{tick:g}", anchor="middle")
    for row, (name, spread) in enumerate(found):
        base = top + _TOP + _ROW * (row + 2)
        counts, tall = spread.histogram.counts, max(1, *spread.histogram.counts)
        width = (spread.histogram.high - spread.histogram.low) / len(counts)
        path = f"M{across(spread.histogram.low):.1f} {base:.1f}"
        for index, count in enumerate(counts):
            start = across(spread.histogram.low + width * index)
            end = across(spread.histogram.low + width * (index + 1))
            y = base - 1.6 * _ROW * count / tall
            path += f"L{start:.1f} {y:.1f}H{end:.1f}"
        told = f"{name}: mean {spread.mean:.4g}, sd {spread.sd:.4g}, n {spread.n}"
        yield f'<path class="ridge" d="{path}V{base:.1f}z"><title>{escape(told)}</title></path>'
        yield _text(_LEFT - 8, base, str(_number(name, row)), anchor="end")
    for row, (_, spread) in enumerate(found):  # over all ridges
        base = top + _TOP + _ROW * (row + 2)
        if low <= spread.mean <= high:
            yield f'<path class="mean" d="M{across(spread.mean):.1f} {base:.1f}v-{_ROW * 0.6:.1f}"/>'
    yield f'<path class="axis" d="M{_LEFT} {bottom:.1f}h{_PLOT}"/>'
    yield _text(_LEFT + _PLOT / 2, bottom + 34, "energy", anchor="middle")
    yield _turned(top + _TOP + _ROW * (len(found) + 1) / 2, "shard")


def _number(name: str, row: int) -> int:
    digits = "".join(each for each in name.partition(".")[0] if each.isdigit())
    return int(digits) if digits else row + 1


def _spread_out(found: list[tuple[str, Spread]]) -> list[tuple[str, Spread]]:
    if len(found) <= _MOST_ROWS:
        return found
    last = len(found) - 1
    return [found[last * row // (_MOST_ROWS - 1)] for row in range(_MOST_ROWS)]


def _ticks(low: float, high: float) -> list[float]:
    """Four to ten round numbers from `low` to `high`."""
    rough = (high - low) / 5
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def _text(x: float, y: float, text: str, kind: str = "", *, anchor: str = "start") -> str:
    styled = f' class="{kind}"' if kind else ""
    return f'<text{styled} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _turned(y: float, text: str) -> str:
    return f'<text transform="translate(16 {y:.1f}) rotate(-90)" text-anchor="middle">{escape(text)}</text>'
