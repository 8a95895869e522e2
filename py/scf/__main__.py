"""`python -m scf`."""

from scf.cli import main

main()
