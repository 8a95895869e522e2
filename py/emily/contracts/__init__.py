"""What the tiers say to each other: the envelope, the messages and the keys they travel under."""
