"""Weekly releases: one model a week, with all that proves what it is, in a folder that never changes."""
