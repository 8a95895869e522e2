"""Texts that NixOS renders from options, one format per file, in the place of nixpkgs' modules."""
