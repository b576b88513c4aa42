"""Refuse keywords that a function does not have, with what to type instead."""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import TYPE_CHECKING, Any

from paramrules.diagnostics import did_you_mean
from paramrules.inventory_of_model import inventory
from paramrules.rules.load import is_rule_file, load
from paramrules.rules.model import Rules

if TYPE_CHECKING:
    from paramrules.assignment.assign import RulesLike
    from paramrules.assignment.assignment import Assignment

_CALLED = {"learning_rate": "lr", "wd": "weight_decay"}
"""The names of an argument in other libraries."""


def refuse_unknown(
    function: Callable[..., Any],
    keywords: Mapping[str, object],
    rules: "RulesLike | Assignment",
    otherwise: str = "",
) -> None:
    """Raise TypeError for keywords that a function does not have.

    A function with `options=` calls it with what its `**unknown: Never` caught, because the likeliest is an
    option of the rules. Type checkers refuse such a call before it is made. `otherwise` is the help where no
    argument is near.
    """
    for keyword, value in keywords.items():
        known = argument_names(function)
        meant = _CALLED.get(keyword)
        if not (help := where_it_goes(keyword, value, rules)):
            named = f"did you mean `{meant}`?" if meant in known else did_you_mean(keyword, known)
            help = named or otherwise or "it takes " + ", ".join(f"`{name}`" for name in known)
        raise TypeError(f"`{function.__name__}` takes no argument `{keyword}`: {help}")


def argument_names(function: Callable[..., Any]) -> list[str]:
    """Return the names of the arguments of a function, without that of `**unknown`."""
    return [p.name for p in signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD]


def where_it_goes(keyword: str, value: object, rules: "RulesLike | Assignment") -> str:
    """Return where a misplaced keyword goes, an option of the rules or an argument of `paramrules.inventory`.

    Return an empty text for any other. Raises RulesError: the errors of the rule file.
    """
    rules = getattr(rules, "rules", rules)  # those of an assignment
    if is_rule_file(rules):
        rules = load(rules)
    if isinstance(rules, Rules) and keyword in rules.options:
        return f'it is an option of the rules, so pass `options={{"{keyword}": {value!r:.40}}}`'
    of_inventory = [p.name for p in signature(inventory).parameters.values() if p.kind is p.KEYWORD_ONLY]
    if keyword in of_inventory:
        return f"pass `paramrules.inventory(model, {keyword}=...)` as the model"
    return ""
