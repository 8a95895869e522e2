"""Sentences in many languages, no sentence in two of them, train and test from different pages."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from bench.hdc.tasks.letters import normalise
from bench.hdc.tasks.manpages import Page, download, pages, paragraphs, sentences

SHORTEST = 50  # letters and spaces of a sentence that counts
TEST_SHARE = 0.2
COMMON = 20  # times that a word of English occurs, at least

# A language and the folders of its pages. Left out: languages with less than 30,000 letters, and
# Chinese, Japanese and Korean, which a Latin alphabet does not write letter by letter.
LANGUAGES = {
    "Catalan": ("ca",),
    "Czech": ("cs",),
    "Danish": ("da",),
    "Dutch": ("nl",),
    "English": ("",),
    "Finnish": ("fi",),
    "French": ("fr",),
    "German": ("de",),
    "Hungarian": ("hu",),
    "Indonesian": ("id",),
    "Italian": ("it",),
    "Norwegian": ("nb",),
    "Polish": ("pl",),
    "Portuguese": ("pt", "pt_BR"),
    "Romanian": ("ro",),
    "Russian": ("ru",),
    "Serbian": ("sr", "sr_Cyrl"),
    "Spanish": ("es",),
    "Swedish": ("sv",),
    "Turkish": ("tr",),
    "Ukrainian": ("uk",),
    "Vietnamese": ("vi",),
}

PUNCTUATION = ".,;:!?()[]<>«»\"'`\u00b4\u2018\u2019\u201c\u201d\u201e\u2026"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Sentences by language, in 27 symbols; how many were left out, by reason."""

    train: dict[str, list[str]]
    test: dict[str, list[str]]
    dropped: Counter[str]


def load(cache: Path) -> Corpus:
    """The corpus of the packages in `cache`, downloaded when they are missing."""
    language_of = {folder: name for name, folders in LANGUAGES.items() for folder in folders}
    found: dict[str, dict[str, list[str]]] = {name: defaultdict(list) for name in LANGUAGES}
    for package in download(cache):
        for page in pages(package):
            if page.folder in language_of:
                found[language_of[page.folder]][page.name] += read(page)
    return divide(found)


def read(page: Page) -> list[str]:
    """The sentences of a page that are long enough and two thirds of which are words."""
    out = []
    for sentence in (s for paragraph in paragraphs(page.source) for s in sentences(paragraph)):
        tokens = sentence.split()
        words = [word for token in tokens if (word := _word(token))]
        text = normalise(words)
        if len(text) >= SHORTEST and 3 * len(words) >= 2 * len(tokens):
            out.append(text)
    return out


def divide(found: Mapping[str, Mapping[str, Sequence[str]]]) -> Corpus:
    """Sentences by language and page, divided by page, each sentence once.

    The pages of a language are taken in the order of the hash of their names; one is for the test
    when it still fits into the test's share of the language's sentences.
    """
    dropped: Counter[str] = Counter()
    english = _common(found["English"].values())
    sides: dict[str, dict[str, bool]] = {}
    for language, by_page in found.items():
        side = sides[language] = {}
        left = TEST_SHARE * sum(map(len, by_page.values()))
        for name in sorted(by_page, key=lambda name: sha256(name.encode()).digest()):
            is_test = len(by_page[name]) <= left
            left -= len(by_page[name]) * is_test
            for sentence in by_page[name]:
                if language != "English" and _is_english(sentence, english):
                    dropped["English in another language"] += 1
                elif sentence in side:
                    dropped["repeated"] += 1
                else:
                    side[sentence] = is_test
    languages = Counter(sentence for side in sides.values() for sentence in side)
    dropped["in more than one language"] = sum(n for n in languages.values() if n > 1)
    train, test = (
        {
            language: [s for s, own in side.items() if own is is_test and languages[s] == 1]
            for language, side in sides.items()
        }
        for is_test in (False, True)
    )
    return Corpus(train, test, dropped)


def take(corpus: Corpus, letters: int, sentences: int) -> Corpus:
    """At most so many letters to learn and sentences to tell per language, the same each time."""
    generator = np.random.default_rng(0)
    train, test = {}, {}
    for language in corpus.train:
        learn, tell = (
            [texts[place] for place in generator.permutation(len(texts)).tolist()]
            for texts in (corpus.train[language], corpus.test[language])
        )
        enough = np.searchsorted(np.cumsum([len(text) for text in learn]), letters, side="right")
        train[language], test[language] = learn[: int(enough)], tell[:sentences]
    return Corpus(train, test, corpus.dropped)


def _word(token: str) -> str:
    """The word in a token, without punctuation; "" for names of programs, paths, numbers, codes."""
    word = token.strip(PUNCTUATION)
    letters = re.sub("[-'\u2019]", "", word)
    return word if (letters.isalpha() and not letters.isupper()) or len(letters) == 1 else ""


def _common(texts: Iterable[Sequence[str]]) -> frozenset[str]:
    """The words that are common in texts."""
    counts = Counter(word for text in texts for sentence in text for word in sentence.split())
    return frozenset(word for word, count in counts.items() if count >= COMMON)


def _is_english(sentence: str, english: frozenset[str]) -> bool:
    """Whether two thirds of a sentence's words of four letters and more are common in English."""
    words = [word for word in sentence.split() if len(word) >= 4]
    return 3 * sum(word in english for word in words) >= 2 * len(words)
