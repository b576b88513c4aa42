"""The sections of a lock. A model has several if there are several values of the options for it."""

from collections.abc import Mapping, Sequence

from paramrules.assignment.names_with_options import Named, names_with_options
from paramrules.assignment.value_evaluator import Scalar
from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean, listed
from paramrules.locks import words
from paramrules.locks.locked import LockedModel

Identity = tuple[str, frozenset[tuple[str, str]]]
"""A model's name and the values of options, of which a lock has one section at most."""

_SHOWN = 4
"""The most sections that a message lists."""


def identity(model: str, options: Mapping[str, Scalar]) -> Identity:
    """Return what tells a section from all others of a lock."""
    return model, frozenset((name, words.value(value)) for name, value in options.items())


def identity_of(section: LockedModel) -> Identity:
    """Return the `identity` of a section."""
    return identity(section.model, section.options)


def section_names(sections: Sequence[LockedModel]) -> list[str]:
    """Return the name of each section: its model's, with the options in which the model's sections differ.

    >>> section_names(paramrules.read_lock("vit.rules.lock").models)
    ['vit.json (rate = 0.75)', 'vit.json (rate = 0.8)', 'vit_flax.json']
    """
    return names_with_options([Named(each.rules, each.model, each.options) for each in sections])


def sections_of(sections: Sequence[LockedModel], models: Sequence[str], lock: str) -> list[LockedModel]:
    """Return the sections of a model.

    Args:
        sections: the sections of a lock.
        models: the names that the model may have; the first one that has a section decides.
        lock: the lock in messages.

    Raises:
        RulesError: E907 if there is none.
    """
    for model in models:
        if own := [each for each in sections if each.model == model]:
            return own
    names = section_names(sections)
    raise RulesError(
        Diagnostic(
            "E907",
            f"{lock} has no model `{models[0]}`",
            help=did_you_mean(models[0], names) or f"its models: {listed(names, 8)}",
        )
    )


def chosen(sections: Sequence[LockedModel], options: Mapping[str, Scalar], lock: str) -> LockedModel:
    """Return the one of a model's sections that has some values of options.

    Args:
        sections: the sections of a model.
        options: values by name. Names that a section does not have are left out.
        lock: the lock in messages.

    Raises:
        RulesError: E975 if these options leave several sections, or none of several.
    """
    if len(sections) == 1:
        return sections[0]
    wanted = {name: words.value(value) for name, value in options.items()}
    fitting = [
        each
        for each in sections
        if all(
            words.value(value) == wanted.get(name, words.value(value)) for name, value in each.options.items()
        )
    ]
    if len(fitting) == 1:
        return fitting[0]
    names = listed(section_names(sections), _SHOWN)
    raise RulesError(
        Diagnostic(
            "E975",
            f"{lock} has {len(sections)} sections of the model `{sections[0].model}`"
            + ("" if fitting else ", none of them with these options"),
            help=f"name one of them: {names}",
            cli_help=f"set the options of one of them with `--option`: {names}",
        )
    )
