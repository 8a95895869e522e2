"""Accounts and how they get in."""

from typing import Literal

from sovereign.expectations.base import Expectation


class User(Expectation):
    """An account with exactly these keys, at least these groups, and no usable password."""

    type: Literal["user"] = "user"
    name: str
    groups: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """Return the account."""
        return self.name


class SshSetting(Expectation):
    """A setting of sshd, as `sshd -T` prints it."""

    type: Literal["ssh-setting"] = "ssh-setting"
    name: str
    value: str

    @property
    def subject(self) -> str:
        """Return its name."""
        return self.name


class SshLogin(Expectation):
    """From a zone, an account gets in by its key, or nobody gets in as it."""

    type: Literal["ssh-login"] = "ssh-login"
    source: str
    address: str
    port: int
    user: str
    allowed: bool

    @property
    def subject(self) -> str:
        """Return who enters from where."""
        return f"{self.user} from {self.source} {'enters' if self.allowed else 'is refused'}"
