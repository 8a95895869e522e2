"""The libraries that are raced, each in a file of its own."""
