"""What is refused of a shard: every refusal names the shard, and the byte it was met at."""

from scf.errors import RefusedError, ScfError


class ShardError(RefusedError):
    """A shard that is not what its reference says; nothing after `offset` was taken from it."""

    code = "SCF090"

    def __init__(self, shard: str, offset: int, problem: str, *, hint: str | None = None) -> None:
        super().__init__(f"{shard}, byte {offset}: {problem}", hint=hint)
        self.shard = shard
        self.offset = offset
        """Where the frame begins, in the compressed file."""


class FrameError(ShardError):
    """Bytes that are no whole, sound zstd frame."""

    code = "SCF091"


class SizeError(ShardError):
    """More, or less, than was declared or than is allowed."""

    code = "SCF092"


class LineError(ShardError):
    """A line that is too long, empty or not ended, or no record of the type that was asked for."""

    code = "SCF093"


class CidError(ShardError):
    """A file whose bytes are not those that its CID names."""

    code = "SCF094"


class UnreadableError(ScfError):
    """A shard that is missing or cannot be read; this says nothing of its bytes."""

    code = "SCF095"


class PositionError(ScfError):
    """A position to go on from that is of another stream, or of no place in this one."""

    code = "SCF096"
