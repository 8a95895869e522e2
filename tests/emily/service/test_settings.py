"""Settings: a file, the environment above it, and a plain word for everything that is wrong."""

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError
from tests.emily.service.serving import secret

from emily.contracts.messages import Tier
from emily.instinct.reflex.entries import MOST_MS
from emily.metabolism.body import FASTEST
from emily.nervous_system.local import LocalBus
from emily.nervous_system.node import Node
from emily.service.build import build_tier
from emily.service.host import node_of
from emily.service.secret import SecretError, read_secret
from emily.service.settings import SettingsError, load, schema

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "emily"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("EMILY_"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))


def written(folder: Path, text: str) -> Path:
    path = folder / "emily.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    settings = load(None)
    assert settings.bus.router == "tcp/127.0.0.1:7447"
    assert (settings.api.host, settings.api.port, settings.api.token()) == ("127.0.0.1", 8600, None)
    assert (settings.workspace.capacity, settings.workspace.threshold) == (7, 0.7)
    assert (settings.circadian.lights_on_hour, settings.circadian.lights_off_hour) == (7.0, 23.0)
    assert settings.reflex.deadline_ms == 50
    assert settings.gflownet.samples == 100
    assert settings.state.folder == tmp_path / "xdg" / "emily"
    assert settings.memory.path == tmp_path / "xdg" / "emily" / "memory.sqlite"


def test_the_file_is_read_and_the_environment_stands_above_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, '[api]\nport = 9000\n[memory]\nbackend = "pgvector"\nuser = "file"\n')
    monkeypatch.setenv("EMILY_API__PORT", "9001")
    monkeypatch.setenv("EMILY_NODE", "elsewhere")
    settings = load(path)
    assert settings.api.port == 9001
    assert settings.node == "elsewhere"
    assert (settings.memory.backend, settings.memory.user) == ("pgvector", "file")


def test_every_variable_of_the_code_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    source = (path.read_text("utf-8") for part in ("py", "bench") for path in _python(ROOT / part))
    named = {name for text in source for name in re.findall(r'"(EMILY_[A-Z]+_[A-Z_]+)"', text)}
    assert named >= {"EMILY_HDC_KERNEL", "EMILY_HOLO_FFT", "EMILY_SUPERVISOR_PID"}
    for name in (name for name in named if "__" not in name):  # those are settings
        monkeypatch.setenv(name, "7")
        assert load(None).api.port == 8600


def _python(folder: Path) -> Iterator[Path]:
    return folder.rglob("emily/**/*.py")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[api]\nport = 70000", "emily.toml: [api] port: Input should be less than or equal"),
        ("[api]\nprot = 1", "emily.toml: [api] prot: no such setting"),
        ("[apy]\nport = 1", "emily.toml: apy: no such setting"),
        ("_env_file = 'x'", "emily.toml: _env_file: no such setting"),
        ("[api]\nport = ", "emily.toml: expected TOML: Invalid value (at end of document)"),
        ("api = 3", "emily.toml: api: Input should be a valid dictionary"),
        (
            "[workspace]\ncapacity = 4",
            "[workspace] capacity: Input should be greater than or equal",
        ),
        ("[workspace]\nthreshold = nan", "[workspace] threshold: Input should be a finite number"),
        ("[workspace]\nhalf_life_s = 0", "[workspace] half_life_s: Input should be greater than 0"),
        (
            "[circadian]\nspeed = 1e9",
            "[circadian] speed: Input should be less than or equal to 1000",
        ),
        ("[reflex]\ndeadline_ms = 0.5", "[reflex] deadline_ms: Input should be greater than or"),
        ("[reflex]\ndeadline_ms = 1e9", "[reflex] deadline_ms: Input should be less than or"),
        ("[reflex]\nrefractory_ms = -1", "[reflex] refractory_ms: Input should be greater than"),
        ("[reflex]\nrefractory_ms = 1e9", "[reflex] refractory_ms: Input should be less than or"),
        ('[circadian]\ntimezone = "Mars"', "[circadian] timezone: expected a name of the IANA"),
        ('[circadian]\nlights_on = "7"', "[circadian] lights_on: String should match pattern"),
        ('[memory]\nbackend = "redis"', "[memory] backend: Input should be 'sqlite' or 'pgvector'"),
        ('[log]\nlevel = "loud"', "[log] level: Input should be 'debug'"),
        ('[bus]\nrouter = "here"', "[bus] router: String should match pattern"),
        ('node = "a/b"', "emily.toml: node: String should match pattern"),
        ('[api]\nhost = "0.0.0.0"', "[api] token_file: the API at 0.0.0.0 can be reached"),
    ],
)
def test_an_error_names_the_file_the_key_and_what_is_expected(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, text))
    assert said in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "EMILY_API__PORT",
            "many",
            "environment: EMILY_API__PORT: Input should be a valid integer",
        ),
        ("EMILY_API__PROT", "1", "environment: EMILY_API__PROT: no such setting"),
        ("EMILY_APY__PORT", "1", "environment: EMILY_APY__PORT: no such setting"),
        (
            "EMILY_NOD",
            "x",
            "environment: EMILY_NOD: no such setting; expected EMILY_NODE, or EMILY_",
        ),
        ("EMILY_API_PORT", "1", "environment: EMILY_API_PORT: no such setting"),
        ("emily_nod", "x", "environment: emily_nod: no such setting"),
        ("EMILY_NODE__NAME", "x", "environment: EMILY_NODE__NAME: no such setting"),
        ("EMILY_HDC__KERNEL", "x", "environment: EMILY_HDC__KERNEL: no such setting"),
        ("EMILY_", "x", "environment: EMILY_: no such setting"),
        ("EMILY_API", "{", 'environment: error parsing value for field "api"'),
    ],
)
def test_an_error_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load(None)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: cannot be read: No such file"):
        load(tmp_path / "none.toml")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"bytes\.toml: expected UTF-8"):
        load(tmp_path / "bytes.toml")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_on_loopback_no_token_is_needed(tmp_path: Path, host: str) -> None:
    assert load(written(tmp_path, f'[api]\nhost = "{host}"')).api.token() is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "cloudlab"])
