"""`python -m paramrules` is the command `paramrules`."""

import os
import sys
from contextlib import suppress

with suppress(FileNotFoundError):  # the folder may be gone
    if sys.path[:1] == [os.getcwd()]:  # put there by `-m`; a file `click.py` in it is not ours to run
        del sys.path[0]

from paramrules.starting import run

run()
