"""What can go wrong with a vault as a whole; a single record that is refused is counted instead."""

from scf.errors import ScfError


class VaultError(ScfError):
    """A vault that cannot answer or cannot be written to."""

    code = "SCF010"


class SourceError(ScfError):
    """A source that cannot be read at all."""

    code = "SCF011"


class CatalogueError(VaultError):
    """A catalogue that is lost, damaged or behind its shards."""

    code = "SCF012"


class BusyError(VaultError):
    """Another process writes to the vault."""

    code = "SCF013"


REBUILD = "move catalogue.sqlite away: it is made again from the shards when the vault is next used"
