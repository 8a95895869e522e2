"""Quantities as a person writes them: sizes, rates and durations, never a bare number.

Each is an integer in its base unit (bytes, bits per second, seconds) that entered through `parse`.
"""

import re
from typing import ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_MAX = 2**63 - 1


class _Quantity(int):
    """An integer in a base unit, written as a number and a unit."""

    units: ClassVar[dict[str, int]]
    example: ClassVar[str]
    noun: ClassVar[str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `text`; raises ValueError that says how to write it."""
        match = re.fullmatch(r"([0-9]{1,19})(?:\.([0-9]{1,9}))? ?([A-Za-z/]+)", text, re.ASCII)
        scale = cls.units.get(match[3]) if match else None
        if match is None or scale is None:
            raise ValueError(f'{cls.noun} is written like "{cls.example}"; units: {cls.spelling()}')
        whole, fraction = int(match[1]), match[2] or ""
        scaled, rest = divmod(int(f"{whole}{fraction}") * scale, 10 ** len(fraction))
        if rest:
            raise ValueError(f"{text} is no whole number of the smallest unit")
        if scaled > _MAX:
            raise ValueError(f"{text} is more than 2^63")
        return cls(scaled)

    @classmethod
    def spelling(cls) -> str:
        """The units that `parse` takes, as a person reads them."""
        return ", ".join(cls.units)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[object], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        del source, handler

        def validate(text: str) -> object:
            try:
                return cls.parse(text)
            except ValueError as error:
                raise PydanticCustomError("quantity", "{reason}", {"reason": str(error)}) from error

        return core_schema.no_info_after_validator_function(
            validate,
            core_schema.str_schema(strict=True, max_length=40),
            serialization=core_schema.to_string_ser_schema(),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        del schema, handler
        units = "|".join(cls.units)
        return {
            "type": "string",
            "pattern": rf"^[0-9]+(\.[0-9]+)? ?({units})$",
            "examples": [cls.example],
            "description": f"{cls.noun[0].upper()}{cls.noun[1:]}, like {cls.example}",
        }

    def __str__(self) -> str:
        """As `parse` reads it, in the unit that gives the smallest number."""
        exact = (
            (int(self) // scale, name) for name, scale in self.units.items() if self % scale == 0
        )
        number, name = min(exact)
        return f"{number}{name}"


_SIZES = {"B": 1} | {
    f"{prefix}{'iB' if base == 1024 else 'B'}": base**power
    for base in (1024, 1000)
    for power, prefix in enumerate("kMGTPE" if base == 1000 else "KMGTPE", start=1)
}


class Size(_Quantity):
    """A size in bytes: binary units (KiB, MiB, …) and decimal ones (kB, MB, …) both as they say."""

    units = _SIZES
    example = "64GiB"
    noun = "a size"

    def human(self) -> str:
        """Decimal and rounded, as drives are sold: 111.8 TB."""
        return _rounded(self, 1000, ("B", "kB", "MB", "GB", "TB", "PB", "EB"))

    def human_binary(self) -> str:
        """Binary and rounded, as `zfs list` means it: 101.6 TiB."""
        return _rounded(self, 1024, ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"))


class Rate(_Quantity):
    """A rate in bits per second; byte rates (MB/s) are converted."""

    units: ClassVar[dict[str, int]] = {
        "bit/s": 1,
        "kbit/s": 10**3,
        "Mbit/s": 10**6,
        "Gbit/s": 10**9,
        "Tbit/s": 10**12,
        "kB/s": 8 * 10**3,
        "MB/s": 8 * 10**6,
        "GB/s": 8 * 10**9,
    }
    example = "1Gbit/s"
    noun = "a rate"

    @property
    def bytes_per_second(self) -> float:
        """The rate in bytes per second."""
        return self / 8

    def human_bytes(self) -> str:
        """Rounded and in bytes: 125 MB/s."""
        return f"{_rounded(round(self / 8), 1000, ('B', 'kB', 'MB', 'GB', 'TB'), digits=0)}/s"


class Duration(_Quantity):
    """A duration in seconds."""

    units: ClassVar[dict[str, int]] = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
    example = "60h"
    noun = "a duration"


def _rounded(amount: int, base: int, names: tuple[str, ...], digits: int = 1) -> str:
    value, power = float(amount), 0
    while value >= base and power < len(names) - 1:
        value, power = value / base, power + 1
    return f"{value:.{digits if power else 0}f} {names[power]}"
