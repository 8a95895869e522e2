"""Attestations: signed statements in an append-only log, and proofs that they are there."""
