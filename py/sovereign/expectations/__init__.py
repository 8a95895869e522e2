"""What must be true on a running host: one small type per check, computed from the inventory alone."""
