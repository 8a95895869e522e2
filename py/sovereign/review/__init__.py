"""The review: rules over the inventory, one file per concern."""
