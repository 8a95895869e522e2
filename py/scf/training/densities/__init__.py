"""Densities in the plane that are known exactly, at every noise level: what a model is measured against."""
