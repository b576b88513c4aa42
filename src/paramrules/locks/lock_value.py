"""The value of a lock file, and how one is made from assignments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike

from paramrules.assignment import Assignment
from paramrules.diagnostics import Diagnostic, RulesError, class_name, did_you_mean, listed
from paramrules.locks.locked import LockedModel, locked
from paramrules.safe_files import write_whole


@dataclass(frozen=True)
class Lock:
    """The groups that a rule file makes of one or several models, as text for reviewing and merging.

    Attributes:
        models: the models' sections, in the order written.
        name: the path that it was read from; "" for one that was made here.

    >>> lock = paramrules.lock({"vit.json": paramrules.assign("vit.rules", inventory)})
    >>> lock.save("vit.rules.lock")
    >>> paramrules.read_lock("vit.rules.lock") == lock
    True
    """

    models: tuple[LockedModel, ...]
    name: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lock) and self.models == other.models

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"<Lock of {', '.join(repr(model.model) for model in self.models)}>"

    def __len__(self) -> int:
        return len(self.models)

    def __iter__(self) -> Iterator[LockedModel]:
        return iter(self.models)

    def __getitem__(self, model: str) -> LockedModel:
        """Return the section of a model.

        Raises:
            RulesError: E907 if there is none of this name.
        """
        for each in self.models:
            if each.model == model:
                return each
        names = [each.model for each in self.models]
        raise RulesError(
            Diagnostic(
                "E907",
                f"{f'`{self.name}`' if self.name else 'the lock'} has no model `{model}`",
                help=did_you_mean(model, names) or f"its models: {listed(names, 8)}",
            )
        )

    @cached_property
    def text(self) -> str:
        """The text of the file."""
        from paramrules.locks.write import written

        return written(self.models)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the file, whole or not at all.

        Raises:
            RulesError: E703 if the file cannot be written; an existing one is then unchanged.
        """
        write_whole(str(path), self.text)


def lock(assignments: Assignment | Mapping[str, Assignment]) -> Lock:
    """Return a lock: which parameter has which label and which settings, as text to check in.

    Args:
        assignments: by the name of the model, what `assign` returned; or one assignment alone, whose model
            is then called `model`.

    Returns:
        The lock. Its `text` has a section for each model, with equal layers folded; `save` writes it.

    Raises:
        TypeError: something other than assignments.

    >>> print(paramrules.lock({"vit.json": assignment}).text)
    """
    if isinstance(assignments, Assignment):
        assignments = {"model": assignments}
    if not isinstance(assignments, Mapping):
        raise TypeError(
            "write `paramrules.lock({name: assignment})`, with what `paramrules.assign` returns; "
            f"the argument is a `{class_name(type(assignments))}`"
        )
    for each in assignments.values():
        if not isinstance(each, Assignment):
            raise TypeError(f"a `{class_name(type(each))}` is not what `paramrules.assign` returns")
    return Lock(tuple(locked(each, name) for name, each in assignments.items()))
