"""Groups that a function makes of named models, or that a JSON file holds."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Final

from paramrules import registry, strict_json
from paramrules.diagnostics import Diagnostic, RulesError, a, class_name
from paramrules.inference.collect import Ungrouped, grouping
from paramrules.inference.grouping import Grouping
from paramrules.inventories.own_vocabulary import VocabularyLike
from paramrules.named_models.example_inputs import ExampleInput
from paramrules.named_models.maker import misnamed
from paramrules.named_models.model_inventory import (
    NamedModel,
    Stacked,
    named_models,
    named_value,
    running,
)
from paramrules.named_models.model_name import Call, ModelName
from paramrules.named_models.user_code_errors import user_code
from paramrules.safe_files import UnreadableError, read_text

_MOST: Final = 64 << 20
"""The bytes that a JSON file of groups may have."""


def groupings_of(
    names: Sequence[ModelName],
    groups: ModelName,
    stacked: Stacked | None = None,
    vocabulary: VocabularyLike | None = None,
    inputs: Sequence[ExampleInput] = (),
    missing: Ungrouped = "error",
) -> list[Grouping]:
    """Return what code makes of each of several models.

    Args:
        names: the models, from `read_model_name`.
        groups: the function or file, from `read_groups_name`.
        stacked, vocabulary, inputs: see `inventory_of`.
        missing: `"skip"` leaves trained parameters that are in no group to another optimizer.

    Raises:
        RulesError: the errors of `inventory_of`; E951 for a function that fails, E952 to E958 for what it
            makes, E959 for a file that cannot be read.
    """
    loaded: dict[str, ModuleType] = {}
    models = named_models(names, stacked or {}, vocabulary, inputs, loaded)
    if groups.is_saved:
        made = _read(groups.origin)

        def group(model: NamedModel) -> Grouping:
            describe = partial(model.describe, model.model)
            return grouping(model.name.text, model.model, made, describe, missing=missing)

        return _for_each(models, group)
    with running(groups):
        function = _function(groups, named_value(groups, loaded))
        return _for_each(models, lambda model: _called(model, function, missing))


def _for_each(models: Sequence[NamedModel], group: Callable[[NamedModel], Grouping]) -> list[Grouping]:
    """Return the groups of each model; of several models, an error names the one that it is about."""
    found = []
    for model in models:
        try:
            found.append(group(model))
        except RulesError as error:
            if len(models) == 1:
                raise
            which = f" (model `{model.name.text}`)"
            findings = [replace(each, message=each.message + which) for each in error.diagnostics]
            raise RulesError(findings) from error.__cause__
    return found


def _called(model: NamedModel, function: Callable[[object], object], missing: Ungrouped) -> Grouping:
    """Return the groups that a function makes of a model; of one with values, if it needs them."""

    def made(of: object) -> Grouping:
        return grouping(model.name.text, of, function, partial(model.describe, of), missing=missing)

    backend = registry.backend_named(model.inventory.framework)
    if model.rebuild is not None and backend.groups_need_values(model.model):
        return made(model.rebuild())
    try:
        return made(model.model)
    except RulesError as error:
        cause = error.__cause__
        if model.rebuild is None or not isinstance(cause, Exception) or not backend.needs_values(cause):
            raise
    return made(model.rebuild())


def _function(name: ModelName, value: object) -> Callable[[object], object]:
    """Return the function that a name leads to, with its arguments, its exceptions as findings."""
    if not callable(value):
        raise RulesError(
            Diagnostic(
                "E951",
                f"`{name.text}` is {a(class_name(type(value)))}, not a function",
                help="name a function that is called with the model and returns its groups",
            )
        )
    call = name.call or Call((), {})
    try:
        inspect.signature(value).bind(None, *call.positional, **call.named)
    except ValueError:  # some builtins have none
        pass
    except TypeError as error:
        behind = "its first argument is the model, and what is written is passed behind it"
        raise RulesError(
            Diagnostic(
                "E951",
                f"`{name.text}` cannot be called like that: {error}",
                help=misnamed(inspect.signature(value), call, behind) or behind,
            )
        ) from None

    def made(model: object) -> object:
        with user_code("E951", f"calling `{name.text}` failed"):
            groups = value(model, *call.positional, **call.named)
            return list(groups) if isinstance(groups, Iterator) else groups  # a generator runs here

    return made


def _read(path: str) -> object:
    """Return the groups in a JSON file. Raises RulesError (E959)."""
    try:
        return strict_json.parse(read_text(path, _MOST))
    except FileNotFoundError:
        why = "there is no such file"
    except (UnreadableError, strict_json.BadJsonError) as error:
        why = str(error)
    raise RulesError(
        Diagnostic(
            "E959",
            f"`{path}` cannot be read: {why}",
            help='write settings by name, `{"head.weight": {"weight_decay": 0.1}}`, or param groups, '
            '`[{"params": ["head.weight"], "weight_decay": 0.1}]`',
        )
    )
