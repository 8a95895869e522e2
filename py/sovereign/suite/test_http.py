"""What answers over HTTP. A token goes by stdin."""

import re
from collections.abc import Callable

from sovereign.expectations.http import Http
from sovereign.suite.request import Credentials
from sovereign.suite.uplink import known
from sovereign.suite.vantage import Vantage, last_line, require

_SEND = 'exec 3<>"/dev/tcp/$1/$2" && cat >&3 && head -c 1048576 <&3'
_STATUS = re.compile(r"HTTP/1\.[01] (\d{3})")
_TOKENS = {"emily": "emily/token"}
"""By the concern that expects it: the name of the credential."""


def test_http(
    expectation: Http,
    inside: Vantage,
    from_zone: Callable[[str], Vantage],
    credentials: Credentials,
) -> None:
    """The path answers with the status, and with the text where one is expected."""
    vantage = from_zone(expectation.source)
    address, port = known(inside, expectation.address), expectation.port
    path = expectation.path
    lines = [f"GET {path} HTTP/1.0", f"Host: {address}:{port}", "Accept: */*"]
    if expectation.credential == "right":
        token = credentials.read(_TOKENS.get(expectation.concern, f"{expectation.concern}/token"))
        lines.append(f"Authorization: Bearer {token}")
    elif expectation.credential == "wrong":
        lines.append("Authorization: Bearer not-the-token")
    text = "\r\n".join([*lines, "", ""])
    done = vantage.run("bash", "-c", _SEND, "bash", address, str(port), stdin=text)
    head, _, body = done.out.replace("\r\n", "\n").partition("\n\n")
    status = _STATUS.match(head)
    where = f"{path} at {address}:{port} with {_article(expectation.credential)}"
    require(status is not None, f"{where}: no answer over HTTP ({last_line(done.err or head)})")
    found = status[1] if status else ""
    require(
        found == str(expectation.status),
        f"{where} must answer {expectation.status}, and answers {found}",
    )
    require(expectation.contains in body, f"{where} must say {expectation.contains}, and does not")


def _article(credential: str) -> str:
    return {"right": "the right token", "wrong": "a wrong token", "none": "no token"}[credential]
