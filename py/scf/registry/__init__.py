"""Which models there are, where they came from, and which one is in use."""
