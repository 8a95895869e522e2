"""Host keys of rented machines: made once, for their owner alone, and forgotten with the pod."""

import stat
from pathlib import Path

import pytest

from scf.worker.pod_keys import PodKeys
from scf.worker.runner import RunnerError
from sovereign.run import run


def user_key(folder: Path, *, passphrase: str = "", kind: str = "ed25519") -> Path:
    run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", folder / "user"])
    return folder / "user"


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_a_pod_keeps_its_host_key(kind: str, tmp_path: Path) -> None:
    keys = PodKeys(tmp_path / "keys", user_key(tmp_path, kind=kind))
    first = keys.environment("scf-a")
    assert keys.environment("scf-a") == first
    assert keys.environment("scf-b")["SCF_HOST_KEY"] != first["SCF_HOST_KEY"]
    assert first["PUBLIC_KEY"] == (tmp_path / "user.pub").read_text().strip()
    (tmp_path / "given").write_text(first["SCF_HOST_KEY"])
    (tmp_path / "given").chmod(0o600)
    public = run(["ssh-keygen", "-y", "-f", tmp_path / "given"]).out.strip()
    login = keys.login("scf-a", "10.0.0.1", 10022)
    assert login.known_hosts.read_text() == f"scf-a {public}\n"
    assert login.alias == "scf-a"
    assert stat.S_IMODE((tmp_path / "keys" / "scf-a").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    keys.forget("scf-a")
    keys.forget("scf-a")
    assert keys.environment("scf-a") != first


def test_a_users_key_must_be_usable_and_private(tmp_path: Path) -> None:
    locked = PodKeys(tmp_path / "keys", user_key(tmp_path, passphrase="a phrase"))
    with pytest.raises(RunnerError, match="no ssh key without a passphrase"):
        locked.environment("scf-a")
    (tmp_path / "user").write_text("no key")
    with pytest.raises(RunnerError, match="no ssh key without a passphrase"):
        locked.environment("scf-a")
    (tmp_path / "user").chmod(0o644)
    with pytest.raises(RunnerError, match="others may read it"):
        locked.environment("scf-a")
