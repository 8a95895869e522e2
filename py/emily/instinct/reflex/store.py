"""A registry as one file: NumPy's .npz with the examples' words, and the reflexes as JSON."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from emily.files import StrPath, read_arrays, replacing
from emily.instinct.hdc import DIM, Hypervectors
from emily.instinct.reflex.encoder import LEVELS, Range
from emily.instinct.reflex.entries import Reflex
from emily.instinct.reflex.errors import RegistryFileError

VERSION = 1


class StoredSense(NamedTuple):
    """The features of a sense, and the examples of each reflex by its name, one at least."""

    features: Range
    vectors: dict[str, Hypervectors]


@dataclass(frozen=True, slots=True)
class _Sense:
    features: Range
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Settings:
    version: int
    dim: int
    levels: int
    reflexes: list[Reflex]
    senses: dict[str, _Sense]


_SETTINGS = TypeAdapter(_Settings)


def save(path: StrPath, reflexes: Sequence[Reflex], senses: Mapping[str, StoredSense]) -> None:
    """Write a file in the place of one that is there. Raises RegistryFileError."""
    counts = {
        name: _Sense(sense.features, {owner: len(rows) for owner, rows in sense.vectors.items()})
        for name, sense in senses.items()
    }
    settings = _SETTINGS.dump_json(_Settings(VERSION, DIM, LEVELS, list(reflexes), counts))
    arrays: dict[str, NDArray[np.generic]] = {
        _key(number): np.concatenate([rows.words for rows in sense.vectors.values()]).astype("<u8")
        for number, sense in enumerate(senses.values())
    }
    arrays["settings"] = np.frombuffer(settings, np.uint8)
    try:
        with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
            for name, array in arrays.items():
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)
    except OSError as error:
        raise RegistryFileError(f"{path} cannot be written: {error.strerror}") from error


def load(path: StrPath) -> tuple[list[Reflex], dict[str, StoredSense]]:
    """Read what `save` wrote. Raises RegistryFileError."""
    try:
        arrays = read_arrays(path, "settings")
        settings = _SETTINGS.validate_json(bytes(arrays["settings"]))
        known = (settings.version, settings.dim, settings.levels)
        if known != (VERSION, DIM, LEVELS):
            raise RegistryFileError(f"{path} is of version, dim and levels {known}")
        senses = {
            name: StoredSense(sense.features, _split(arrays[_key(number)], sense.counts))
            for number, (name, sense) in enumerate(settings.senses.items())
        }
        _check(settings.reflexes, senses)
    except RegistryFileError:
        raise
    except OSError as error:
        raise RegistryFileError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:  # ours and pydantic's among them
        raise RegistryFileError(f"{path} holds no whole registry: {error}") from error
    return settings.reflexes, senses


def _split(words: NDArray[np.generic], counts: Mapping[str, int]) -> dict[str, Hypervectors]:
    rows = Hypervectors.from_words(words.astype(np.uint64, casting="safe"), DIM)
    ends = [0, *accumulate(counts.values())]
    if min(counts.values(), default=0) < 1 or ends[-1] != len(rows):
        raise ValueError(f"{len(rows)} examples, but {counts} are told")
    return {
        name: rows[start:end] for name, (start, end) in zip(counts, pairwise(ends), strict=True)
    }


def _check(reflexes: Sequence[Reflex], senses: Mapping[str, StoredSense]) -> None:
    senses_of = {reflex.name: reflex.sense for reflex in reflexes}
    if len(senses_of) != len(reflexes):
        raise ValueError("two reflexes have one name")
    raised = {reflex.name for reflex in reflexes if reflex.condition}
    for name, sense in senses.items():
        if any(senses_of.get(owner) != name for owner in sense.vectors):
            raise ValueError(f"examples of {name} belong to no reflex of that sense")
        raised.update(sense.vectors)
    if raised != senses_of.keys():
        raise ValueError("nothing raises some of the reflexes")


def _key(number: int) -> str:
    return f"vectors_{number}"
