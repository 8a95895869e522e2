"""The documents that parts of SCF, and machines, hand to each other: frozen, strict, canonical JSON."""
