"""torchvision's wheel beside a torch without CUDA.

The wheel of the package index is built for CUDA. Beside the CPU build of torch its library does not load, and
`import torchvision` then fails, because it says how to trace operators that nobody has defined; with it fail
timm, and what of transformers reads images. Where that is so, the operators are defined, without a body, just
before torchvision is imported. Nothing here calls one: they are for detection.
"""

import re
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any


class _Definer:
    """A finder of modules that finds none, but hears that torchvision is about to be imported."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "torchvision":
            sys.meta_path.remove(self)
            define_missing()


_kept: list[Any] = []  # a library's operators last as long as the library


def install() -> None:
    """From now on, `import torchvision` works."""
    sys.meta_path.insert(0, _Definer())


def define_missing() -> None:
    """Defines torchvision's operators, unless its own library does."""
    import torch

    spec = PathFinder.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return
    folder = Path(spec.origin).parent
    for binary in folder.glob("_C*.so"):
        try:
            torch.ops.load_library(binary)
        except OSError:
            continue  # built for another torch
        return
    text = (folder / "_meta_registrations.py").read_text("utf-8")
    named = re.findall(r'register_(?:fake\("torchvision::|meta\(")(\w+)"\)', text)
    library = torch.library.Library("torchvision", "DEF")
    for name in dict.fromkeys(named):
        library.define(f"{name}(Tensor input) -> Tensor")
    _kept.append(library)
