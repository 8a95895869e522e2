"""What system, access, secrets, samba, database and upkeep put on a rehearsed host."""

import copy
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

import test_evaluation
from fleets import ROOT
from real_nix import Nix
from sovereign.generators.registry import expect_host
from sovereign.inventory.load import load
from sovereign.rehearse.concerns import CONCERNS
from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.values import OVERRIDES, ValuesError, evaluate
from test_evaluation import INPUTS

flake = test_evaluation.flake
stand_ins = test_evaluation.stand_ins

OURS = ("system", "access", "secrets", "samba", "database", "upkeep")
GENERATED = ROOT / "hosts" / "cloudlab" / "generated"
WORLD = World("cloudlab", {"far": "198.51.100.11"})
Values = Mapping[str, Mapping[str, object]]


@pytest.fixture(scope="module")
def values(nix: Nix, flake: Path, stand_ins: Path) -> Values:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in nix.env.items():
            patch.setenv(name, value)
        patch.setenv(OVERRIDES, ",".join(f"{name}=path:{stand_ins / name}" for name in INPUTS))
        return evaluate(flake, "cloudlab")


@pytest.fixture(scope="module")
def furnished(values: Values) -> Mapping[str, Furnishing]:
    return {name: CONCERNS[name].furnish(values[name], WORLD) for name in OURS}


def files(furnishing: Furnishing) -> dict[str, Placed]:
    placed = {file.path: file for file in furnishing.files}
    assert len(placed) == len(furnishing.files)
    return placed


def changed(values: Values, concern: str, key: str, value: object) -> dict[str, object]:
    """The values of a concern with one of them, at a dotted path, replaced."""
    given = copy.deepcopy(dict(values[concern]))
    *folders, last = key.split(".")
    place = given
    for folder in folders:
        inner = place[folder]
        assert isinstance(inner, dict)
        place = inner
    assert last in place
    place[last] = value
    return given


@pytest.mark.parametrize("name", OURS)
def test_it_is_pure(values: Values, furnished: Mapping[str, Furnishing], name: str) -> None:
    assert CONCERNS[name].furnish(values[name], WORLD) == furnished[name]


@pytest.mark.parametrize("name", OURS)
def test_every_file_stands_where_the_distribution_looks(
    furnished: Mapping[str, Furnishing], name: str
) -> None:
    for path, file in files(furnished[name]).items():
        assert PurePosixPath(path).is_relative_to("/etc")
        assert (file.owner, file.group) == ("root", "root")
        if "/scripts/" not in path:
            assert not re.search("/[0-9a-z]{32}-", file.text), path


@pytest.mark.parametrize("name", OURS)
def test_what_is_restarted_is_there_and_starts_at_boot(
    furnished: Mapping[str, Furnishing], name: str
) -> None:
    made = files(furnished[name])
    enabled = {word for words in furnished[name].commands if "enable" in words for word in words}
    for unit in furnished[name].units:
        assert f"/etc/systemd/system/{unit}" in made
        assert unit in enabled


@pytest.mark.parametrize(
    ("concern", "path", "text"),
    [
        ("samba", "/etc/sovereign/scripts/samba-users-start", "samba-users.sh"),
        ("database", "/etc/sovereign/scripts/postgresql-databases-start", "database.sh"),
        ("database", "/etc/sovereign/files/postgresql-databases/database.sql", "database.sql"),
        ("database", "/etc/sovereign/files/postgresql/pg_hba.conf", "pg_hba.conf"),
    ],
)
def test_what_is_ours_is_there_byte_for_byte(
    furnished: Mapping[str, Furnishing], concern: str, path: str, text: str
) -> None:
    file, ours = files(furnished[concern])[path], (GENERATED / text).read_text("utf-8")
    framed = f"#!/bin/bash\nset -e\n\n{ours}\n\n" if path.endswith("-start") else ours
    assert file.text == framed
    assert file.stand_in == ""


def test_all_else_says_what_it_stands_in_for(furnished: Mapping[str, Furnishing]) -> None:
    ours = {
        path
        for each in furnished.values()
        for path, file in files(each).items()
        if not file.stand_in
    }
    assert {PurePosixPath(path).name for path in ours} == {
        "samba-users-start",
        "postgresql-databases-start",
        "database.sql",
        "pg_hba.conf",
    }


