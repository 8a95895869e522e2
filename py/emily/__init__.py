"""Emily, the triune cognitive system that the hosts run."""
