"""The daemon: pulse, orient, decide, act, at one of four periods, under a journal that survives it."""
