"""Liquid neural networks: recurrent networks in continuous time, for inputs at irregular times.

LTC, liquid time-constant networks (Hasani, Lechner, Amini, Rus & Grosu 2021, AAAI), solve a differential
equation whose time constants depend on the input. CfC (Hasani et al. 2022, Nature Machine Intelligence 4)
approximate its solution in closed form. Neither learns while it runs: emily.instinct.liquid.training
makes weights beforehand.
"""

from emily.instinct.liquid.arousal import Arousal
from emily.instinct.liquid.cell import Cell
from emily.instinct.liquid.cfc import Cfc, CfcWeights
from emily.instinct.liquid.errors import LiquidError, ShapeError, TimeSpanError, WeightsError
from emily.instinct.liquid.ltc import Ltc, LtcWeights

__all__ = [
    "Arousal",
    "Cell",
    "Cfc",
    "CfcWeights",
    "LiquidError",
    "Ltc",
    "LtcWeights",
    "ShapeError",
    "TimeSpanError",
    "WeightsError",
]
