"""Names of classes, and what `*` and `?` in one stand for."""

import fnmatch
import re
from functools import cache


@cache
def named(alternative: str, name: str) -> bool:
    """Whether a class of this dotted name has the name that the alternative says, families apart."""
    module, _, short = name.rpartition(".")
    inside, dot, wanted = alternative.rpartition(".")
    if not pattern(wanted).match(short):
        return False
    return not dot or bool(pattern(inside).match(module) or pattern(inside + ".*").match(module))


@cache
def pattern(glob: str) -> re.Pattern[str]:
    """`*` and `?` as wildcards and nothing else, case kept. What fnmatch makes of a glob cannot backtrack."""
    return re.compile(fnmatch.translate(glob.replace("[", "[[]")))
