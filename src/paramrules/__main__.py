"""`python -m paramrules` is the command `paramrules`."""

import os
import sys

if sys.path[:1] == [os.getcwd()]:  # put there by `-m`; a file `click.py` in this folder is not ours to run
    del sys.path[0]

from paramrules.starting import run

run()
