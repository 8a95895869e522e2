"""A service that listens elsewhere than usual is asked there: nothing answers at the usual port."""

from pathlib import Path

import pytest

from .machines import Recorded, expect, look

DATABASE = expect("socket", protocol="tcp", port=6543, addresses=["10.0.0.1"]).model_copy(
    update={"concern": "database"}
)
SAMBA = expect("socket", protocol="tcp", port=4450, addresses=["10.0.0.1"]).model_copy(
    update={"concern": "samba"}
)
ENTERS = {"source": "data", "address": "10.20.0.2", "user": "emily", "database": "emily"}
SHARE = {"source": "data", "address": "10.20.0.2", "share": "code", "users": ["colter"]}
CHANNELS = {"source": "data", "address": "10.20.0.2", "share": "code", "user": "colter"}


@pytest.mark.parametrize(
    ("kind", "fields", "program"),
    [
        ("database", {"name": "emily", "owner": "emily"}, "psql"),
        ("database-access", {**ENTERS, "password": True, "allowed": True}, "psql"),
        ("database-access", {**ENTERS, "password": False, "allowed": False}, "psql"),
        ("smb-share", {**SHARE, "encrypted": False, "read_only": False}, "smbclient"),
        ("smb-channels", {**CHANNELS, "at_least": 2}, "smbtorture"),
    ],
)
@pytest.mark.parametrize("elsewhere", [True, False])
def test_the_port_goes_along(
    kind: str, fields: dict[str, object], program: str, elsewhere: bool, tmp_path: Path
) -> None:
    for name in ("samba/colter", "postgresql/emily"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("secret", "utf-8")
    refused = (1, "", "NT_STATUS_LOGON_FAILURE")
    answers = {"sh -c": "/run/file", "rm": "", "runuser": "[]", "env": "1", "smbclient": refused}
    client = Recorded({**answers, "smbtorture": "bound session2 [#1]"})
    others = [DATABASE, SAMBA] if elsewhere else []
    look(expect(kind, **fields), client, {"data": client}, tmp_path, others)
    asked = [line for line in client.asked if f"{program} " in line and "command -v" not in line]
    assert asked
    port = "6543" if program == "psql" else "4450"
    assert all((f"-p {port}" in line) == elsewhere for line in asked), asked


def test_who_is_dropped_and_has_no_password_is_not_waited_for_until_the_check_ends() -> None:
    client = Recorded({"sh -c": "", "env": (2, "", "timeout expired")})
    fields = {**ENTERS, "password": False, "allowed": False}
    found = look(expect("database-access", **fields), client, {"data": client})
    assert found == ("passed", "")
    assert any("PGCONNECT_TIMEOUT=" in line for line in client.asked)
