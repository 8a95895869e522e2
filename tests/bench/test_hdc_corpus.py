"""What the language task learns from: manual pages without their markup, in small Latin letters."""

import pytest

pytest.importorskip("emily.instinct.hdc")

from bench.hdc.tasks.letters import normalise
from bench.hdc.tasks.manpages import paragraphs, sentences

PAGE = r""".\" a comment
.TH LS 1
.SH NAME
ls \- Verzeichnisinhalte auflisten
.SH BESCHREIBUNG
Listet \fIDateien\fR auf. Ist keine
.I Datei
genannt, dann die des Ordners.
.TP
.B \-a
zeigt alle
.nf
literal \-\-text
.fi
Gr\[:o]\(sse z\(:ahlt.
"""


def test_only_running_text_is_left() -> None:
    found = [normalise([sentence]) for text in paragraphs(PAGE) for sentence in sentences(text)]
    assert "listet dateien auf" in found
    assert "ist keine datei genannt dann die des ordners" in found
    assert not any("literal" in sentence or "comment" in sentence for sentence in found)


def test_pages_of_the_other_macros_are_left_out() -> None:
    assert list(paragraphs(".Dd May 1\n.Dt LS 1\ntext")) == []


@pytest.mark.parametrize(
    ("given", "letters"),
    [
        ("Größe, Ærø & Łódź!", "grosse aero lodz"),
        ("Ёлка щи", "elka shchi"),
        ("x = 3.14", "x"),
        ("  two\t words ", "two words"),
        ("\u0130stanbul \u0131s\u0131", "istanbul isi"),
    ],
)
def test_letters_are_the_twenty_six_and_a_space(given: str, letters: str) -> None:
    assert normalise([given]) == letters
