"""The values of a diff: what has become of a model's parameters between two assignments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from paramrules.display import Block, text_of
from paramrules.locks import LockedModel

MOVED: Final = "moved"
SETTINGS: Final = "settings"
SHAPE: Final = "shape"
FROZEN: Final = "frozen"
TIED: Final = "tied"
STACKED: Final = "stacked"
CAME: Final = "came"
WENT: Final = "went"

KINDS: Final = (MOVED, SETTINGS, CAME, WENT, SHAPE, FROZEN, TIED, STACKED)
"""The kinds of changes, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Change:
    """Parameters to which the same has happened.

    Attributes:
        kind: `moved` (to a group with other labels), `settings` (of their group), `came`, `went`, `shape`,
            `frozen` (in the model itself), `tied`, or `stacked`.
        old: the label of the old group; None of what came.
        new: the label of the new group; None of what went.
        names: the parameters' names, those of the new model unless they went.
        parameters: the number of their elements.
        settings: the settings that differ, by key, each with the old and the new value; None where there is
            none.
        detail: of a shape, a tie, a stack and a frozen mark, how it was and how it is.
    """

    kind: str
    old: str | None
    new: str | None
    names: tuple[str, ...]
    parameters: int
    settings: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    detail: tuple[str, str] | None = None

    @property
    def tensors(self) -> int:
        """The number of parameters."""
        return len(self.names)


@dataclass(frozen=True)
class Diff:
    """The differences between two assignments to a model. `print` shows them as tables.

    Attributes:
        old: the one assignment, as a lock holds it.
        new: the other one.
        compare: what was compared: `labels`, `settings` or `both`.
        changes: the changes, each with the parameters to which it has happened.
        groups_came: the labels of new groups.
        groups_went: the labels of groups that are no longer there.
        reordered: `groups` or `parameters` if these are in another order, which matters to a state that was
            saved by position; "" otherwise.
        options: the options of the rules that have another value, each with both. They are not a
            difference in themselves.
        reasons: of a lock against rules, the entries of the vocabulary that have moved parameters.
    """

    old: LockedModel
    new: LockedModel
    compare: str
    changes: tuple[Change, ...]
    groups_came: tuple[str, ...]
    groups_went: tuple[str, ...]
    reordered: str
    options: Mapping[str, tuple[Any, Any]]
    reasons: tuple[str, ...] = ()

    @property
    def versions(self) -> Mapping[str, tuple[str, str]]:
        """The packages that both models came from in different versions, each with both.

        They are not a difference in themselves, and may be the reason for one.
        """
        old, new = self.old.versions, self.new.versions
        return {name: (old[name], new[name]) for name in old if new.get(name, old[name]) != old[name]}

    @property
    def same(self) -> bool:
        """True if nothing that is compared differs."""
        return not (self.changes or self.groups_came or self.groups_went or self.reordered)

    def of(self, kind: str) -> list[Change]:
        """Return the changes of one kind."""
        return [change for change in self.changes if change.kind == kind]

    def rows(self) -> list[dict[str, Any]]:
        """Return the changes as rows of plain values, for JSON or `pandas.DataFrame(diff.rows())`.

        The keys are `kind`, `old`, `new`, `tensors`, `parameters`, `settings` (both values by key), `detail`
        and `names`.
        """
        return [
            {
                "kind": change.kind,
                "old": change.old,
                "new": change.new,
                "tensors": change.tensors,
                "parameters": change.parameters,
                "settings": {key: list(values) for key, values in change.settings.items()},
                "detail": None if change.detail is None else list(change.detail),
                "names": list(change.names),
            }
            for change in self.changes
        ]

    def report(self, with_names: bool = False) -> Sequence[Block]:
        """Return tables and lines about every difference.

        Args:
            with_names: list each name in a row of its own, in place of some with their numbers folded.
        """
        from paramrules.diffs.report import blocks

        return blocks(self, with_names)

    def markdown(self) -> str:
        """Return the same as Markdown, for a comment on a pull request."""
        from paramrules.diffs.diffs import Diffs

        return Diffs((self,)).markdown()

    @property
    def summary(self) -> str:
        """One line about it: `12 tensors moved, 2 came`; `the same groups` if nothing differs."""
        from paramrules.diffs.report import summary

        return summary(self)

    def __str__(self) -> str:
        return text_of([*self.report(), *([""] if not self.same else []), self.summary])

    def __repr__(self) -> str:
        return f"<Diff of {self.new.model!r}: {self.summary}>"
