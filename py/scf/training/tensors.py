"""Arrays and a little JSON in one safetensors file: replaced as a whole, equal content in equal bytes."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from emily.files import replacing
from scf.errors import ScfError

Array = NDArray[np.generic]

_ABOUT = "about"
"""The one key of the file's metadata: safetensors would write several in no fixed order."""


class TensorsError(ScfError):
    """A file that is no safetensors file of ours, or a damaged one."""

    code = "SCF021"


def write(path: Path, arrays: Mapping[str, Array], about: Mapping[str, JsonValue]) -> None:
    """Replace a file as a whole, on the disk when this returns. Raises OSError."""
    whole = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    text = json.dumps(about, sort_keys=True, separators=(",", ":"), allow_nan=False)
    with replacing(path) as file:
        file.write(save(whole, metadata={_ABOUT: text}))


def read(path: Path) -> tuple[dict[str, Array], dict[str, JsonValue]]:
    """The arrays of a file by name, and what it says of them. Raises TensorsError."""
    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {}).get(_ABOUT, "null"))
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dict
    except (OSError, SafetensorError, ValueError, RecursionError) as error:
        raise TensorsError(f"{path.name} holds no tensors: {error}") from error
    if not isinstance(about, dict):
        raise TensorsError(f"{path.name} does not say what its tensors are")
    return arrays, about
