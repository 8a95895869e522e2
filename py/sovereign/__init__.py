"""One typed inventory of hosts, reviewed before anything is built; NixOS modules derived from it."""

__version__ = "0.1.0"
