"""`python -m paramrules` is the command `paramrules`."""

from paramrules.cli import main

main(prog_name="paramrules")
