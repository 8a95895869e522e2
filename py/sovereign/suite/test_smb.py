"""File shares. Passwords go through files in memory that their owner alone can read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sovereign.expectations.smb import SmbChannels, SmbServer, SmbShare
from sovereign.run import Completed
from sovereign.suite import smb
from sovereign.suite.request import Credentials, Request
from sovereign.suite.uplink import known
from sovereign.suite.vantage import Vantage, last_line, require

_USUAL = 445
_PROBE = "sovereign-verify"
"""An empty folder that is made on a share that can be written, and removed again."""


def test_smb_server(expectation: SmbServer, inside: Vantage, request_of_suite: Request) -> None:
    """Its protocol and channels are as they must be, and a client is offered these addresses for them."""
    for name, expected in (
        ("server min protocol", expectation.minimum_protocol),
        ("server multi channel support", "Yes" if expectation.multichannel else "No"),
    ):
        out = inside.output("testparm", "-s", f"--parameter-name={name}").strip()
        out = "SMB3_11" if out == "SMB3" else out  # of two names for one, testparm prints the first
        require(out == expected, f"{name} must be {expected}, and is {out}")
    if not (expectation.multichannel and expectation.addresses):
        return
    client, share = _some_client(request_of_suite)
    with _login(client, request_of_suite.credentials, share.users[0]) as file:
        port = request_of_suite.port("samba", _USUAL)
        at = smb.At(client, known(inside, share.address), port, share.share)
        offered = smb.offered(at, file)
    wrong = sorted(offered ^ set(expectation.addresses))
    require(
        not wrong,
        f"clients must be offered {', '.join(expectation.addresses)}, and are {', '.join(sorted(offered))}",
    )


def test_smb_share(
    expectation: SmbShare,
    inside: Vantage,
    from_zone: Callable[[str], Vantage],
    credentials: Credentials,
    request_of_suite: Request,
) -> None:
    """Its users reach it, encrypted; nobody else does, nor without encryption."""
    client = from_zone(expectation.source)
    client.need("smbclient", "python3")
    share, where = expectation.share, f"from {expectation.source}"
    port = request_of_suite.port("samba", _USUAL)
    at = smb.At(client, known(inside, expectation.address), port, share)

    require(
        smb.refused(smb.ask(at, None)),
        f"anybody reaches {share} {where} without a name",
    )
    for user in expectation.users:
        with _login(client, credentials, user) as file:
            done = smb.ask(at, file)
            said = last_line(done.out + done.err)
            require(done.code == 0, f"{user} must reach {share} {where}, and does not ({said})")
            tried = smb.ask(at, file, f"mkdir {_PROBE}; rmdir {_PROBE}")
            _require_writable(tried, expectation)
        if expectation.encrypted:
            password = credentials.read(f"samba/{user}")
            plain = smb.without_encryption(at, user, password)
            require(not plain, f"{user} reaches {share} {where} without encryption")
        with client.secret(smb.account(user, "not-the-password")) as file:
            done = smb.ask(at, file)
            require(smb.refused(done), f"{user} reaches {share} {where} with a wrong password")
    for user in credentials.names("samba"):
        if user not in expectation.users:
            with _login(client, credentials, user) as file:
                done = smb.ask(at, file)
                require(smb.refused(done), f"{user} reaches {share} {where}, and must not")


def test_smb_channels(
    expectation: SmbChannels,
    inside: Vantage,
    from_zone: Callable[[str], Vantage],
    credentials: Credentials,
    request_of_suite: Request,
) -> None:
    """A client gets several channels: the kernel's where it has one, else Samba's own test client."""
    client, share = from_zone(expectation.source), expectation.share
    port = request_of_suite.port("samba", _USUAL)
    at = smb.At(client, known(inside, expectation.address), port, share)
    with _login(client, credentials, expectation.user) as file:
        count = smb.channels(at, file, expectation.at_least)
    require(
        count >= expectation.at_least,
        f"a client in {expectation.source} must get {expectation.at_least} channels to {share},"
        f" and gets {count}",
    )


def _require_writable(done: Completed, share: SmbShare) -> None:
    denied = smb.denied(done)
    name = f"{share.share} from {share.source}"
    require(denied or not share.read_only, f"{name} can be written, and must not")
    require(not denied or share.read_only, f"{name} cannot be written ({last_line(done.out)})")


@contextmanager
def _login(client: Vantage, credentials: Credentials, user: str) -> Iterator[str]:
    with client.secret(smb.account(user, credentials.read(f"samba/{user}"))) as file:
        yield file


def _some_client(request: Request) -> tuple[Vantage, SmbShare]:
    for one in request.document.expectations:
        if isinstance(one, SmbShare) and one.source in request.zones and one.users:
            return request.zones[one.source], one
    pytest.skip("no vantage in a zone of the shares is given")
