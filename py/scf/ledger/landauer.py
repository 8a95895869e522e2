"""A curiosity: Landauer's bound, the least energy that erasing a bit takes.

Landauer 1961, "Irreversibility and heat generation in the computing process", IBM J. Res. Dev. 5(3);
measured by Bérut et al. 2012, Nature 483. Nothing is minted by it.
"""

from math import log

BOLTZMANN = 1.380649e-23
"""J/K, exact since 2019 (https://www.bipm.org/en/publications/si-brochure)."""
ROOM = 300.0
"""K."""


def landauer_joules(bits: float, kelvin: float = ROOM) -> float:
    """The least energy that erasing so many bits takes: k_B T ln 2 each."""
    return bits * BOLTZMANN * kelvin * log(2)


def landauer_text(joules: float, kelvin: float = ROOM) -> str:
    """What an amount of energy would do at that bound, in a line for a person."""
    bits = joules / landauer_joules(1, kelvin)
    return (
        f"{joules:g} J is the least that erasing {bits:.3g} bits takes at {kelvin:g} K "
        f"(k_B T ln 2 = {landauer_joules(1, kelvin):.3g} J a bit; a curiosity, nothing is counted by it)"
    )
