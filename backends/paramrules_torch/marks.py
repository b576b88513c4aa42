"""Attributes on parameters, for engines that read what to do with a parameter off the parameter itself."""

from collections.abc import Callable, Mapping

from torch import Tensor, nn

from paramrules.backends import AnyRules, Diagnostic, Group, Options, RulesError, VocabularyLike, a
from paramrules_torch.bound_model import bind_model

Mark = Callable[[Group], object]
"""Returns the value of an attribute for the parameters of a group; None for no attribute."""


def mark(
    model: nn.Module,
    rules: AnyRules,
    marks: Mapping[str, Mark],
    *,
    options: Options = None,
    strict: bool = False,
    part: bool = False,
    vocabulary: VocabularyLike | None = None,
) -> None:
    """Set attributes on all parameters of a model, by what the rules say of their groups.

    Afterwards a parameter has each of these attributes exactly if its group's value is not None, whatever an
    earlier call or anybody else has set. Frozen and skipped parameters are marked too, and a tied one once.
    Nothing is frozen.

    Args:
        model: the model, wrapped or not. Deep copies, `fully_shard` and whatever else makes new parameters
            lose attributes: mark after them.
        rules: as for `paramrules_torch.param_groups`.
        marks: by the name of an attribute, a function of a `paramrules.Group`: its `label`, its `labels` by
            axis, its `settings`.
        options, strict, part, vocabulary: as for `param_groups`.

    Raises:
        RulesError: what `paramrules.assign` raises; E601 if the assignment was made for another model; E670
            if a parameter does not take an attribute.
        TypeError: a mark is not a function.
        ValueError: a name that every tensor has, such as `grad`, or that is not a name.

    Warns:
        RulesWarning: for each finding that is not an error, such as a dead rule.

    >>> mark(model, "muon.rules", {"use_muon": lambda group: group.settings.get("optimizer") == "muon"})
    """
    _check(marks)
    held = bind_model(model, rules, options, strict, part, vocabulary, stacklevel=2)
    for group in held.bound.assignment.groups:
        values = {name: of(group) for name, of in marks.items()}
        for number in held.bound.numbers(group):
            for name, value in values.items():
                _set(held.tensors[number], name, value, held.bound.inventory.names[number])


def _check(marks: object) -> None:
    if not isinstance(marks, Mapping):
        raise TypeError(
            f"`marks` is {marks!r:.60} and should be a mapping of attributes to functions, as {_AS}"
        )
    for name, of in marks.items():
        if not callable(of):
            raise TypeError(f"the mark `{name}` is {of!r:.60} and should be a function of a group, as {_AS}")
        if not (isinstance(name, str) and name.isidentifier()) or hasattr(Tensor, name):
            raise ValueError(f"{name!r} cannot be a mark: it is not a name, or every tensor has it")


_AS = '`{"use_muon": lambda group: group.settings.get("optimizer") == "muon"}`'


def _set(tensor: Tensor, name: str, value: object, called: str) -> None:
    try:
        if value is not None:
            setattr(tensor, name, value)
        elif hasattr(tensor, name):
            delattr(tensor, name)
    except (AttributeError, TypeError) as error:
        cls = type(tensor).__name__
        raise RulesError(
            Diagnostic(
                "E670",
                f"`{called}`, {a(cls)}, does not take the attribute `{name}`: {error}",
                help="choose another name, or let the parameter be a plain `torch.nn.Parameter`",
            )
        ) from error
