"""How the command `paramrules` starts."""

import gc


def run() -> None:
    """Run the command line.

    Nearly all that starting makes stays. To look for garbage among it after every 700 new objects, as Python
    does by default, takes a tenth of the time of `check`.
    """
    gc.set_threshold(50_000)
    from paramrules.cli import main

    main(prog_name="paramrules")
