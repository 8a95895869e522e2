"""What connects the tiers: the bus, the global workspace, the supervisor."""