def test_the_host_calls_itself_and_the_world_by_name(furnished: Mapping[str, Furnishing]) -> None:
    assert files(furnished["system"])["/etc/hosts"].text == (
        "127.0.0.1 localhost\n::1 localhost\n"
        "127.0.0.2 cloudlab.cloudlab.internal cloudlab\n198.51.100.11 far\n"
    )


def test_the_host_id_is_written_lowest_byte_first(values: Values) -> None:
    made = CONCERNS["system"].furnish(changed(values, "system", "hostId", "0100007f"), WORLD)
    assert made.commands[-1] == ("sh", "-c", r"printf '\177\000\000\001' > /etc/hostid")


def test_a_host_without_an_id_or_a_domain(values: Values) -> None:
    given = changed(values, "system", "hostId", None) | {"domain": None, "enableIPv6": False}
    made = CONCERNS["system"].furnish(given, WORLD)
    assert not [words for words in made.commands if "hostid" in " ".join(words)]
    assert files(made)["/etc/hosts"].text == (
        "127.0.0.1 localhost\n127.0.0.2 cloudlab\n198.51.100.11 far\n"
    )


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("settings.PermitRootLogin", "yes", "PermitRootLogin yes"),
        ("settings.AllowUsers", None, "AuthorizedPrincipalsFile none"),
        ("ports", [22, 2222], "Port 2222"),
        ("authorizedKeysInHomedir", True, "AuthorizedKeysFile %h/.ssh/authorized_keys /etc/ssh/"),
        ("allowSFTP", False, "AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u"),
        ("extraConfig", "Match User ann\n  X11Forwarding yes\n", "Match User ann"),
        ("listenAddresses", [{"addr": "10.0.0.1", "port": None}], "ListenAddress 10.0.0.1"),
    ],
)
def test_sshd_is_told(values: Values, key: str, value: object, line: str) -> None:
    made = files(CONCERNS["access"].furnish(changed(values, "access", key, value), WORLD))
    text = made["/etc/ssh/sshd_config"].text
    assert f"\n{line}" in f"\n{text}"
    assert ("AllowUsers" in text) == (key != "settings.AllowUsers")
    assert ("Subsystem sftp" in text) == (key != "allowSFTP")


def test_the_lines_that_nixos_puts_first_are_not_told_twice(values: Values) -> None:
    made = files(CONCERNS["access"].furnish(values["access"], WORLD))["/etc/ssh/sshd_config"].text
    own = made[made.index("AddressFamily") :].replace(
        "/usr/lib/openssh/", f"/nix/store/{'0' * 32}-openssh/libexec/"
    )
    host = "Match User ann\n  X11Forwarding yes"
    given = changed(values, "access", "extraConfig", f"{own}{host}\n")
    again = files(CONCERNS["access"].furnish(given, WORLD))["/etc/ssh/sshd_config"].text
    assert again == f"{made}{host}\n"


def test_a_key_of_any_account_is_placed(values: Values) -> None:
    given = changed(values, "access", "keys.root", {"keys": ["ssh-ed25519 A"], "files": []})
    made = files(CONCERNS["access"].furnish(given, WORLD))
    assert made["/etc/ssh/authorized_keys.d/root"].text == "ssh-ed25519 A\n\n"
    assert made["/etc/ssh/authorized_keys.d/root"].mode == 0o444


def test_without_sshd_the_accounts_stay(values: Values) -> None:
    made = CONCERNS["access"].furnish(changed(values, "access", "enable", value=False), WORLD)
    assert [PurePosixPath(path).name for path in files(made)] == ["accounts"]
    assert made.units == ()


def test_each_secret_has_a_rule(values: Values) -> None:
    written = (GENERATED / "secrets.nix").read_text("utf-8")
    (file,) = CONCERNS["secrets"].furnish(values["secrets"], WORLD).files
    ruled = [line.split("' '")[1] for line in file.text.splitlines()]
    assert ruled == sorted(re.findall('"(/persist/[^"]+)"', written))


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("settings.code.smb encrypt", "off", "smb encrypt=off"),
        ("settings.global.server smb encrypt", "required", "server smb encrypt=required"),
        ("settings.global.interfaces", ["lo", "ai"], "interfaces=lo ai"),
        ("settings.code.valid users", ["ann", "bob"], "valid users=ann bob"),
    ],
)
def test_samba_is_told(values: Values, key: str, value: object, line: str) -> None:
    made = files(CONCERNS["samba"].furnish(changed(values, "samba", key, value), WORLD))
    assert f"\n{line}\n" in made["/etc/samba/smb.conf"].text


