"""The value of a lock file, and how one is made from assignments."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike

from paramrules.assignment import Assignment
from paramrules.assignment.value_evaluator import Scalar
from paramrules.diagnostics import Diagnostic, RulesError, a, class_name
from paramrules.locks.locked import LockedModel, locked
from paramrules.locks.sections import Identity, chosen, identity, section_names, sections_of
from paramrules.safe_files import write_whole


@dataclass(frozen=True)
class Lock:
    """The groups that a rule file makes of one or several models, as text for reviewing and merging.

    Attributes:
        models: the models' sections, in the order written. A model has several if there are several values of
            the options for it.
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

    def __getitem__(self, name: str) -> LockedModel:
        """Return a section.

        Args:
            name: one of `names`.

        Raises:
            RulesError: E907 if there is no such section, E975 if a model of this name has several.
        """
        if name in self.names:
            return self.models[self.names.index(name)]
        return self.section((name,))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the sections: `vit.json`, or `vit.json (rate = 0.8)` if the model has several."""
        return tuple(section_names(self.models))

    def section(self, models: Sequence[str], options: Mapping[str, Scalar] | None = None) -> LockedModel:
        """Return the section of a model.

        Args:
            models: the names that the model may have; the first one that has a section decides.
            options: values of options, which decide if the model has several sections.

        Raises:
            RulesError: E907 if there is none, E975 if the options do not decide.
        """
        return chosen(self.sections(models), options or {}, self._shown)

    def sections(self, models: Sequence[str]) -> list[LockedModel]:
        """Return the sections of a model, one for each of its values of the options.

        Args:
            models: as for `section`.

        Raises:
            RulesError: E907 if there is none.
        """
        return sections_of(self.models, models, self._shown)

    @property
    def _shown(self) -> str:
        return f"`{self.name}`" if self.name else "the lock"

    @cached_property
    def text(self) -> str:
        """The text of the file.

        Raises:
            RulesError: E977 if it would be too large to be read.
        """
        from paramrules.locks.write import written

        return written(self.models)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the file, whole or not at all.

        Raises:
            RulesError: E703 if the file cannot be written, E977 if it would be too large to be read; an
                existing one is then unchanged.
        """
        write_whole(str(path), self.text)


def lock(assignments: Assignment | Mapping[str, Assignment | Sequence[Assignment]]) -> Lock:
    """Return a lock: which parameter has which label and which settings, as text to check in.

    Args:
        assignments: by the name of the model, what `assign` returned, or a list of several with different
            options; or one assignment alone, whose model is then called `model`.

    Returns:
        The lock. Its `text` has a section for each assignment, with equal layers folded; `save` writes it.

    Raises:
        TypeError: something other than assignments.
        RulesError: E906 if two assignments to a model have the same options.

    >>> print(paramrules.lock({"vit.json": assignment}).text)
    """
    if isinstance(assignments, Assignment):
        assignments = {"model": assignments}
    if not isinstance(assignments, Mapping):
        raise TypeError(
            "write `paramrules.lock({name: assignment})`, with what `paramrules.assign` returns; "
            f"the argument is {a(class_name(type(assignments)))}"
        )
    pairs = []
    for name, own in assignments.items():
        for each in own if isinstance(own, list | tuple) else (own,):
            if not isinstance(each, Assignment):
                raise TypeError(f"{a(class_name(type(each)))} is not what `paramrules.assign` returns")
            pairs.append((name, each))
    return lock_of(pairs, "the lock")


def lock_of(assignments: Iterable[tuple[str, Assignment]], shown: str) -> Lock:
    """Return the lock of assignments, each with the name of its model.

    Args:
        assignments: the names and the assignments.
        shown: the lock in messages.

    Raises:
        RulesError: E906 if two assignments to a model have the same options.
    """
    sections: dict[Identity, LockedModel] = {}
    for name, assignment in assignments:
        key = identity(name, assignment.options)
        if key in sections:
            raise RulesError(
                Diagnostic(
                    "E906",
                    f"{shown} would have two sections of the model `{name}` with the same options",
                    help="lock the two apart, each into a file of its own",
                    cli_help="name the model once; if the two differ in stacks, inputs or vocabulary, lock "
                    "one of them apart: `paramrules lock RULES --model M -o FILE`",
                )
            )
        sections[key] = locked(assignment, name)
    return Lock(tuple(sections.values()))
