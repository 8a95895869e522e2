"""An energy-based diffusion model: one network gives the energy at every noise level, its slope is the score."""
