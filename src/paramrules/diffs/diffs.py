"""The diffs of several models."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from paramrules.diagnostics import Diagnostic
from paramrules.diffs.changes import Diff
from paramrules.display import Block, counted
from paramrules.locks.sections import section_names

if TYPE_CHECKING:
    from paramrules.diffs.lock_changes import LockChange


class Diffs(NamedTuple):
    """The diffs of several models, and what has no other side.

    Attributes:
        diffs: the diffs of the models that are on both sides.
        went: the models that only the old one of two locks has.
        came: the models that only the new one has.
        new_files: the rule files that a revision does not have.
        gone_files: the rule files that only the settings of the revision name.
        new_targets: the models, with their rule files, that the settings of the revision do not have.
        gone_targets: those that only the settings of the revision have.
        locks: the locks that differ from those of the revision in more than the rules do.
        findings: settings of the revision that could not be used.
    """

    diffs: tuple[Diff, ...]
    went: tuple[str, ...] = ()
    came: tuple[str, ...] = ()
    new_files: tuple[str, ...] = ()
    gone_files: tuple[str, ...] = ()
    new_targets: tuple[str, ...] = ()
    gone_targets: tuple[str, ...] = ()
    locks: "tuple[LockChange, ...]" = ()
    findings: tuple[Diagnostic, ...] = ()

    @property
    def names(self) -> Sequence[str]:
        """The name of each diff: its model, with the options that differ if there are several of it."""
        return section_names([each.new for each in self.diffs])

    @property
    def alone(self) -> Mapping[str, Sequence[str]]:
        """The names that only one side has, by the words that introduce them."""
        return {
            "no longer locked": self.went,
            "newly locked": self.came,
            "new file": self.new_files,
            "gone": self.gone_files,
            "newly configured": self.new_targets,
            "no longer configured": self.gone_targets,
        }

    @property
    def same(self) -> bool:
        """True if nothing that is compared differs."""
        return not any(self.alone.values()) and not self.locks and all(each.same for each in self.diffs)

    @staticmethod
    def joined(several: "Iterable[Diffs]") -> "Diffs":
        """Return the diffs of several targets as one."""
        columns = zip(*several, strict=True)
        return Diffs(*(tuple(each for part in column for each in part) for column in columns))

    @property
    def summary(self) -> str:
        """One line about all of them."""
        new = [counted(len(self.new_files), "new file")] if self.new_files else []
        new += [f"{counted(len(self.gone_files), 'file')} gone"] if self.gone_files else []
        new += [f"{counted(len(self.new_targets), 'new target')}"] if self.new_targets else []
        new += [f"{counted(len(self.gone_targets), 'target')} gone"] if self.gone_targets else []
        new += [f"{counted(len(self.locks), 'lock')} with further changes"] if self.locks else []
        if len(self.diffs) == 1 and not self.went and not self.came:
            return ", ".join([self.diffs[0].summary, *new])
        models = len(self.diffs) + len(self.went) + len(self.came)
        differ = sum(not each.same for each in self.diffs) + len(self.went) + len(self.came)
        verb = "differs" if differ == 1 else "differ"
        return ", ".join([*([f"{counted(differ, 'model')} of {models} {verb}"] if models else []), *new])

    def report(self, with_names: bool = False) -> list[Block]:
        """Return tables and lines about every model that differs, with a heading if there are several.

        Args:
            with_names: as for `Diff.report`.
        """
        blocks: list[Block] = []
        for name, diff in zip(self.names, self.diffs, strict=True):
            if report := diff.report(with_names):
                blocks += [""] if blocks else []
                blocks += [f"{diff.new.rules} on {name}:", ""] if len(self.diffs) > 1 else []
                blocks += report
        blocks += (f"{what}: {', '.join(names)}" for what, names in self.alone.items() if names)
        return [*blocks, *map(str, self.locks)]

    def markdown(self) -> str:
        """Return all of them as Markdown, for a comment on a pull request."""
        from paramrules.diffs.markdown import markdown

        return markdown(self)
