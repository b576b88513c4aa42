"""The answer to whether two rule files give every parameter of every model the same group."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from paramrules.assignment.value_evaluator import Scalar
from paramrules.diagnostics import Span
from paramrules.inventories import Inventory
from paramrules.rules.model import Rule

Compare: TypeAlias = Literal["labels", "settings", "both"]
Answer: TypeAlias = Literal["equal", "different", "undecided"]


class Undecided(NamedTuple):
    """A part of a file that was not compared, and the reason."""

    reason: str
    span: Span


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A parameter that the files treat differently, as both were seen to do.

    Attributes:
        names: its names; several if it is tied.
        owner: the class of the module that owns it.
        shape: its shape.
        dtype: its dtype.
        role: its role.
        groups: the label of its group by the first file, and by the second.
        settings: the settings of these groups.
        rules: the rule of each file that takes it, for each axis in which they differ; None for no rule.
        options: the values of options that are not the defaults.
        modules: the attributes of modules that `module_attr` reads, by the names of the modules.
        inventory: a model of this parameter alone, or with others beside it that rules count.
    """

    names: tuple[str, ...]
    owner: str
    shape: tuple[int, ...]
    dtype: str
    role: str
    groups: tuple[str, str]
    settings: tuple[Mapping[str, Any], Mapping[str, Any]]
    rules: tuple[tuple[Rule | None, Rule | None], ...]
    options: Mapping[str, Scalar]
    modules: Mapping[str, Mapping[str, object]]
    inventory: Inventory


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of `prove`.

    Attributes:
        answer: `equal`, `different` or `undecided`.
        counterexample: a parameter that the files treat differently, if they are different.
        undecided: the parts that were not compared, if that is undecided.
        assumed: what was taken for granted, in words.
        cells: the combinations of facts about parameters that were told apart.
        steps: the work done.
    """

    answer: Answer
    counterexample: Counterexample | None
    undecided: tuple[Undecided, ...]
    assumed: tuple[str, ...]
    cells: int
    steps: int
