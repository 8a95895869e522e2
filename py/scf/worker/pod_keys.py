"""The keys of rented machines: one host key each, made here, so that no stranger can stand in for it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from emily.files import replacing
from scf.worker.rsync import Login
from scf.worker.runner import RunnerError
from scf.worker.runpod_api import Pod
from scf.worker.secret import read_secret
from scf.worker.way import ByRsync

USER = "scf"
PORT = 2222
BASE = "/srv/scf"
"""The folder of the image that takes `shards`, `parent` and `run`."""


@dataclass(frozen=True, slots=True)
class PodKeys:
    """`folder` is on this machine's own disk and keeps a host key for each pod, by the pod's name.

    `user_key` is the private key, without a passphrase, that enters them.
    """

    folder: Path
    user_key: Path
    ports: ClassVar[tuple[int, ...]] = (PORT,)

    def environment(self, name: str) -> dict[str, str]:
        """What the image needs to let us in, and to prove that it is itself. Raises RunnerError."""
        return {
            "SCF_HOST_KEY": read_secret(self._host_key(name)) + "\n",
            "PUBLIC_KEY": self._public(),
        }

    def way(self, pod: Pod) -> ByRsync | None:
        """How files go to and from a pod, None while it has no address. Raises RunnerError."""
        place = pod.place(PORT)
        return None if place is None else ByRsync(self.login(pod.name, *place), BASE)

    def login(self, name: str, address: str, port: int) -> Login:
        """How to enter the pod of this name. Raises RunnerError."""
        known = self._host_key(name).with_suffix(".known")
        return Login(address, port, USER, self.user_key.absolute(), known.absolute(), name)

    def forget(self, name: str) -> None:
        """Remove the keys of a pod that was given back."""
        for suffix in ("", ".known"):
            (self.folder / f"{name}{suffix}").unlink(missing_ok=True)

    def _host_key(self, name: str) -> Path:
        path = self.folder / name
        if path.exists() and path.with_suffix(".known").exists():
            return path
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        with replacing(path, mode=0o600) as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(private)
        with replacing(path.with_suffix(".known")) as file:  # last: with it, both are whole
            file.write(b"%s %s\n" % (name.encode(), public))
        return path

    def _public(self) -> str:
        try:
            key = load_ssh_private_key(read_secret(self.user_key).encode() + b"\n", None)
        except (ValueError, TypeError):
            raise RunnerError(f"{self.user_key}: no ssh key without a passphrase") from None
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        return public.decode("ascii")
