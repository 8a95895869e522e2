"""What PostgreSQL takes of its host: memory, and a place that outlives a boot."""

from collections.abc import Iterator

from sovereign.diagnostics import Severity
from sovereign.inventory.database import Settings
from sovereign.review.mounts import lasting, recordsize
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.units import Size

_RESOURCES = "https://www.postgresql.org/docs/current/runtime-config-resource.html"
_ZFS = (
    "https://openzfs.github.io/openzfs-docs/Performance%20and%20Tuning/"
    "Workload%20Tuning.html#postgresql"
)
_PAGE = Size.parse("8KiB")
_LARGEST_RECORD = Size.parse("32KiB")
_SHARE_OF_MEMORY = 40

# PostgreSQL's own defaults (runtime-config-resource, runtime-config-connection).
_CONNECTIONS = 100
_WORK_MEM = Size.parse("4MiB")
_MAINTENANCE_WORK_MEM = Size.parse("64MiB")
_SHARED_BUFFERS = Size.parse("128MiB")
_AUTOVACUUM_WORKERS = 3


def data_directory(version: int) -> str:
    """Where NixOS keeps the data of a version of PostgreSQL."""
    return f"/var/lib/postgresql/{version}"


def _settings(subject: Subject) -> Settings:
    return subject.host.database.settings if subject.host.database else Settings()


@host_rule(
    "DB011",
    Severity.WARNING,
    "PostgreSQL's shared buffers take too much memory",
    why="PostgreSQL also relies on the operating system's cache; its documentation finds it unlikely"
    " that more than 40 % of the memory as shared_buffers works better than less.",
    source=f"{_RESOURCES}#GUC-SHARED-BUFFERS",
)
def shared_buffers(subject: Subject) -> Iterator[Hit]:
    """Compare shared_buffers with the host's memory."""
    memory, buffers = subject.host.hardware.memory, _settings(subject).shared_buffers
    if buffers is not None and buffers * 100 > memory * _SHARE_OF_MEMORY > 0:
        yield Hit(
            ("database", "settings", "shared_buffers"),
            f"shared_buffers take {buffers * 100 // memory} % of the memory",
            f"{buffers} of {memory}; at most {_SHARE_OF_MEMORY} % are of use",
            f'shared_buffers = "{memory // 4 // 2**20}MiB", a quarter of the memory',
        )


@host_rule(
    "DB012",
    Severity.WARNING,
    "PostgreSQL is told of a cache larger than the memory",
    why="effective_cache_size reserves nothing: it tells the planner how much of the data may lie in"
    " memory. A value that cannot be true makes it choose index scans that read from disk.",
    source="https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-EFFECTIVE-CACHE-SIZE",
)
def cache_size(subject: Subject) -> Iterator[Hit]:
    """Compare effective_cache_size with the host's memory."""
    memory, cache = subject.host.hardware.memory, _settings(subject).effective_cache_size
    if cache is not None and cache > memory > 0:
        yield Hit(
            ("database", "settings", "effective_cache_size"),
            f"a cache of {cache} on a host with {memory} of memory",
            f"{cache.human_binary()} > {memory.human_binary()}",
            f'effective_cache_size = "{memory // 2 // 2**20}MiB", half of the memory',
        )


