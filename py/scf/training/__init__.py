"""Recipes that train models; all that needs torch, and nothing else does."""
