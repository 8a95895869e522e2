"""The vault: fossils with their provenance, in shards that are only ever added to, and their catalogue."""

from scf.vault.ingest import Cut, PrimordialSoupIngestor, Report
from scf.vault.vault import Vault, subset

__all__ = ["Cut", "PrimordialSoupIngestor", "Report", "Vault", "subset"]
