"""The classifier: its prototypes, what it predicts, and learning from mistakes against a plain model."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emily.instinct.hdc.bundling import Counters, bundle, ties
from emily.instinct.hdc.classifier import Classifier
from emily.instinct.hdc.codebook import Codebook
from emily.instinct.hdc.errors import HdcError
from emily.instinct.hdc.sequence import NGramEncoder
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors

DIM = 100


class Plain:
    """What the classifier does, in NumPy: votes of 1 and -1 for each class."""

    def __init__(self, classes: int) -> None:
        self.votes = np.zeros((classes, DIM), int)
        self.learnt = np.zeros(classes, bool)

    def bits(self) -> np.ndarray:
        return np.where(self.votes == 0, ties(DIM).bits(), self.votes > 0)

    def nearest(self, bits: np.ndarray) -> int | None:
        distances = np.where(self.learnt, (self.bits() != bits).sum(axis=1), DIM + 1)
        return int(distances.argmin()) if self.learnt.any() else None

    def count(self, bits: np.ndarray, label: int, weight: int) -> None:
        self.votes[label] += weight * np.where(bits, 1, -1)
        self.learnt[label] = True

    def learn(self, bits: np.ndarray, label: int, weight: int, once: int) -> bool:
        guess = self.nearest(bits)
        self.count(bits, label, once + (weight if guess != label else 0))
        if guess not in (None, label):
            self.count(bits, guess, -weight)
        return guess != label


def clusters(
    classes: int, each: int, noise: float, dim: int, seed: int
) -> tuple[Hypervectors, list[int]]:
    """Samples around random centres, each with a share of its bits flipped; their classes."""
    generator = np.random.default_rng(seed)
    centres = generator.random((classes, dim)) < 0.5
    flips = generator.random((each, classes, dim)) < noise
    return Hypervectors.from_bits((centres ^ flips).reshape(-1, dim)), [*range(classes)] * each


PROBLEMS = st.builds(
    clusters, st.integers(1, 4), st.integers(1, 5), st.just(0.45), st.just(DIM), st.integers(0, 999)
)


def test_a_prototype_is_the_majority_of_its_samples() -> None:
    samples, labels = clusters(3, 5, 0.3, DIM, seed=1)
    classifier = Classifier(range(3), DIM)
    classifier.fit(samples, labels)
    for label in range(3):
        assert classifier.prototypes[label] == bundle(samples[np.arange(label, 15, 3)])


def test_noisy_samples_of_distant_classes_are_told_apart() -> None:
    samples, labels = clusters(20, 10, 0.35, 10_000, seed=2)
    classifier = Classifier(range(20))
    classifier.fit(samples[:100], labels[:100])
    assert classifier.predict(samples[100:]) == labels[100:]
    assert classifier.score(samples[100:], labels[100:]) == 1


def test_the_first_of_equally_near_classes_is_predicted() -> None:
    samples = Hypervectors.random(1, DIM, seed=1)
    classifier = Classifier("ba", DIM)
    classifier.fit(samples[[0, 0]], ["a", "b"])
    assert classifier.predict(samples) == ["b"]


@given(PROBLEMS, st.integers(1, 3))
def test_learning_new_samples_counts_each_and_corrects_mistakes(
    problem: tuple[Hypervectors, list[int]], weight: int
) -> None:
    samples, labels = problem
    classifier, plain = Classifier(range(5), DIM), Plain(5)
    mistakes = classifier.partial_fit(samples, labels, weight=weight)
    wrong = [plain.learn(v.bits(), y, weight, 1) for v, y in zip(samples, labels, strict=True)]
    assert mistakes == sum(wrong)
    learnt = np.flatnonzero(plain.learnt)
    assert np.array_equal(classifier.prototypes.bits()[learnt], plain.bits()[learnt])


@given(PROBLEMS, st.integers(1, 3), st.integers(0, 9))
def test_retraining_corrects_mistakes_alone_in_an_order_that_follows_from_the_seed(
    problem: tuple[Hypervectors, list[int]], weight: int, seed: int
) -> None:
    samples, labels = problem
    classifier, plain = Classifier(range(4), DIM), Plain(4)
    classifier.fit(samples, labels)
    for vector, label in zip(samples, labels, strict=True):
        plain.count(vector.bits(), label, 1)
    mistakes = classifier.retrain(samples, labels, 3, weight=weight, seed=seed)
    generator = np.random.default_rng(seed)
    for expected in mistakes:
        order = generator.permutation(len(labels)).tolist()
        wrong = [plain.learn(samples[i].bits(), labels[i], weight, 0) for i in order]
        assert expected == sum(wrong)
    learnt = np.flatnonzero(plain.learnt)
    assert np.array_equal(classifier.prototypes.bits()[learnt], plain.bits()[learnt])


def test_retraining_learns_what_majorities_hide_and_ends_without_mistakes() -> None:
    """A class of two clusters, the smaller one near another class."""
    generator = np.random.default_rng(3)
    main, small = generator.random((2, 10_000)) < 0.5
    near = small ^ (generator.random(10_000) < 0.2)
    centres = np.array([main] * 20 + [small] * 3 + [near] * 20)
    samples = Hypervectors.from_bits(centres ^ (generator.random(centres.shape) < 0.1))
    labels = ["two"] * 23 + ["one"] * 20
    classifier = Classifier(["one", "two"])
    classifier.fit(samples, labels)
    assert classifier.predict(samples[20:23]) == ["one"] * 3
    mistakes = classifier.retrain(samples, labels, epochs=50)
    assert mistakes[0] >= 1
    assert mistakes[-1] == 0
    assert classifier.predict(samples) == labels


@given(PROBLEMS)
def test_a_batch_is_predicted_before_any_of_it_is_learnt(
    problem: tuple[Hypervectors, list[int]],
) -> None:
    samples, labels = problem
    classifier, plain = Classifier(range(4), DIM), Plain(4)
    classifier.fit(samples, labels)
    for vector, label in zip(samples, labels, strict=True):
        plain.count(vector.bits(), label, 1)
    guesses = classifier.predict(samples)
    mistakes = [i for i, label in enumerate(labels) if guesses[i] != label]
    for i in mistakes:
        plain.count(samples[i].bits(), labels[i], 2)
        plain.count(samples[i].bits(), guesses[i], -2)
    assert classifier.retrain(samples, labels, 1, batch=100, weight=2) == [len(mistakes)]
    learnt = np.flatnonzero(plain.learnt)
    assert np.array_equal(classifier.prototypes.bits()[learnt], plain.bits()[learnt])


@settings(max_examples=20)
@given(PROBLEMS)
def test_adding_in_parts_is_fitting_at_once(problem: tuple[Hypervectors, list[int]]) -> None:
    samples, labels = problem
    parts, whole = Classifier(range(5), DIM), Classifier(range(5), DIM)
    parts.fit(samples, [label + 1 for label in labels])
    parts.fit(samples[:2], labels[:2])
    parts.add(samples[2:], labels[2:])
    whole.fit(samples, labels)
    assert parts.prototypes == whole.prototypes
    assert np.array_equal(parts.distances(samples), whole.distances(samples))


def test_a_class_that_learnt_nothing_is_never_predicted() -> None:
    classifier = Classifier(["silent", "heard"], DIM)
    opposite = Hypervectors.from_bits(~ties(DIM).bits()[np.newaxis])
    with pytest.raises(HdcError, match="has learnt nothing yet"):
        classifier.predict(opposite)
    classifier.fit(opposite, ["heard"])
    nothing = Hypervectors.from_bits(ties(DIM).bits()[np.newaxis])
    assert classifier.predict(nothing) == ["heard"]
    assert classifier.distances(nothing).tolist() == [[np.inf, DIM]]
    # A mistake of a class that is heard for the first time teaches it.
    assert classifier.retrain(nothing, ["silent"], 2) == [1, 0]


@given(PROBLEMS, st.integers(1, 3))
def test_distances_are_the_cosines_of_the_planes_sum(
    problem: tuple[Hypervectors, list[int]], planes: int
) -> None:
    samples, labels = problem
    classifier, plain = Classifier(range(4), DIM, planes=planes), Plain(4)
    classifier.fit(samples, labels)
    for vector, label in zip(samples, labels, strict=True):
        plain.count(vector.bits(), label, 1)
    for label in np.flatnonzero(plain.learnt):
        rest = plain.votes[label].astype(float)
        for plane in range(planes):
            above = plain.bits()[label] if plane == 0 else rest > 0
            rest -= np.abs(rest).mean() * np.where(above, 1, -1)
        prototype = plain.votes[label] - rest
        signs = np.where(samples.bits(), 1, -1)
        length = np.linalg.norm(prototype) * np.sqrt(DIM)
        cosines = signs @ prototype / (length or 1)
        assert classifier.distances(samples)[:, label] == pytest.approx(DIM * (1 - cosines) / 2)


def test_one_plane_measures_in_bits_that_differ() -> None:
    samples, labels = clusters(4, 5, 0.3, DIM, seed=5)
    classifier = Classifier(range(4), DIM)
    classifier.fit(samples, labels)
    assert np.array_equal(classifier.distances(samples), samples.distances(classifier.prototypes))
    assert np.array_equal(classifier.distances(samples[:2]), classifier.distances(samples)[:2])


def test_more_planes_come_nearer_to_what_the_counters_say() -> None:
    samples, labels = clusters(10, 9, 0.44, 2_000, seed=6)
    votes = np.where(samples.bits(), 1, -1)
    sums = np.array([votes[np.equal(labels, label)].sum(axis=0) for label in range(10)])
    exact = votes @ sums.T / np.linalg.norm(sums, axis=1) / np.sqrt(2_000)
    errors = []
    for planes in (1, 2, 3, 4):
        classifier = Classifier(range(10), 2_000, planes=planes)
        classifier.fit(samples, labels)
        cosines = 1 - classifier.distances(samples) / 1_000
        errors.append(float(np.abs(cosines - exact).mean()))
    assert errors == sorted(errors, reverse=True)
    assert errors[3] < errors[0] / 4


def test_counters_made_elsewhere_can_be_merged() -> None:
    encoder = NGramEncoder(Codebook.random("abc ", DIM, seed=1))
    counters = Counters(DIM)
    encoder.count("abc cab", counters)
    classifier = Classifier(["text"], DIM)
    classifier.merge("text", counters)
    assert classifier.prototypes[0] == encoder.encode("abc cab")
    assert classifier.predict(Hypervectors.random(1, DIM, seed=1)) == ["text"]


def test_languages_are_told_apart_by_their_trigrams() -> None:
    texts = {
        "english": "the quick brown fox jumps over the lazy dog and then the other one sleeps there",
        "german": "der schnelle braune fuchs springt ueber den faulen hund und dann schlaeft er ein",
        "finnish": "nopea ruskea kettu hyppaa laiskan koiran yli ja sitten se nukahtaa vahaksi aikaa",
    }
    encoder = NGramEncoder(Codebook.random("abcdefghijklmnopqrstuvwxyz ", seed=1))
    classifier = Classifier(texts)
    classifier.fit(encoder.encode_batch(list(texts.values())), list(texts))
    questions = ["the dog and the fox", "und der hund springt ein", "kettu ja koira nukahtaa"]
    assert classifier.predict(encoder.encode_batch(questions)) == list(texts)


def test_labels_are_whatever_can_be_a_key() -> None:
    samples, labels = clusters(3, 2, 0.1, DIM, seed=1)
    classifier = Classifier(range(3), DIM)
    classifier.fit(samples, np.array(labels).tolist())
    assert classifier.predict(samples) == labels


SAMPLES = Hypervectors.random(2, DIM, seed=1)
PAIR = Classifier("ab", DIM)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Classifier([], DIM), r"classes are distinct and at least one, not \(\)"),
        (lambda: Classifier("aa", DIM), "classes are distinct"),
        (lambda: Classifier("ab", DIM, planes=0), "planes is at least 1, not 0"),
        (lambda: PAIR.fit(SAMPLES, "a"), "samples has 2 rows and labels 1 entries"),
        (lambda: PAIR.fit(SAMPLES, "ac"), "label 'c' is none of the classes"),
        (lambda: PAIR.merge("c", Counters(DIM)), "label 'c' is none of the classes"),
        (
            lambda: PAIR.fit(Hypervectors.zeros(2, 200), "ab"),
            "samples have 200 bits, the classifier 100",
        ),
        (
            lambda: PAIR.distances(Hypervectors.zeros(2, 200)),
            "samples have 200 bits, the classifier 100",
        ),
        (lambda: PAIR.partial_fit(SAMPLES, "ab", batch=0), "batch must be 1 or more, but is 0"),
        (lambda: PAIR.retrain(SAMPLES, "ab", weight=0), "weight must be 1 to"),
        (lambda: PAIR.score(SAMPLES[:0], []), "samples is empty"),
    ],
)
def test_what_does_not_fit_the_classifier_is_refused(
    make: Callable[[], object], message: str
) -> None:
    with pytest.raises(HdcError, match=message):
        make()
    assert PAIR.prototypes == Hypervectors.stack([Hypervector.zeros(DIM)] * 2)


def test_one_vector_is_no_sequence_of_samples() -> None:
    with pytest.raises(TypeError, match="samples must be Hypervectors, not Hypervector"):
        PAIR.distances(SAMPLES[0])
