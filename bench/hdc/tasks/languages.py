"""Languages by the n-grams of their letters, in manual pages from Debian's packages.

Joshi, Halseth & Kanerva 2016 ("Language geometry using random indexing"): a sentence is the bundle
of its n-grams, a language the bundle of its sentences. torchhd has the same atomic hypervectors.
"""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
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
from bench.hdc.tasks.corpus import LANGUAGES, Corpus, load, take
from bench.hdc.tasks.letters import ALPHABET

from emily.instinct.hdc import Codebook, NGramEncoder

NAMES = tuple(LANGUAGES)
LEARNING = (
    Learning("one-shot"),
    Learning("one-shot, two planes", planes=2),
    Learning("retrained, 10 epochs", epochs=10, weight=5),
    Learning("retrained, 10 epochs, two planes", epochs=10, weight=5, planes=2),
)
LENGTHS = (50, 75, 100, 150, 10_000)


def run(cache: Path, letters: int, sentences: int, sizes: list[int]) -> None:
    """Read the corpus, encode and learn it on both sides with every size of n-gram, print tables.

    The tables by language and by length are of the first size and the last way to learn.
    """
    corpus = take(load(cache), letters, sentences)
    print(_describe(corpus), HEADER, sep="\n\n", flush=True)
    codebook = Codebook.random(ALPHABET, seed=0)
    predicted = [_race(corpus, NGramEncoder(codebook, n)) for n in sizes]
    print("", _by_language(corpus, predicted[0]), "", _by_length(corpus, predicted[0]), sep="\n")


def _race(corpus: Corpus, encoder: NGramEncoder) -> Labels:
    """Print the rows of one n; returns what we predict after the last way to learn."""
    (train, train_labels), (test, test_labels) = _flat(corpus.train), _flat(corpus.test)
    texts = train + test
    letters = peer.table(encoder.codebook.vectors)

    ours = timed(lambda: encoder.encode_batch(texts))
    theirs = timed(
        lambda: peer.encode_ngrams(letters, [encoder.codebook.indices(t) for t in texts], encoder.n)
    )
    check_same(ours.result, theirs.result)
    work = f"n = {encoder.n}: encode {len(texts):,} sentences"
    print(row(work, (ours.seconds, theirs.seconds)), flush=True)

    signs, split = theirs.result.sign(), len(train)
    learnt = Samples(ours.result[:split], signs[:split], train_labels)
    asked = Samples(ours.result[split:], signs[split:], test_labels)
    for how in LEARNING:
        outcome = learn(how, len(NAMES), learnt, asked)
        shares = [accuracy(side.result, test_labels) for side in (outcome.ours, outcome.theirs)]
        seconds = (outcome.ours.seconds, outcome.theirs.seconds)
        print(row(f"n = {encoder.n}: {how.name}", seconds, (shares[0], shares[1])), flush=True)
    return outcome.ours.result


def _flat(texts: dict[str, list[str]]) -> tuple[list[str], Labels]:
    """All sentences and the numbers of their languages."""
    labels = np.repeat(np.arange(len(NAMES)), [len(texts[name]) for name in NAMES])
    return [text for name in NAMES for text in texts[name]], labels


def _describe(corpus: Corpus) -> str:
    train, _ = _flat(corpus.train)
    test, _ = _flat(corpus.test)
    dropped = ", ".join(f"{count:,} {reason}" for reason, count in corpus.dropped.items())
    return (
        f"{len(NAMES)} languages; {len(train):,} sentences of {sum(map(len, train)):,} letters to"
        f" learn, {len(test):,} of other pages to tell, {np.mean([len(t) for t in test]):.0f}"
        f" letters long on average. Sentences left out: {dropped}."
    )


def _by_language(corpus: Corpus, predicted: Labels) -> str:
    """A line for each language, and what it was taken for."""
    _, labels = _flat(corpus.test)
    lines = [
        "| language | letters learnt | sentences | right | taken for |",
        "|---|---|---|---|---|",
    ]
    for number, name in enumerate(NAMES):
        found = Counter(NAMES[guess] for guess in predicted[labels == number])
        wrong = ", ".join(f"{other} {n}" for other, n in found.most_common() if other != name)
        letters, sentences = sum(map(len, corpus.train[name])), len(corpus.test[name])
        share = found[name] / sentences
        lines.append(f"| {name} | {letters:,} | {sentences} | {share:.1%} | {wrong} |")
    return "\n".join(lines)


def _by_length(corpus: Corpus, predicted: Labels) -> str:
    """A line for each span of lengths."""
    texts, labels = _flat(corpus.test)
    right, lengths = predicted == labels, np.array([len(text) for text in texts])
    lines = ["| letters of the sentence | sentences | right |", "|---|---|---|"]
    for low, high in pairwise(LENGTHS):
        inside = right[(low <= lengths) & (lengths < high)]
        span = f"{low} to {high - 1}" if high < LENGTHS[-1] else f"{low} and more"
        lines.append(f"| {span} | {inside.size:,} | {inside.mean():.1%} |")
    return "\n".join(lines)
