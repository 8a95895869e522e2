"""Units as NixOS renders them from options, judged by the real systemd."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovereign.rehearse.furnish import Placed
from sovereign.rehearse.render.systemd_unit import (
    SYSTEM_PATH,
    UnitError,
    nixos_service,
    service,
    target,
    timer,
    unit_text,
)
from sovereign.run import run

STORE = f"/nix/store/{'0' * 32}"
EXAMPLE = {
    "description": "An example",
    "after": ["a.service", "b.service"],
    "wants": ["a.service"],
    "wantedBy": ["multi-user.target"],
    "startLimitBurst": 3,
    "unitConfig": {"ConditionPathExists": ["/a", "|/b"]},
    "environment": {"TEXT": 'say "hi"', "GONE": None},
    "serviceConfig": {
        "ExecStart": "/bin/true",
        "RemainAfterExit": True,
        "LoadCredential": ["a:/a", "b:/b"],
        "LimitNOFILE": 16384,
        "CapabilityBoundingSet": "",
    },
}
TEXT = """[Unit]
After=a.service b.service
ConditionPathExists=/a
ConditionPathExists=|/b
Description=An example
StartLimitBurst=3
Wants=a.service

[Service]
Environment="TEXT=say \\"hi\\""
CapabilityBoundingSet=
ExecStart=/bin/true
LimitNOFILE=16384
LoadCredential=a:/a
LoadCredential=b:/b
RemainAfterExit=true

