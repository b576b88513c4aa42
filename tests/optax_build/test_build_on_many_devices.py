"""Parameters that are sharded over eight devices of the host, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path


def test_sharded_over_eight_devices() -> None:
    """The numbers are those of one device; moments lie where their parameters lie.

    The step is traced a second time, as with optax's own optimizers: the count that `init` makes lies on one
    device, the one that the step gives back on all.
    """
    script = Path(__file__).with_name("sharded_run.py")
    run = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found.pop("difference") < 5e-6
    assert found == {
        "devices": 8,
        "traces": 2,
        "moments": 4,
        "placed like their parameters": 4,
        "placed like their parameters after a checkpoint": 4,
        "devices of the head's moment": 8,
    }
