"""The inventory: typed, frozen, and entered only through its loader."""
