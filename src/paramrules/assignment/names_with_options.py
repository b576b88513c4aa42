"""Names for several assignments to one model, which differ in the values of the rules' options."""

from collections.abc import Container, Hashable, Mapping, Sequence
from typing import NamedTuple

from paramrules.assignment.value_evaluator import Scalar
from paramrules.display import rule_settings, value_text


class Named(NamedTuple):
    """A model with the options under which rules are assigned to it; `rules` tells files apart."""

    rules: Hashable
    model: str
    options: Mapping[str, Scalar]


def names_with_options(several: Sequence[Named]) -> list[str]:
    """Return a name for each: the model's, with the options that differ where the rules have the model again.

    >>> names_with_options([Named("vit.rules", "vit.json", {"rate": rate}) for rate in (0.75, 0.8)])
    ['vit.json (rate = 0.75)', 'vit.json (rate = 0.8)']
    """
    alike: dict[tuple[Hashable, str], list[Mapping[str, Scalar]]] = {}
    for rules, model, options in several:
        alike.setdefault((rules, model), []).append(options)
    differing = {key: _differing(own) for key, own in alike.items()}
    return [_name(each, differing[each[:2]]) for each in several]


def _differing(several: Sequence[Mapping[str, Scalar]]) -> set[str]:
    """Return the options that have several values, or are not in all of these."""
    values: dict[str, list[str]] = {}
    for options in several:
        for name, value in options.items():
            values.setdefault(name, []).append(value_text(value))
    return {name for name, own in values.items() if len(set(own)) > 1 or len(own) < len(several)}


def _name(each: Named, differing: Container[str]) -> str:
    shown = {name: value for name, value in each.options.items() if name in differing}
    return f"{each.model} ({rule_settings(shown)})" if shown else each.model
