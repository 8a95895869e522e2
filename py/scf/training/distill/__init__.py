"""Distillation: an energy model hands what it knows to a small student, or to one of ternary weights."""
