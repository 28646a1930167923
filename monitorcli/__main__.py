"""`python -m monitorcli`."""

from monitorcli.cli import main

main(prog_name="monitorcli")
