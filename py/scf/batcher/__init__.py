"""Shards of fossils, and what brings them, shuffled and typed, to a training that can be resumed."""
