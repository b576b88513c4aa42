"""Dotted names of classes, with `*` and `?` as wildcards."""

import fnmatch
import re
from functools import cache


@cache
def named(alternative: str, name: str) -> bool:
    """Return whether an alternative names the class of this dotted name, families aside.

    >>> named("torch.nn.Linear", "torch.nn.modules.linear.Linear"), named("*Norm", "flax.linen.LayerNorm")
    (True, True)
    """
    module, _, short = name.rpartition(".")
    inside, dot, wanted = alternative.rpartition(".")
    if not pattern(wanted).match(short):
        return False
    return not dot or bool(pattern(inside).match(module) or pattern(inside + ".*").match(module))


@cache
def pattern(glob: str) -> re.Pattern[str]:
    """Compile a glob of `*` and `?`, case-sensitive. Patterns of fnmatch do not backtrack."""
    return re.compile(fnmatch.translate(glob.replace("[", "[[]")))
