"""Training on a Ray cluster: a trainer on this machine, workers on any node that compute slopes for it."""
