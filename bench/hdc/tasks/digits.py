"""Handwritten digits, as records of 64 pixels of 17 greys.

scikit-learn's digits; 30 % of each class are the test, by the seeds 0 to 4, over which accuracies
and times are averaged. torchhd has the same atomic hypervectors.
"""

from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
from bench.hdc.peers.protocol import load
from bench.hdc.tasks import peer
from bench.hdc.tasks.compare import (
    HEADER,
    Labels,
    Learning,
    Samples,
    accuracy,
    check_same,
    learn,
    row,
    timed,
)

from emily.instinct.hdc import LevelEncoder, RecordEncoder

PIXELS, GREYS = 64, 17
SPLITS = range(5)
RUNS = 5
LEARNING = (
    Learning("one-shot"),
    Learning("one-shot, two planes", planes=2),
    Learning("retrained, 20 epochs", epochs=20, weight=5),
    Learning("retrained, 20 epochs, two planes", epochs=20, weight=5, planes=2),
)


class _Datasets(Protocol):
    def load_digits(
        self,
        *,
        return_X_y: bool,  # noqa: N803 (its name)
    ) -> tuple[npt.NDArray[np.float64], Labels]: ...


class _Selection(Protocol):
    def train_test_split(
        self, places: Labels, /, *, test_size: float, random_state: int, stratify: Labels
    ) -> tuple[Labels, Labels]: ...


def run() -> None:
    """Encode, learn by every split, print the table."""
    images, labels = cast("_Datasets", load("sklearn.datasets")).load_digits(return_X_y=True)
    split = cast("_Selection", load("sklearn.model_selection")).train_test_split
    grey = LevelEncoder(0, GREYS - 1, GREYS, seed=0)
    encoder = RecordEncoder({f"pixel {place}": grey for place in range(PIXELS)}, seed=1)
    roles, levels = peer.table(encoder.roles.vectors), peer.table(grey.vectors)

    ours = timed(lambda: encoder.encode_batch(images), RUNS)
    theirs = timed(lambda: peer.encode_records(roles, levels, grey.indices(images)), RUNS)
    check_same(ours.result, theirs.result)
    print(HEADER)
    print(row(f"encode {len(images)} images", (ours.seconds, theirs.seconds)), flush=True)

    def samples(places: Labels) -> Samples:
        return Samples(ours.result[places], theirs.result[places].sign(), labels[places])

    places = np.arange(len(images))
    splits = [
        [samples(part) for part in split(places, test_size=0.3, random_state=seed, stratify=labels)]
        for seed in SPLITS
    ]
    for how in LEARNING:
        outcomes = [learn(how, 10, train, test) for train, test in splits]
        seconds = np.mean([(o.ours.seconds, o.theirs.seconds) for o in outcomes], axis=0)
        shares = np.mean(
            [
                (accuracy(o.ours.result, test.labels), accuracy(o.theirs.result, test.labels))
                for o, (_, test) in zip(outcomes, splits, strict=True)
            ],
            axis=0,
        )
        print(row(how.name, (seconds[0], seconds[1]), (shares[0], shares[1])), flush=True)
