"""The learned density beside the true one, and samples, as one SVG that needs nothing else."""

import struct
import zlib
from base64 import b64encode

import numpy as np
import torch
from numpy.typing import NDArray

from scf.training.densities.density import Density
from scf.training.ebdm.network import EnergyModel

Floats = NDArray[np.float64]

SIGMA = 0.1
"""The noise level at which densities are drawn: about a dot's width."""
_PIXELS = 300
_PANEL, _GAP, _LEFT, _TOP, _BOTTOM = 300, 34, 34, 36, 44
_DOTS = 4000
# viridis, by Smith & van der Walt (CC0), at nine even places: even steps look even, also in grey
_COLOURS = np.array(
    [
        (68, 1, 84),
        (71, 44, 122),
        (59, 81, 139),
        (44, 113, 142),
        (33, 144, 141),
        (39, 173, 129),
        (92, 200, 99),
        (170, 220, 50),
        (253, 231, 37),
    ],
    dtype=np.float64,
)
_STYLE = (
    "text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-size: 14px; font-weight: 600 } "
    ".frame { fill: none; stroke: #777 } .dot { fill: #3b5fc0; fill-opacity: .35 } "
    "@media (prefers-color-scheme: dark) { text { fill: #ddd } .dot { fill: #8fb0ff } }"
)


def picture(
    model: EnergyModel,
    density: Density | None,
    samples: Floats,
    *,
    sigma: float = SIGMA,
    title: str = "learned",
) -> str:
    """SVG of exp(-E) at noise sigma, of the true density there when it is known, and of samples (n, 2).

    Colour is the square root of the density over its largest value, so that what is faint shows. Each
    map is normalised over the picture: an energy is known up to a constant.
    """
    half = _half(samples, density)
    axis = (np.arange(_PIXELS) + 0.5) / _PIXELS * 2 * half - half
    # rows run down the picture, so y falls
    grid = np.stack(np.meshgrid(axis, axis[::-1]), axis=-1).reshape(-1, 2)
    places = torch.from_numpy(grid).float()
    with torch.no_grad():
        parts = [model.energy(places[k : k + 8192], sigma) for k in range(0, len(places), 8192)]
    energy = torch.cat(parts)
    maps = [(title, -energy.double().numpy())]
    if density is not None:
        maps.insert(0, ("true", density.log_density(grid, sigma)))
    panels = [_map(name, log, k, half) for k, (name, log) in enumerate(maps)]
    panels.append(_scatter(samples, len(maps), half))
    width = _LEFT + (len(maps) + 1) * (_PANEL + _GAP)
    height = _TOP + _PANEL + _BOTTOM
    told = f"density with noise of sd {sigma:g}; colour: square root of p / largest p"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">\n'
        f"<title>The learned density and samples from it</title>\n<style>{_STYLE}</style>\n"
        + "\n".join(panels)
        + f'\n<text x="{_LEFT}" y="{height - 6}">{told}</text>\n</svg>\n'
    )


def _half(samples: Floats, density: Density | None) -> float:
    reach = float(np.quantile(np.abs(samples), 0.999)) if len(samples) else 1.0
    if density is not None:
        reach = float(np.abs(density.nodes).max() + 3 * density.sd)
    return reach * 1.12


def _map(name: str, log: Floats, place: int, half: float) -> str:
    tone = np.sqrt(np.exp(log - log.max())).reshape(_PIXELS, _PIXELS)
    png = b64encode(_png(_coloured(tone))).decode()
    x = _x(place)
    return (
        f'<image x="{x}" y="{_TOP}" width="{_PANEL}" height="{_PANEL}"'
        f' href="data:image/png;base64,{png}"/>' + _frame(name, place, half)
    )


def _scatter(samples: Floats, place: int, half: float) -> str:
    shown = samples[(np.abs(samples) < half).all(1)][:_DOTS]
    x = _x(place) + (shown[:, 0] + half) / (2 * half) * _PANEL
    y = _TOP + (half - shown[:, 1]) / (2 * half) * _PANEL
    dots = "".join(f"M{a:.1f} {b:.1f}h0" for a, b in zip(x.tolist(), y.tolist(), strict=True))
    path = (
        f'<path d="{dots}" fill="none" stroke="#3b5fc0" stroke-opacity=".45"'
        ' stroke-width="2" stroke-linecap="round"/>'
    )
    return path + _frame(f"{len(shown)} samples", place, half)


def _frame(name: str, place: int, half: float) -> str:
    x, bottom = _x(place), _TOP + _PANEL
    parts = [
        f'<rect class="frame" x="{x}" y="{_TOP}" width="{_PANEL}" height="{_PANEL}"/>',
        f'<text class="title" x="{x}" y="{_TOP - 10}">{name}</text>',
    ]
    step = 2 if half > 2 else 1
    for tick in range(-int(half) // step * step, int(half) + 1, step):
        if abs(tick) > half:
            continue
        at = (tick + half) / (2 * half) * _PANEL
        parts.append(
            f'<text x="{x + at:.1f}" y="{bottom + 15}" text-anchor="middle">{tick}</text>'
            f'<text x="{x - 5}" y="{bottom - at + 4:.1f}" text-anchor="end">{tick}</text>'
        )
    return "".join(parts)


def _x(place: int) -> int:
    return _LEFT + place * (_PANEL + _GAP)


def _coloured(tone: Floats) -> NDArray[np.uint8]:
    places = np.linspace(0, 1, len(_COLOURS))
    channels = [np.interp(tone, places, _COLOURS[:, k]) for k in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of pixels (h, w, 3), by the W3C's specification: each row begins with its filter, none."""
    height, width, _ = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
