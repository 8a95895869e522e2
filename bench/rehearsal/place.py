"""What the parts find inside: the machines, what must be true, and who may do what."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.rehearsal.figures import WrongError

from sovereign.expectations.base import Expectation
from sovereign.expectations.database import Database, DatabaseAccess
from sovereign.expectations.document import Document
from sovereign.expectations.smb import SmbShare
from sovereign.inventory.host import Host
from sovereign.rehearse.inside import suite_command
from sovereign.rehearse.machine import Machine
from sovereign.rehearse.world import FastWorld
from sovereign.run import run
from sovereign.suite.result import Results, read_results

_T = TypeVar("_T", bound=Expectation)
_SUITE_S = 300


@dataclass(frozen=True, slots=True)
class Place:
    """The world that was built, and the host's expectations."""

    world: FastWorld
    document: Document
    host: Host
    tell: Callable[[str], None]

    def all(self, kind: type[_T]) -> list[_T]:
        """The expectations of a type."""
        return [one for one in self.document.expectations if isinstance(one, kind)]

    def share(self) -> SmbShare:
        """A share that a user may write over a cable of the host's own. Raises WrongError."""
        for one in self.all(SmbShare):
            if one.source in self._cabled and one.users and not one.read_only:
                return one
        raise WrongError("no share can be written over a cable")

    def database(self) -> DatabaseAccess:
        """A database that its owner enters over a cable, by a password. Raises WrongError."""
        owners = {one.name: one.owner for one in self.all(Database)}
        for one in self.all(DatabaseAccess):
            enters = one.allowed and one.password and one.source in self._cabled
            if enters and owners.get(one.database) == one.user:
                return one
        raise WrongError("no database is entered over a cable")

    @property
    def _cabled(self) -> set[str]:
        """The zones that a tunnel's or the uplink's trouble does not touch."""
        return {one.zone for one in self.world.around.neighbours}

    def account(self, machine: Machine, user: str) -> str:
        """Leave a file of a share's user on a machine, for Samba's programs; return its path."""
        return _private(machine, user, f"username={user}\npassword={self._secret('samba', user)}\n")

    def passfile(self, machine: Machine, role: str) -> str:
        """Leave a password file of a role on a machine; return its path."""
        return _private(machine, role, f"*:*:*:{role}:{self._secret('postgresql', role)}\n")

    def key(self, machine: Machine, operator: str) -> str:
        """Leave an operator's private key on a machine; return its path."""
        return _private(machine, f"ssh-{operator}", self._secret("ssh", operator))

    def checked(self, concerns: Sequence[str]) -> Results:
        """Run the suite on some concerns. Raises WrongError where it does not run."""
        variant = self.world.job.variants[0]
        file = self.world.job.folder / "bench.results.json"
        file.unlink(missing_ok=True)
        chosen = variant.model_copy(update={"results": file})
        done = run(
            tuple(suite_command(self.world, chosen, tuple(concerns))), check=False, timeout=_SUITE_S
        )
        if not file.exists():
            said = (done.err or done.out).strip().splitlines()[-1:] or ["it said nothing"]
            raise WrongError(f"the suite did not run: {said[0]}")
        return read_results(file)

    def _secret(self, kind: str, name: str) -> str:
        return (self.world.job.credentials / kind / name).read_text("utf-8")


def _private(machine: Machine, name: str, text: str) -> str:
    path = f"/root/bench-{name}"
    file: Path = machine.path(path)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(text, "utf-8")
    return path
