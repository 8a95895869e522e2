"""The energy atlas: what each shard is like, by its entropy and by a model's energies, and a picture."""

from scf.atlas.atlas import Atlas

__all__ = ["Atlas"]
