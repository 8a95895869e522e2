"""PostgreSQL: databases, roles, settings, and who is let in."""

from typing import Literal

from sovereign.expectations.base import Expectation


class Database(Expectation):
    """A database, its owner, and the extensions in it."""

    type: Literal["database"] = "database"
    name: str
    owner: str
    extensions: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """Return its name."""
        return self.name


class DatabaseRole(Expectation):
    """A role that may log in, and may not rule."""

    type: Literal["database-role"] = "database-role"
    name: str
    password: bool

    @property
    def subject(self) -> str:
        """Return its name."""
        return self.name


class DatabaseSetting(Expectation):
    """A setting in force, as `SHOW` prints it."""

    type: Literal["database-setting"] = "database-setting"
    name: str
    value: str

    @property
    def subject(self) -> str:
        """Return its name."""
        return self.name


class DatabaseRules(Expectation):
    """The authentication rules in force, in order: each `type databases users address method`."""

    type: Literal["database-rules"] = "database-rules"
    rules: tuple[str, ...]

    @property
    def subject(self) -> str:
        """Return what it is."""
        return "authentication"


class DatabaseAccess(Expectation):
    """Whether someone is let in: from a zone by a password, or inside over the socket as an account."""

    type: Literal["database-access"] = "database-access"
    source: str
    """A zone, `inside` for the host itself over TCP, or `socket`."""
    address: str
    user: str
    database: str
    password: bool
    allowed: bool

    @property
    def subject(self) -> str:
        """Return who enters what."""
        return f"{self.user} {'enters' if self.allowed else 'never enters'} {self.database} from {self.source}{'' if self.password else ' without a password'}"