def test_only_folders_of_shares_are_made(values: Values) -> None:
    given = changed(
        values, "samba", "rules", ["d /ember/code/x 0700 ann ann -", "d /nix 0755", "q"]
    )
    text = files(CONCERNS["samba"].furnish(given, WORLD))["/etc/tmpfiles.d/00-samba.conf"].text
    assert "d /ember/code/x 0700 ann ann -\n" in text
    assert "/nix" not in text


@pytest.mark.parametrize("daemon", ["nmbd", "winbindd"])
def test_a_daemon_that_nobody_asked_for_runs_where_it_is_enabled(
    values: Values, furnished: Mapping[str, Furnishing], daemon: str
) -> None:
    unit = f"/etc/systemd/system/samba-{daemon}.service"
    assert unit not in files(furnished["samba"])
    made = CONCERNS["samba"].furnish(
        changed(values, "samba", f"daemons.{daemon}.enable", value=True), WORLD
    )
    started = f"\nExecStart=/usr/sbin/{daemon} --foreground --no-process-group\n"
    assert started in files(made)[unit].text
    assert f"samba-{daemon}.service" in made.units


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("settings.max_connections", 7, "max_connections = 7"),
        ("settings.listen_addresses", "*", "listen_addresses = '*'"),
        ("jit", True, "jit = 'on'"),
    ],
)
def test_the_database_is_told(values: Values, key: str, value: object, line: str) -> None:
    made = files(CONCERNS["database"].furnish(changed(values, "database", key, value), WORLD))
    text = made["/etc/sovereign/files/postgresql/postgresql.conf"].text
    assert f"\n{line}\n" in f"\n{text}\n"


@pytest.mark.parametrize("name", ["samba", "database"])
def test_what_is_not_enabled_puts_nothing_there(values: Values, name: str) -> None:
    made = CONCERNS[name].furnish(changed(values, name, "enable", value=False), WORLD)
    assert made == Furnishing()


@pytest.mark.parametrize(
    ("off", "units"),
    [
        ((), ("zfs-scrub.timer", "zpool-trim.timer")),
        (("scrub",), ("zpool-trim.timer",)),
        (("scrub", "trim"), ()),
    ],
)
def test_upkeep_is_by_the_calendar(
    values: Values, off: tuple[str, ...], units: tuple[str, ...]
) -> None:
    given = {
        name: {"enable": name not in off, "interval": "Sun 03:00"} for name in values["upkeep"]
    }
    made = CONCERNS["upkeep"].furnish(given, WORLD)
    assert made.units == units
    for unit in units:
        assert "\nOnCalendar=Sun 03:00\n" in files(made)[f"/etc/systemd/system/{unit}"].text


@pytest.mark.parametrize("name", OURS)
def test_values_that_are_missing_are_named(name: str) -> None:
    with pytest.raises(ValuesError, match=r"the evaluated value of .+ is unknown here"):
        CONCERNS[name].furnish({}, WORLD)


def test_what_cannot_be_shown_is_told_and_nothing_else() -> None:
    expected = [
        one for one in expect_host(load(ROOT), "cloudlab").expectations if one.concern in OURS
    ]
    unproven = {
        one.id
        for one in expected
        if any(re.fullmatch(pattern, one.id) for pattern, _ in CONCERNS[one.concern].unproven)
    }
    assert unproven == {
        "kernel-parameter: zfs.zfs_arc_max=51539607552",
        "nix-setting: experimental-features",
        "nix-setting: trusted-users",
        "nixos-release: 26.05",
        "timer: fstrim.timer",
        "timer: nix-gc.timer",
        "unit: mdmonitor.service active",
        "unit: smartd.service active",
        "unit: zfs-zed.service active",
    }
