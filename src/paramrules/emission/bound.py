"""Rules bound to a model: the assignment, and which parameters each group has here."""

import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import NamedTuple

from paramrules.assignment import Assignment, Group, assign
from paramrules.diagnostics import Diagnostic, RulesError, RulesWarning, together, warning_text
from paramrules.emission.argument_checks import AnyRules, Options, check_rules
from paramrules.inventories import Inventory
from paramrules.inventories.described import described
from paramrules.inventories.own_vocabulary import VocabularyLike, using
from paramrules.rules.load import unsilenced
from paramrules.syntax.nodes import Allow


class BoundGroup(NamedTuple):
    """A group of an assignment, and its parameters in the model at hand.

    Attributes:
        position: its place in `assignment.groups`.
        group: the group.
        numbers: its parameters, as numbers in the model's own inventory.
    """

    position: int
    group: Group
    numbers: Sequence[int]


@dataclass(frozen=True, slots=True)
class Bound:
    """An assignment held against a model.

    Attributes:
        assignment: the assignment.
        inventory: the parameters of the model at hand.
        part: None if the assignment was made for this model. If it was made for a larger one, such as the
            whole of a pipeline, the number here of each of its parameters that is here.
    """

    assignment: Assignment
    inventory: Inventory
    part: Mapping[int, int] | None = None

    def numbers(self, group: Group) -> Sequence[int]:
        """Return the parameters of a group, as numbers in `inventory`."""
        if self.part is None:
            return group.parameters
        return [self.part[number] for number in group.parameters if number in self.part]

    def groups(self, *, untrained: bool = False, empty: bool = False) -> list[BoundGroup]:
        """Return the groups that an optimizer gets, in the order of rules; without those of
        `freeze = true` and `skip = true`.

        Args:
            untrained: include parameters that the model itself does not train.
            empty: include groups that have no parameters left.
        """
        trainable = self.inventory.column("trainable")
        all_train = untrained or all(trainable)
        found = []
        for index, group in enumerate(self.assignment.groups):
            if group.settings.get("freeze") or group.settings.get("skip"):
                continue
            numbers = self.numbers(group)
            if not all_train:
                numbers = [number for number in numbers if trainable[number]]
            if numbers or empty:
                found.append(BoundGroup(index, group, numbers))
        return found

    def frozen(self) -> list[int]:
        """Return the parameters that the rules freeze, as numbers in `inventory`."""
        return self._where("freeze")

    def skipped(self) -> list[int]:
        """Return the parameters that the rules leave to another optimizer, as numbers in `inventory`."""
        return self._where("skip")

    def _where(self, key: str) -> list[int]:
        groups = (group for group in self.assignment.groups if group.settings.get(key))
        return [number for group in groups for number in self.numbers(group)]


def bind(
    rules: AnyRules,
    describe: Callable[[], Inventory],
    *,
    options: Options = None,
    strict: bool = False,
    part: bool = False,
    first: object = None,
    after: str = "the model",
    vocabulary: VocabularyLike | None = None,
    stacklevel: int = 1,
) -> Bound:
    """Hold rules against a model.

    Args:
        rules: rules, the path of a rule file, or an assignment.
        describe: returns the model's inventory; called once the other arguments have been checked.
        options, strict, part, first, after: see `check_rules`.
        vocabulary: see `paramrules.inventory`.
        stacklevel: the frame that warnings point at; 1 is the caller of this function.

    Raises:
        RulesError: what `paramrules.assign` raises; E545 if the assignment was made with another vocabulary,
            E601 if it does not fit the model.
        TypeError, ValueError: see `check_rules`.

    Warns:
        RulesWarning: for each finding of the assignment but notes.

    >>> bound = bind("vit.rules", lambda: paramrules.inventory(model), stacklevel=2)
    >>> [(group.label, len(numbers)) for _, group, numbers in bound.groups()]
    [('no_decay', 102), ('decay', 50)]
    """
    check_rules(rules, options, strict, first=first, part=part, after=after)
    here = None
    if not isinstance(rules, Assignment):
        inventory = described(describe, vocabulary)
        assignment = assign(rules, inventory, options=options, strict=strict)
    else:
        assignment = rules
        with using(described(lambda: assignment.inventory, vocabulary).own):
            inventory = describe()
        if part:
            here = _part(assignment.inventory, inventory)
        else:
            _check_fit(assignment.inventory, inventory)
    warn(assignment.findings, stacklevel=stacklevel + 1)
    return Bound(assignment, inventory, here)


