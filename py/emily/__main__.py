"""`python -m emily`."""

from emily.service.cli import main

main()
