"""smb.conf as NixOS renders it, read back by other readers."""

import shutil
from configparser import ConfigParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovereign.rehearse.render.smb_conf import Section, smb_conf
from sovereign.run import run

GLOBAL: Section = {
    "security": "user",
    "invalid users": ("root",),
    "hosts allow": ("127.0.0.1", "10.0.0.0/24"),
    "smb ports": 445,
    "bind interfaces only": True,
}
WORDS = st.text("abcdefghijklmnopqrstuvwxyzåß0123456789/._%-", min_size=1, max_size=12)
TEXTS = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
VALUES = st.one_of(
    st.integers(), st.booleans(), TEXTS, st.lists(WORDS, min_size=1, max_size=3).map(tuple)
)
SECTIONS = st.dictionaries(TEXTS, VALUES, max_size=4)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"global": {"b": "two words", "a": 1}, "zeta": {"path": "/z"}, "alpha": {"path": "/a"}},
            "[global]\na=1\nb=two words\n[alpha]\npath=/a\n\n[zeta]\npath=/z\n",
        ),
        (
            {"global": {"hosts allow": ("127.0.0.1", "::1")}},
            "[global]\nhosts allow=127.0.0.1 ::1\n",
        ),
        ({"global": {"on": True, "off": False}}, "[global]\noff=false\non=true\n"),
        ({"global": {"a=b": "c=d"}}, "[global]\na\\=b=c=d\n"),
        ({"global": {"half": 0.5}}, "[global]\nhalf=0.500000\n"),
        ({"global": {}, "a[1]": {"path": "/a"}}, "[global]\n[a\\[1\\]]\npath=/a\n"),
    ],
)
def test_the_text(settings: dict[str, Section], text: str) -> None:
    assert smb_conf(settings) == text


@given(SECTIONS, st.dictionaries(WORDS.filter(lambda name: name != "global"), SECTIONS, max_size=3))
def test_every_value_is_read_back(own: Section, shares: dict[str, Section]) -> None:
    settings = {**shares, "global": own}
    reader = ConfigParser(delimiters=("=",), comment_prefixes=("#",), interpolation=None)
    reader.optionxform = str  # type: ignore[assignment,method-assign] # as its documentation says
    reader.read_string(smb_conf(settings))
    read = {name: dict(reader[name]) for name in reader.sections()}
    assert read == {
        name: {key: shown(value) for key, value in section.items()}
        for name, section in settings.items()
    }
    assert reader.sections()[0] == "global"


def shown(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_samba_reads_what_was_meant(tmp_path: Path) -> None:
    if shutil.which("testparm") is None:
        pytest.skip("not installed: testparm")
    file = tmp_path / "smb.conf"
    share: Section = {"path": "/srv/code", "valid users": ("ann", "bob"), "read only": "no"}
    file.write_text(smb_conf({"global": GLOBAL, "code": share}), "utf-8")
    read = run(["testparm", "--suppress-prompt", file]).out
    for line in (
        "bind interfaces only = Yes",
        "hosts allow = 127.0.0.1 10.0.0.0/24",
        "smb ports = 445",
        "path = /srv/code",
        "valid users = ann bob",
        "read only = No",
    ):
        assert f"\t{line}\n" in read
