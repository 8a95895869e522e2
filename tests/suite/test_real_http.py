"""A real HTTP server that wants a token."""

from pathlib import Path

import pytest

from .machines import expect, look, machine

pytestmark = pytest.mark.usefixtures("kernel")


def test_what_answers_over_http(tmp_path: Path) -> None:
    program = """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        right = self.headers.get("Authorization") == "Bearer t0k:en"
        self.send_response(200 if right else 401)
        self.end_headers()
        self.wfile.write(b'{"status": "healthy"}')
HTTPServer(("127.0.0.1", 8601), Answer).serve_forever()
"""
    (tmp_path / "emily").mkdir()
    (tmp_path / "emily" / "token").write_text("t0k:en\n")

    def http(
        credential: str, status: int, folder: Path | None, contains: str = ""
    ) -> tuple[str, str]:
        one = expect(
            "http",
            concern="emily",
            source="inside",
            address="127.0.0.1",
            port=8601,
            path="/ready",
            credential=credential,
            status=status,
            contains=contains,
        )
        return look(one, host.transport, credentials=folder)

    argv = ("python3", "-c", program)
    ready = "ss -Hltn | grep -q 8601"
    with machine() as host:
        assert "no answer over HTTP" in http("none", 200, tmp_path)[1]
        with host.running(*argv, log=tmp_path / "log", ready=ready):
            assert http("right", 200, tmp_path, "healthy") == ("passed", "")
            assert http("none", 401, tmp_path) == ("passed", "")
            assert http("wrong", 401, tmp_path) == ("passed", "")
            assert http("none", 200, tmp_path)[1].endswith(
                "no token must answer 200, and answers 401"
            )
            assert http("right", 200, tmp_path, "sick")[1].endswith("must say sick, and does not")
            assert http("right", 200, None) == ("skipped", "no credentials are given: emily/token")
            empty = tmp_path / "emily"
            assert http("right", 200, empty) == (
                "skipped",
                "the credential emily/token is not given",
            )
