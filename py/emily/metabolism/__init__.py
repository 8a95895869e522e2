"""The slow rhythms that set gain, thresholds and compute of the tiers."""
