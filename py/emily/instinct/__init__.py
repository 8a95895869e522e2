"""Tier 0: what answers within 50 ms."""