@host_rule(
    "DB013",
    Severity.WARNING,
    "PostgreSQL, the ARC and the root need more memory than there is",
    why="Each connection may take work_mem for every sort or hash, and each autovacuum worker"
    " maintenance_work_mem. With the shared buffers, the limit of ZFS's cache and the root in memory the sum must fit,"
    " or the kernel kills the database.",
    source=f"{_RESOURCES}#GUC-WORK-MEM",
)
def memory_budget(subject: Subject) -> Iterator[Hit]:
    """Add up what PostgreSQL and ZFS may take."""
    if subject.host.database is None:
        return
    settings, memory = _settings(subject), subject.host.hardware.memory
    connections = settings.max_connections or _CONNECTIONS
    work = settings.work_mem or _WORK_MEM
    maintenance = settings.maintenance_work_mem or _MAINTENANCE_WORK_MEM
    parts = {
        "shared_buffers": settings.shared_buffers or _SHARED_BUFFERS,
        f"{connections} connections x {work}": Size(connections * work),
        f"{_AUTOVACUUM_WORKERS} autovacuum workers x {maintenance}": Size(
            _AUTOVACUUM_WORKERS * maintenance
        ),
        "the ARC's limit": subject.host.upkeep.arc_max or Size(0),
        "the root in memory": subject.host.boot.root.size,
    }
    total = Size(sum(parts.values()))
    if total > memory > 0:
        listed = " + ".join(f"{what} {size.human_binary()}" for what, size in parts.items() if size)
        yield Hit(
            ("database", "settings"),
            f"PostgreSQL, the ARC and the root may take {total.human_binary()} of {memory.human_binary()}",
            f"{listed} = {total.human_binary()}",
            "lower max_connections, work_mem, shared_buffers or upkeep.arc_max",
        )


@host_rule(
    "DB014",
    Severity.ERROR,
    "The databases do not outlive a boot",
    why="The root file system is in memory and empty at every boot. NixOS keeps the data of"
    " PostgreSQL in /var/lib/postgresql/<version>; where nothing that lasts is mounted there, every"
    " boot starts with empty databases.",
    source="https://github.com/nix-community/preservation",
)
def data_is_lost(subject: Subject) -> Iterator[Hit]:
    """Find a data directory on the root in memory."""
    database = subject.host.database
    if database and lasting(subject.host, data_directory(database.version)) is None:
        yield Hit(
            ("database", "version"),
            f"{data_directory(database.version)} is on the root in memory",
            "no dataset, pool, array or persisted directory holds it",
            'a dataset with mount = "/var/lib/postgresql"',
        )


@host_rule(
    "DB015",
    Severity.NOTE,
    "The databases' records are large",
    why="PostgreSQL reads and writes pages of 8 KiB. Changing one page of a larger record makes ZFS"
    " read and write the whole record; OpenZFS advises records of 8 to 32 KiB.",
    source=_ZFS,
)
def large_records(subject: Subject) -> Iterator[Hit]:
    """Find a data directory on a dataset with large records."""
    database = subject.host.database
    mount = lasting(subject.host, data_directory(database.version)) if database else None
    if mount is None or mount.pool is None:
        return
    record = recordsize(subject.host, mount)
    if record is not None and record > _LARGEST_RECORD:
        at = ("storage", "pools", mount.pool)
        yield Hit(
            (*at, "datasets", mount.dataset) if mount.dataset else at,
            f"records of {record} under a database with pages of {_PAGE}",
            f"changing one page rewrites {record // _PAGE} of them",
            'recordsize = "16KiB"',
        )


@host_rule(
    "DB016",
    Severity.WARNING,
    "The database may keep torn pages",
    why="After a power failure a page can be half old and half new. ZFS never leaves a record half"
    " written, so full_page_writes may be off there, once a record is at least as large as a page;"
    " on ext4 and XFS it is what repairs such a page.",
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-FULL-PAGE-WRITES",
)
def torn_pages(subject: Subject) -> Iterator[Hit]:
    """Find full_page_writes turned off where nothing else keeps pages whole."""
    database = subject.host.database
    if database is None or database.settings.full_page_writes is not False:
        return
    mount = lasting(subject.host, data_directory(database.version))
    record = recordsize(subject.host, mount) if mount else None
    if record is None or record < _PAGE:
        yield Hit(
            ("database", "settings", "full_page_writes"),
            "full_page_writes is off where a power failure can tear a page",
            f"records of {record} hold less than a page of {_PAGE}"
            if record
            else f"{data_directory(database.version)} is not on ZFS",
            "full_page_writes = true",
        )
