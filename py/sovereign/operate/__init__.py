"""What the verbs do: each a function from an inventory to what is written or told."""
