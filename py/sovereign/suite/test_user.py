"""Accounts and how they get in."""

from collections.abc import Callable

import pytest

from sovereign.expectations.user import SshLogin, SshSetting, User
from sovereign.suite import sshd
from sovereign.suite.request import Credentials
from sovereign.suite.uplink import known
from sovereign.suite.vantage import Vantage, quoted, require


def test_user(expectation: User, inside: Vantage) -> None:
    """It is there, with its groups, exactly its keys, and no password that lets anybody in."""
    name, account = expectation.name, inside.host.user(expectation.name)
    require(account.exists, f"there is no account {name}")
    missing = sorted(set(expectation.groups) - set(account.groups))
    require(not missing, f"{name} is not in {', '.join(missing)}")
    found, expected = _keys(inside, name), {_bare(key) for key in expectation.keys}
    strange, lost = sorted(found - expected), sorted(expected - found)
    require(not strange, f"{name} has a key that nobody gave: {', '.join(map(_short, strange))}")
    require(not lost, f"{name} lacks a key: {', '.join(map(_short, lost))}")
    shadow = inside.run("getent", "shadow", name)
    if shadow.code != 0:
        pytest.skip(f"whether {name} has a password can only be seen as root")
    password = shadow.out.split(":")[1:2]
    require(password != [""], f"{name} gets in with an empty password")
    require(
        bool(password) and password[0].startswith(("!", "*")),
        f"{name} has a password, and must not",
    )


def test_ssh_setting(expectation: SshSetting, inside: Vantage) -> None:
    """The setting is in force, its words in any order."""
    name = expectation.name
    found = " ".join(sshd.settings(inside, "nobody").get(name, ()))
    require(
        sorted(found.split()) == sorted(expectation.value.split()),
        f"{name} must be {quoted(expectation.value)}, and is {quoted(found)}",
    )


def test_ssh_login(
    expectation: SshLogin,
    inside: Vantage,
    from_zone: Callable[[str], Vantage],
    credentials: Credentials,
) -> None:
    """The account gets in by its key and by no other, or nobody gets in as it."""
    client = from_zone(expectation.source)
    client.need("ssh", "ssh-keygen")
    address = known(inside, expectation.address)
    user, where = expectation.user, f"from {expectation.source}"
    keys = [sshd.new_key(client)]
    if expectation.allowed:
        said = sshd.login(client, expectation, address, [credentials.read(f"ssh/{user}")])
        require(said is None, f"{user} must get in {where} by its key, and does not ({said})")
    else:
        keys += [credentials.read(f"ssh/{operator}") for operator in credentials.names("ssh")]
    said = sshd.login(client, expectation, address, keys)
    whose = "with a key made just now" if expectation.allowed else "with somebody's key"
    require(said is not None, f"anybody gets in {where} as {user} {whose}")
    _require_refusal(said, user, where)


def _require_refusal(said: str | None, user: str, where: str) -> None:
    told = ("Permission denied", "Too many authentication failures")
    refused = said is not None and any(word in said for word in told)
    require(refused, f"{user} {where} is not refused, but: {said}")


def _keys(inside: Vantage, name: str) -> set[str]:
    """The keys that sshd accepts for an account, each its type and its base64."""
    home = inside.output("getent", "passwd", name).strip().split(":")[5:6]
    files = sshd.settings(inside, name).get("authorizedkeysfile", [".ssh/authorized_keys"])
    found: set[str] = set()
    for pattern in " ".join(files).split():
        path = pattern.replace("%u", name).replace("%h", home[0] if home else "")
        path = path if path.startswith("/") else f"{home[0]}/{path}"
        done = inside.run("cat", "--", path)
        lines = done.out.splitlines() if done.code == 0 else []
        found |= {_bare(line) for line in lines if line.strip() and not line.startswith("#")}
    return found


def _bare(key: str) -> str:
    """A key without options and comment."""
    words = key.split()
    kinds = ("ssh-", "ecdsa-", "sk-")
    start = next((i for i, word in enumerate(words[:-1]) if word.startswith(kinds)), None)
    return key.strip() if start is None else " ".join(words[start : start + 2])


def _short(key: str) -> str:
    return key if len(key) <= 40 else f"{key[:20]}…{key[-12:]}"
