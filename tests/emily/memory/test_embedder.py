"""The offline embedder: the same vector everywhere, near for texts that share words."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.cognition.memory import DIM, EpisodeError, NgramEmbedder

EMBED = NgramEmbedder().embed


def test_a_text_has_the_same_vector_on_every_machine() -> None:
    text = "The alarm rang twice; Emily looked at the door. Déjà vu, 日本語!"
    assert (
        hashlib.sha256(EMBED(text).astype("<f4").tobytes()).hexdigest()
        == "9e3dcf4b492bdbd7bd5d8b2738528facafd28004d37e83a8ec53d553a5cfa74a"
    )


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).filter(str.strip))
def test_every_content_has_a_vector_of_length_1(text: str) -> None:
    vector = EMBED(text)
    assert vector.shape == (DIM,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector.astype(np.float64)) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("the dog barked at the gate", "a dog barks by the gate", "invoices are due in April"),
        ("Someone clapped twice", "two claps: someone clapped", "the kettle is boiling over"),
        ("temperature sensors", "sensor of temperature", "pianists rehearse quietly"),
        ("ALARM in the kitchen", "alarm in the kitchen", "alarm"),
    ],
)
def test_texts_that_share_words_are_nearer(text: str, near: str, far: str) -> None:
    assert EMBED(text) @ EMBED(near) > EMBED(text) @ EMBED(far) + 0.1


def test_texts_without_anything_in_common_are_nearly_orthogonal() -> None:
    texts = [f"{chr(97 + n) * 9} {chr(110 + n) * 9}" for n in range(12)]
    cosines = np.array([[EMBED(a) @ EMBED(b) for a in texts] for b in texts])
    assert np.abs(cosines[~np.eye(12, dtype=bool)]).max() < 0.3


def test_what_looks_the_same_is_the_same() -> None:
    assert np.array_equal(EMBED("Caf\u00e9"), EMBED("CAFE\u0301"))


@pytest.mark.parametrize("text", ["", "   ", "a\0b", "\udc00", "x" * 100_000, 3])
def test_a_text_that_is_no_content_is_refused(text) -> None:
    with pytest.raises(EpisodeError, match="content must"):
        EMBED(text)
