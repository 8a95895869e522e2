"""The same encodings and classifiers in torchhd, from the same atomic hypervectors, on one thread.

Its MAP model works with 1 and -1 for the bits 0 and 1: products are XORs, and where a sum is
negative the majority is 1. Sums are made in int16, the fastest of its types here that cannot
overflow; its classifier needs float32.
"""

from collections.abc import Sequence
from typing import Protocol, Self, cast

import numpy as np
import numpy.typing as npt
from bench.hdc.peers.protocol import load

from emily.instinct.hdc import Hypervectors

Rows = npt.NDArray[np.int32]
BATCH = 256  # samples whose float32 form is in memory at once


class Tensor(Protocol):
    """What is used of its tensors."""

    def __getitem__(self, place: object, /) -> Self: ...
    def __lt__(self, other: int, /) -> Self: ...
    def __len__(self) -> int: ...
    def float(self) -> Self:
        """As float32."""

    def sign(self) -> Self:
        """-1, 0 and 1."""

    def argmax(self, dim: int, /) -> Self:
        """The place of the largest."""

    def numpy(self) -> npt.NDArray[np.generic]:
        """The same memory."""


class Model(Protocol):
    """Its `Centroid`: a sum of samples for each class, compared by the cosine."""

    def add(self, samples: Tensor, targets: Tensor, /) -> None:
        """Add each sample to its class."""

    def add_adapt(self, samples: Tensor, targets: Tensor, lr: float, /) -> None:
        """AdaptHD: move what is predicted wrongly."""

    def __call__(self, samples: Tensor, /) -> Tensor:
        """The cosine of each sample and class."""


class _Torch(Protocol):
    def set_num_threads(self, threads: int, /) -> None: ...
    def from_numpy(self, array: npt.NDArray[np.generic], /) -> Tensor: ...
    def stack(self, tensors: Sequence[Tensor], /) -> Tensor: ...


class _Functional(Protocol):
    def ensure_vsa_tensor(self, tensor: Tensor, /, *, vsa: str) -> Tensor: ...
    def ngrams(self, sequence: Tensor, n: int, /) -> Tensor: ...
    def hash_table(self, keys: Tensor, values: Tensor, /) -> Tensor: ...


class _Models(Protocol):
    def Centroid(self, dim: int, classes: int, /) -> Model: ...  # noqa: N802 (its name)


def torch() -> _Torch:
    """PyTorch on one thread."""
    library = cast("_Torch", load("torch"))
    library.set_num_threads(1)
    return library


def torchhd() -> _Functional:
    """Its functions."""
    return cast("_Functional", load("torchhd.functional"))


def table(vectors: Hypervectors) -> Tensor:
    """Hypervectors as rows of 1 and -1."""
    signs = np.where(vectors.bits(), np.int16(-1), np.int16(1))
    return torchhd().ensure_vsa_tensor(torch().from_numpy(signs), vsa="MAP")


def encode_ngrams(letters: Tensor, texts: Sequence[Rows], n: int) -> Tensor:
    """The sums of each text's n-grams: int16, (m, dim)."""
    library, functions = torch(), torchhd()
    return library.stack([functions.ngrams(letters[library.from_numpy(text)], n) for text in texts])


def encode_records(roles: Tensor, levels: Tensor, records: Rows) -> Tensor:
    """The sums of each record's roles, bound to its levels: int16, (m, dim)."""
    library, functions = torch(), torchhd()
    return library.stack(
        [functions.hash_table(roles, levels[library.from_numpy(record)]) for record in records]
    )


class Classifier:
    """Its `Centroid`, taught and asked in batches of what fits the memory as float32."""

    def __init__(self, classes: int, dim: int) -> None:
        self.model = cast("_Models", load("torchhd.models")).Centroid(dim, classes)
        self.torch = torch()

    def fit(self, samples: Tensor, targets: npt.NDArray[np.int64]) -> None:
        """Add each sample to its class."""
        for start in range(0, len(samples), BATCH):
            part = slice(start, start + BATCH)
            self.model.add(samples[part].float(), self.torch.from_numpy(targets[part]))

    def retrain(
        self, samples: Tensor, targets: npt.NDArray[np.int64], epochs: int, batch: int, rate: float
    ) -> None:
        """Move what is predicted wrongly, in a new random order each epoch."""
        generator = np.random.default_rng(0)
        for _ in range(epochs):
            order = generator.permutation(len(samples))
            for start in range(0, len(samples), batch):
                places = order[start : start + batch]
                self.model.add_adapt(
                    samples[self.torch.from_numpy(places)].float(),
                    self.torch.from_numpy(targets[places]),
                    rate,
                )

    def predict(self, samples: Tensor) -> npt.NDArray[np.int64]:
        """The class of each sample."""
        parts = (samples[start : start + BATCH] for start in range(0, len(samples), BATCH))
        return np.concatenate(
            [self.model(part.float()).argmax(1).numpy().astype(np.int64) for part in parts]
        )
