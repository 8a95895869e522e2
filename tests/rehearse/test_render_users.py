"""Accounts and groups, made by the real tools of the distribution in a root of their own."""

import os
import shutil
from pathlib import Path

import pytest

from sovereign.rehearse.render.users import accounts_script
from sovereign.run import run

DATABASES = {
    "passwd": "root:x:0:0::/root:/bin/bash\n",
    "group": "root:x:0:\nusers:x:100:\n",
    "shadow": "root:*:20000:0:99999:7:::\n",
    "gshadow": "root:*::\nusers:!::\n",
}
SETTINGS = ("login.defs", "nsswitch.conf", "pam.d", "security", "ld.so.cache")
ALONE = """
for folder in etc home var/lib; do mount --bind "$1/$folder" "/$folder"; done
exec bash
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with the accounts of a machine on which nobody is yet."""
    if os.geteuid() != 0 or shutil.which("useradd") is None:
        pytest.skip("useradd is not installed, or this is not root")
    for name in ("etc", "home", "var/lib"):
        (tmp_path / name).mkdir(parents=True)
    for name, text in DATABASES.items():
        (tmp_path / "etc" / name).write_text(text, "utf-8")
    for name in SETTINGS:
        if Path("/etc", name).is_dir():
            shutil.copytree(Path("/etc", name), tmp_path / "etc" / name)
        elif Path("/etc", name).exists():
            shutil.copy(Path("/etc", name), tmp_path / "etc" / name)
    return tmp_path


def apply(root: Path, people: dict[str, str], groups: dict[str, list[str]]) -> None:
    script = accounts_script(people, groups)
    run(["unshare", "--mount", "sh", "-ec", ALONE, "sh", root], stdin=script)


def entries(root: Path, database: str) -> dict[str, list[str]]:
    lines = (root / "etc" / database).read_text("utf-8").splitlines()
    return {line.partition(":")[0]: line.split(":") for line in lines}


def test_people_are_made_and_go(root: Path) -> None:
    apply(root, {"sovann": "Ann O'Hara", "sovbob": ""}, {"sovadmin": ["sovann"]})
    ann = entries(root, "passwd")["sovann"]
    assert ann[3:] == ["100", "Ann O'Hara", "/home/sovann", "/bin/bash"]
    assert entries(root, "shadow")["sovann"][1].startswith("!")
    assert entries(root, "group")["sovadmin"][3] == "sovann"
    assert (root / "home" / "sovann").is_dir()

    before = {name: entries(root, name) for name in DATABASES}
    apply(root, {"sovann": "Ann O'Hara", "sovbob": ""}, {"sovadmin": ["sovann"]})
    assert {name: entries(root, name) for name in DATABASES} == before

    apply(root, {"sovbob": "Bob"}, {"sovadmin": ["sovbob"]})
    assert "sovann" not in entries(root, "passwd")
    assert entries(root, "passwd")["sovbob"][4] == "Bob"
    assert entries(root, "group")["sovadmin"][3] == "sovbob"


def test_a_group_has_its_members_and_no_others(root: Path) -> None:
    apply(root, {"sovann": "", "sovbob": ""}, {})
    apply(root, {}, {"sovshare": ["sovbob", "sovann"]})
    assert entries(root, "group")["sovshare"][3] == "sovann,sovbob"
    apply(root, {}, {"sovshare": []})
    assert entries(root, "group")["sovshare"][3] == ""
    assert {"sovann", "sovbob"} <= entries(root, "passwd").keys()


def test_nobody_who_was_there_before_is_removed(root: Path) -> None:
    before = entries(root, "passwd")
    apply(root, {"sovann": ""}, {})
    apply(root, {"sovbob": ""}, {})
    assert entries(root, "passwd").keys() == before.keys() | {"sovbob"}
