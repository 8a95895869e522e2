"""The tiers as processes: each wires a library of its own to the bus."""