def test_beyond_loopback_a_token_is_needed(tmp_path: Path, host: str) -> None:
    secret(tmp_path / "token")
    path = written(tmp_path, f'[api]\nhost = "{host}"\ntoken_file = "{tmp_path}/token"')
    token = load(path).api.token()
    assert token is not None
    assert token.get_secret_value() == "s3cret-of-the-test"


def test_relative_paths_start_from_the_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}/one:{tmp_path}/two")
    path = written(
        tmp_path, '[memory]\npath = "m.db"\noutbox = "/abs/outbox"\n[flags]\nfile = "f.toml"\n'
    )
    settings = load(path)
    assert settings.memory.path == tmp_path / "one" / "m.db"
    assert settings.memory.outbox == Path("/abs/outbox")
    assert settings.flags.file == tmp_path / "one" / "f.toml"


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("secretword\n", 0o644, "others can reach the secret; expected mode 0640"),
        ("secretword\n", 0o602, "others can reach the secret"),
        ("", 0o600, "expected one line"),
        ("\n", 0o600, "expected one line"),
        ("secretword\ntwo\n", 0o600, "expected one line"),
        ("secretwörd\n", 0o600, "it holds more than ASCII"),
    ],
)
def test_a_secret_that_is_not_fit_is_refused_and_not_shown(
    tmp_path: Path, text: str, mode: int, said: str
) -> None:
    with pytest.raises(SecretError, match=said) as caught:
        read_secret(secret(tmp_path / "file", text, mode))
    assert str(tmp_path / "file") in str(caught.value)
    assert "secretw" not in str(caught.value)
    settings = load(written(tmp_path, f'[api]\ntoken_file = "{tmp_path}/file"'))
    with pytest.raises(SettingsError, match=said):
        settings.api.token()


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440])
def test_a_secret_of_owner_and_group_is_read_and_never_shown(tmp_path: Path, mode: int) -> None:
    path = secret(tmp_path / "file", "hush-hush\n", mode)
    settings = load(written(tmp_path, f'[memory]\npassword_file = "{path}"'))
    password = settings.memory.password()
    assert password is not None
    assert password.get_secret_value() == "hush-hush"
    assert "hush" not in f"{settings!r} {password!r} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("tier", "text"),
    [
        ("instinct", "[reflex]\ndeadline_ms = 1\nrefractory_ms = 0"),
        ("instinct", f"[reflex]\ndeadline_ms = {MOST_MS}\nrefractory_ms = {MOST_MS}"),
        ("metabolism", "[circadian]\nspeed = 0"),
        ("metabolism", f"[circadian]\nspeed = {FASTEST}"),
        ("nervous", "[workspace]\ncapacity = 5\nthreshold = 0\nhysteresis = 1"),
        ("nervous", "[workspace]\ncapacity = 9\nthreshold = 1\nhalf_life_s = 1e-9"),
    ],
)
def test_a_tier_takes_what_the_settings_take(tmp_path: Path, tier: Tier, text: str) -> None:
    built = build_tier(tier, load(written(tmp_path, text)))
    built.start(Node(LocalBus(), "testhost", tier))
    built.step(time.monotonic_ns())
    built.close()


@pytest.mark.parametrize(
    ("hostname", "node"),
    [
        ("cloudlab.example.org", "cloudlab"),
        ("_odd name", "odd-name"),
        ("", "localhost"),
        ("-", "localhost"),
        ("x" * 80, "x" * 64),
    ],
)
def test_the_node_is_the_short_hostname_as_one_chunk(hostname: str, node: str) -> None:
    assert node_of(hostname) == node


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load(None).node = "other"


def test_the_schema_tells_every_key() -> None:
    told = json.loads(json.dumps(schema()))
    assert set(told["properties"]) == {
        *("node", "bus", "api", "memory", "workspace", "circadian", "reflex", "gflownet"),
        *("flags", "log", "state"),
    }
    assert told["additionalProperties"] is False
    assert told["$defs"]["Workspace"]["properties"]["capacity"]["minimum"] == 5


def test_the_page_tells_every_key_and_its_default() -> None:
    page = (DOCS / "settings.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `([a-z_.]+)` \| ([^|]+) \|", page, re.MULTILINE))
    settings, expected = load(None), {"node": "the short hostname"}
    for table, part in settings:
        for key, value in part if isinstance(part, BaseModel) else ():
            shown = "none" if value is None else f"`{json.dumps(value, default=_file_name)}`"
            expected[f"{table}.{key}"] = shown
    assert told == expected | {"state.folder": "see below"}


def _file_name(path: Path) -> str:
    return path.name
