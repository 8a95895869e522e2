"""One typed inventory of hosts; NixOS modules derived from it, and everything derived proven."""

__version__ = "0.1.0"