[Install]
WantedBy=multi-user.target
"""


def by_name(files: tuple[Placed, ...]) -> dict[str, Placed]:
    return {Path(file.path).name: file for file in files}


def unit(options: Mapping[str, object], **programs: str) -> str:
    (file,) = service("x", options, programs=programs)
    return file.text


def test_the_text_of_a_service() -> None:
    assert unit_text("example", EXAMPLE) == TEXT
    (file,) = service("example", EXAMPLE)
    assert (file.path, file.text) == ("/etc/systemd/system/example.service", TEXT)
    assert file.stand_in


def test_a_target_and_a_timer() -> None:
    given = {"description": "All", "requires": ["a.service"], "wantedBy": ["multi-user.target"]}
    install = "\n[Install]\nWantedBy=multi-user.target\n"
    head = "[Unit]\nDescription=All\nRequires=a.service\n\n"
    assert target("all", given).text == f"{head}{install}"
    calendar = {**given, "timerConfig": {"OnCalendar": "weekly", "Persistent": True}}
    lines = "[Timer]\nOnCalendar=weekly\nPersistent=true\n"
    assert timer("all", calendar).text == f"{head}{lines}{install}"


@pytest.mark.parametrize(
    ("option", "directive", "name"),
    [
        ("script", "ExecStart", "x-start"),
        ("preStart", "ExecStartPre", "x-pre-start"),
        ("postStart", "ExecStartPost", "x-post-start"),
        ("reload", "ExecReload", "x-reload"),
        ("preStop", "ExecStop", "x-pre-stop"),
        ("postStop", "ExecStopPost", "x-post-stop"),
    ],
)
def test_a_script_of_ours_is_kept_as_it_is(option: str, directive: str, name: str) -> None:
    text = 'set -- "a b"\nfor user; do\n  echo "$user"\ndone'
    files = by_name(service("x", {option: text}))
    assert f"\n{directive}=/etc/sovereign/scripts/{name}\n" in files["x.service"].text
    script = files[name]
    assert script.text == f"#!/bin/bash\nset -e\n\n{text}\n\n"
    assert (script.mode, script.stand_in) == (0o755, "")


def test_a_script_of_nixos_says_that_it_is_none_of_ours() -> None:
    files = by_name(nixos_service("x", {"script": "exit 0"}, {}))
    assert files["x-start"].stand_in == "script of x"


def test_nixos_has_joined_its_scripts_to_the_settings() -> None:
    given = {
        "script": "exit 0",
        "preStart": "exit 1",
        "serviceConfig": {
            "ExecStart": f"{STORE}-unit-script-x-start/bin/x-start",
            "ExecStartPre": [f"{STORE}-unit-script-x-pre-start/bin/x-pre-start", "/bin/mine"],
        },
    }
    text = by_name(service("x", given))["x.service"].text
    assert "\nExecStart=/etc/sovereign/scripts/x-start\n" in text
    both = "ExecStartPre=/etc/sovereign/scripts/x-pre-start\nExecStartPre=/bin/mine"
    assert f"\n{both}\n" in text


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        (None, ["@"]),
        ([], ["@"]),
        ("", ["", "@"]),
        (["", "/bin/mine"], ["", "@", "/bin/mine"]),
        ("/bin/mine", ["@", "/bin/mine"]),
        (["/bin/mine", f"{STORE}-unit-script-x-post-start/bin/x"], ["/bin/mine", "@"]),
        (["", f"{STORE}-unit-script-x-post-start/bin/x"], ["", "@"]),
    ],
)
def test_an_empty_line_takes_no_script_back(told: object, lines: list[str]) -> None:
    given = {"script": "a", "postStart": "b", "serviceConfig": {"ExecStartPost": told}}
    text = by_name(service("x", given))["x.service"].text
    ours = "/etc/sovereign/scripts/x-post-start"
    found = [line.partition("=")[2] for line in text.splitlines() if "ExecStartPost=" in line]
    assert found == [ours if line == "@" else line for line in lines]


@pytest.mark.parametrize(
    ("store", "programs", "here"),
    [
        (f"{STORE}-coreutils/bin/kill -HUP $MAINPID", {}, "kill -HUP $MAINPID"),
        (f"-{STORE}-samba-4.22/sbin/smbd -F", {}, "-smbd -F"),
        (f"{STORE}-pg/bin/postgres", {f"{STORE}-pg": "/usr/lib/pg"}, "/usr/lib/pg/bin/postgres"),
        (f"/a {STORE}-a.toml", {f"{STORE}-a.toml": "/etc/a.toml"}, "/a /etc/a.toml"),
        (f"/a {STORE}-a {STORE}-a2", {f"{STORE}-a": "/1", f"{STORE}-a2": "/2"}, "/a /1 /2"),
    ],
)
def test_what_stands_for_the_store(store: str, programs: dict[str, str], here: str) -> None:
    assert f"\nExecStart={here}\n" in unit({"serviceConfig": {"ExecStart": store}}, **programs)


def test_what_nothing_stands_for_is_refused() -> None:
    with pytest.raises(UnitError, match=f"nothing stands for {STORE}-a.toml, which the unit x"):
        unit({"serviceConfig": {"ExecStart": f"/bin/a --config {STORE}-a.toml"}})


@pytest.mark.parametrize(
    ("path", "programs", "here"),
    [
        ([], {}, None),
        ([f"{STORE}-a"], {}, SYSTEM_PATH),
        (
            [f"{STORE}-a"],
            {f"{STORE}-a": "/usr/lib/a"},
            f"/usr/lib/a/bin:/usr/lib/a/sbin:{SYSTEM_PATH}",
        ),
    ],
)
def test_the_path_is_the_distributions(
    path: list[str], programs: dict[str, str], here: str | None
) -> None:
    given = {"path": path, "environment": {"PATH": f"{STORE}-a/bin"} if path else {}}
    text = unit(given, **programs)
    assert (f'Environment="PATH={here}"' in text) == (here is not None)
    assert text.count("PATH") == (here is not None)


def test_a_file_that_a_variable_names_is_placed() -> None:
    path = f"{STORE}-database.sql"
    given = {"environment": {"SQL": path}, "files": [{"path": path, "text": "SELECT 1;"}]}
    files = by_name(service("x", given))
    assert files["database.sql"].text == "SELECT 1;"
    assert f'Environment="SQL={files["database.sql"].path}"' in files["x.service"].text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"after": "a.service"}, "after"),
        ({"serviceConfig": {"ExecStart": {"a": 1}}}, "serviceConfig.ExecStart"),
    ],
)
def test_options_of_another_shape_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(UnitError, match=f"the options of x are not those of a unit: {said}"):
        service("x", options)


class TestAUnitOfNixos:
    """Its options are told in whole by NixOS, or not at all by what a host adds."""

    BASE = {  # noqa: RUF012 never changed
        "description": "Server",
        "after": ["network.target"],
        "preStart": "mine",
        "serviceConfig": {"ExecStart": "/usr/sbin/server", "Restart": "always"},
    }

    def text(self, more: Mapping[str, object]) -> str:
        return by_name(nixos_service("x", self.BASE, more))["x.service"].text

    def test_what_a_host_adds_is_joined(self) -> None:
        more = {
            "description": "",
            "after": ["network.target", "network-online.target"],
            "wants": ["network-online.target"],
            "serviceConfig": {"Restart": "on-failure", "Nice": 5},
        }
        text = self.text(more)
        assert "\nAfter=network.target network-online.target\n" in text
        assert "\nDescription=Server\n" in text
        assert "\nNice=5\nRestart=on-failure\n" in text

    def test_what_nixos_tells_in_whole_changes_nothing(self) -> None:
        more = {
            **self.BASE,
            "preStart": f"{STORE}-bash/bin/bash",
            "environment": {"LD_LIBRARY_PATH": f"{STORE}-nss/lib"},
            "unitConfig": {"X-Restart-Triggers": f"{STORE}-smb.conf"},
            "serviceConfig": {"ExecStart": f"{STORE}-server/bin/server", "Restart": "always"},
        }
        assert self.text(more) == self.text({})


@given(
    st.dictionaries(
        st.sampled_from(["Description", "Documentation", "After"]),
        st.text(st.characters(categories=["L", "N"]), min_size=1),
        min_size=1,
    ),
    st.permutations(["ExecStart", "Type", "User", "Restart"]),
)
def test_lines_stand_in_the_order_of_their_names(
    settings: dict[str, str], order: list[str]
) -> None:
    given = {"unitConfig": settings, "serviceConfig": dict.fromkeys(order, "x")}
    lines = unit(given).splitlines()
    first, second = lines[1 : lines.index("")], lines[lines.index("[Service]") + 1 :]
    assert first == sorted(first, key=lambda line: line.partition("=")[0])
    assert second == [f"{name}=x" for name in sorted(order)]


def test_systemd_understands_every_line() -> None:
    judge = shutil.which("systemd-analyze")
    if judge is None:
        pytest.skip("not installed: systemd-analyze")
    # systemd looks for units in folders that everybody may enter
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "example.service")
        file.write_text(unit_text("example", EXAMPLE), "utf-8")
        done = run([judge, "verify", "--man=no", file], check=False)
        assert [line for line in done.err.splitlines() if folder in line] == []
