"""Tier 3: what weighs, remembers and decides."""
