"""The files of the scratch repository of these tests."""

import subprocess
from collections.abc import Callable

SETTINGS = """\
[[targets]]
rules = "vit.rules"
models = ["vit.json"]
"""
RULES = """\
[decay]
no_decay: ndim <= 1
decay:    else
expect no_decay: type(LayerNorm)
"""
Shell = Callable[..., "subprocess.CompletedProcess[str]"]
