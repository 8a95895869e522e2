"""`python -m sovereign`: the command line."""

from sovereign.cli import main

main()
