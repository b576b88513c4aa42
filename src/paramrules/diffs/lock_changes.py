"""Changes of the models themselves, which locks show beside a diff of rules on the models of now."""

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.diffs.changes import Diff
from paramrules.diffs.seen_from_here import seen_from_here
from paramrules.diffs.sides import diffs_of_locks
from paramrules.display import from_here
from paramrules.git_files import GitFile, for_git
from paramrules.locks import read_lock
from paramrules.locks.read import read_bytes
from paramrules.locks.sections import section_names


class LockChange(NamedTuple):
    """A lock that differs from that of a revision in more than the rules do.

    Attributes:
        lock: the lock.
        before: the lock in the revision, `REV:path`.
        diffs: what differs, for each of its models where something does.
    """

    lock: str
    before: str
    diffs: tuple[Diff, ...]

    @property
    def command(self) -> str:
        """The command that shows the changes."""
        return shlex.join(["paramrules", "diff", self.before, self.lock])

    @property
    def names(self) -> Sequence[str]:
        """The name of each of these diffs, as `Diffs.names` has them."""
        return section_names([each.new for each in self.diffs])

    @property
    def summary(self) -> str:
        """One line about all of its models."""
        if len(self.diffs) == 1:
            return self.diffs[0].summary
        return "; ".join(
            f"{each.summary} on {name}" for name, each in zip(self.names, self.diffs, strict=True)
        )

    def __str__(self) -> str:
        return f"{self.lock} shows changes beyond the rules: {self.summary}; see `{self.command}`"


def lock_changes(
    revision: str, diffs_by_lock: Mapping[str, Sequence[Diff]], compare: str
) -> Iterator[LockChange | Diagnostic]:
    """Yield each lock that says more than a diff of its rules on the models of now.

    Where there is a lock on both sides, it holds the model as it was and as it is.

    Args:
        revision: a commit of git.
        diffs_by_lock: for each lock, the diffs of its rules.
        compare: as for `diff`.

    Yields:
        The changes; a warning (W979) in place of one if a lock cannot be read.

    Raises:
        RulesError: E910 if git cannot be asked.
    """
    for lock, known in diffs_by_lock.items():
        file = GitFile(revision, for_git(lock), follows=True)
        if not os.path.lexists(lock) or not file.is_file():
            continue
        try:
            before = seen_from_here(read_bytes(file.read_bytes(), str(file)), lock)
            found = diffs_of_locks(before, seen_from_here(read_lock(lock), lock), compare)
        except RulesError as error:
            yield Diagnostic(
                "W979",
                f"`{lock}` cannot be compared with that of `{revision}`: {error.diagnostics[0].message}",
                help="the diff shows what the rules make of the models of now",
            )
            continue
        if more := tuple(_with_more(found.diffs, known)):
            yield LockChange(from_here(lock), str(file), more)


def _with_more(diffs: Iterable[Diff], known: Sequence[Diff]) -> Iterator[Diff]:
    """Yield the diffs that hold a change, or another order, that none of the known ones has."""
    changes = [change for diff in known for change in diff.changes]
    orders = {diff.reordered for diff in known}
    for diff in diffs:
        has_order = bool(diff.reordered) and diff.reordered not in orders
        if has_order or any(change not in changes for change in diff.changes):
            yield diff
