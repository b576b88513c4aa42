"""Two versions of a lock as git passes them to a diff driver."""

import os

from paramrules.diffs.diffs import Diffs
from paramrules.diffs.sides import diffs_of_locks
from paramrules.locks import Lock, read_lock


def locks_apart(old: str, new: str, compare: str) -> Diffs:
    """Compare two locks, of which one may be missing.

    Args:
        old: a file, or the null device if there was none.
        new: likewise.
        compare: as for `diff`.

    Raises:
        RulesError: what `read_lock` raises.
    """
    before, now = (Lock(()) if path == os.devnull else read_lock(path) for path in (old, new))
    return diffs_of_locks(before, now, compare)
