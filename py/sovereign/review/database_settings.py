"""Settings that PostgreSQL does not start with."""

from collections.abc import Iterator

from sovereign.diagnostics import Severity
from sovereign.inventory.database import Settings
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.units import Size

_KB, _PAGE, _MB = 2**10, 2**13, 2**20
_INT = 2**31 - 1

# Smallest and largest value of each, in bytes: guc_tables.c of PostgreSQL 14 to 18. max_wal_size
# also holds two segments of 16 MiB at least.
_RANGES = {
    "shared_buffers": (16 * _PAGE, _INT // 2 * _PAGE),
    "effective_cache_size": (_PAGE, _INT * _PAGE),
    "maintenance_work_mem": (64 * _KB, _INT * _KB),
    "work_mem": (64 * _KB, _INT * _KB),
    "max_wal_size": (32 * _MB, _INT * _MB),
}
_LONGEST_TIMEOUT = _INT // 1000
"""Seconds: PostgreSQL counts the milliseconds in 31 bits."""


@host_rule(
    "DB017",
    Severity.ERROR,
    "PostgreSQL refuses the value of a setting",
    why="A value out of range keeps PostgreSQL from starting. So does wal_level = minimal beside"
    " max_wal_senders, which is 10 unless it is set to 0.",
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-WAL-LEVEL",
)
def refused_setting(subject: Subject) -> Iterator[Hit]:
    """Find settings out of their range."""
    if subject.host.database is None:
        return
    settings = subject.host.database.settings
    for name, value in _sizes(settings):
        least, most = _RANGES[name]
        if value is not None and not least <= value <= most:
            limits = f"{Size(least)} to {Size(most).human_binary()}"
            yield Hit(
                ("database", "settings", name),
                f"{name} goes from {limits}, not {value}",
                fix="a value between them, or none: PostgreSQL has a default",
            )
    if settings.statement_timeout is not None and settings.statement_timeout > _LONGEST_TIMEOUT:
        yield Hit(
            ("database", "settings", "statement_timeout"),
            f"statement_timeout goes up to {_LONGEST_TIMEOUT}s",
            f"{int(settings.statement_timeout)} s > {_LONGEST_TIMEOUT} s, 31 bits of milliseconds",
            'statement_timeout = "24d", or "0s" for none',
        )
    if settings.wal_level == "minimal":
        yield Hit(
            ("database", "settings", "wal_level"),
            "PostgreSQL does not start with wal_level minimal while it may send its log",
            "max_wal_senders is 10 by default",
            'wal_level = "replica"',
        )


def _sizes(settings: Settings) -> Iterator[tuple[str, Size | None]]:
    yield "shared_buffers", settings.shared_buffers
    yield "effective_cache_size", settings.effective_cache_size
    yield "maintenance_work_mem", settings.maintenance_work_mem
    yield "work_mem", settings.work_mem
    yield "max_wal_size", settings.max_wal_size
