"""Nix text: typed values, the one serialiser, templates, and a syntax check."""