def warn(findings: Iterable[Diagnostic], *, allows: Iterable[Allow] = (), stacklevel: int = 1) -> None:
    """Issue findings, but for notes, as `RulesWarning`s.

    Args:
        findings: the findings.
        allows: the comments of a rule file, `rules.allows`, which silence some of them.
        stacklevel: the frame that warnings point at; 1 is the caller of this function. A frame of paramrules
            itself, such as that of a trainer's mixin, stands for its nearest caller outside.
    """
    for finding in together(unsilenced(findings, allows)):
        if finding.severity != "note":
            warnings.warn(warning_text(finding), RulesWarning, stacklevel=_outside(stacklevel + 1))


def _outside(stacklevel: int) -> int:
    """Return the level of the first frame outside of paramrules and its backends, from a level outward.

    Levels count as in `warnings.warn`: 1 is the caller of this function.
    """
    frame: FrameType | None = sys._getframe(1)
    level = 1
    while frame and (level < stacklevel or _is_ours(frame)):
        frame = frame.f_back
        level += 1
    return level if frame else stacklevel


def _is_ours(frame: FrameType) -> bool:
    package = frame.f_globals.get("__name__", "").partition(".")[0]
    return package in ("paramrules", "paramrules_torch", "paramrules_optax", "paramrules_mlx")


def _check_fit(assigned: Inventory, own: Inventory) -> None:
    """Raise RulesError (E601) if an assignment was made for another model."""
    if assigned is own:
        return
    there, here = (dict(zip(i.names[: len(i)], i.column("shape"), strict=True)) for i in (assigned, own))
    if list(there.items()) == list(here.items()):
        return
    missing = [name for name in there if name not in here]
    new = [name for name in here if name not in there]
    if missing or new:
        one, other = ("that one", "this one") if missing else ("this one", "that one")
        how = f"{one} has `{(missing or new)[0]}` and {other} does not"
    elif list(there) != list(here):
        how = "its parameters are in another order"
    else:
        name = next(name for name in there if tuple(there[name]) != tuple(here[name]))
        how = f"`{name}` has the shape {tuple(there[name])} there and {tuple(here[name])} here"
    raise RulesError(
        Diagnostic(
            "E601",
            f"the assignment was made for another model: {how}",
            help="assign the rules to this model, or pass the rules themselves",
        )
    )


def _part(whole: Inventory, part: Inventory) -> Mapping[int, int]:
    """Return the number in the part of each parameter of the whole that the part has.

    Parameters are matched by canonical name alone. A pipeline stage may have lost the rest: the order, the
    modules' classes (a traced stage has none), other names of a tied tensor. Stored shapes are compared,
    since logical ones depend on the class.

    Raises RulesError: E601 for a name that the whole does not have, another shape, or other ties.
    """
    shapes, own_shapes = whole.column("stored"), part.column("stored")
    found: dict[int, int] = {}
    for number in range(len(part)):
        names = [part.names[entry] for entry in part.entries(number)]
        try:
            there = [whole.index(name) for name in names]
        except KeyError as missing:
            raise _not_a_part(f"the model does not have `{missing.args[0]}`") from None
        first = there[0]
        for name, other in zip(names, there, strict=True):
            if other != first:
                raise _not_a_part(f"`{names[0]}` and `{name}` are one tensor here and two there")
        if first in found:
            earlier = part.names[found[first]]
            raise _not_a_part(f"`{earlier}` and `{names[0]}` are two tensors here and one there")
        shape, own = tuple(shapes[first]), tuple(own_shapes[number])
        if shape != own:
            raise _not_a_part(f"`{names[0]}` has the shape {shape} there and {own} here")
        found[first] = number
    return found


def _not_a_part(how: str) -> RulesError:
    return RulesError(
        Diagnostic(
            "E601",
            f"this is not a part of the model that the assignment was made for: {how}",
            help="give the parts of a model the names and shapes that they have in the whole, "
            "and assign the rules to the whole",
        )
    )
