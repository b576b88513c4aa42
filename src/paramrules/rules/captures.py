"""Which captures a predicate binds, whichever way it comes to hold."""

from paramrules.diagnostics import Span
from paramrules.rules.matches import carried
from paramrules.rules.scope import BrokenPredicate
from paramrules.rules.terms import AllOf, AnyOf, LetPredicate, Not, Predicate, RegexTest


def bound(predicate: Predicate) -> dict[str, bool]:
    """The named groups that every way through the predicate binds, and whether they are numbers."""
    match predicate:
        case RegexTest(negated=False):
            return {g.name: g.numeric for g in predicate.regex.groups if g.name is not None and g.always}
        case LetPredicate():
            match = carried(predicate)
            return bound(match) if match is not None else {}
        case AllOf():
            return {name: numeric for item in predicate.items for name, numeric in bound(item).items()}
        case AnyOf():
            branches = [bound(item) for item in predicate.items]
            return {
                name: all(branch[name] for branch in branches)
                for name in branches[0]
                if all(name in branch for branch in branches)
            }
    return {}


def unbound(predicate: Predicate, names: dict[str, bool]) -> dict[str, tuple[Span, str]]:
    """The named groups that are there but that some way does not bind: where, and why not."""
    found: dict[str, tuple[Span, str]] = {}
    _collect(predicate, "another branch of `or` does not capture it", found)
    return {name: place for name, place in found.items() if name not in names}


def _collect(predicate: Predicate, why: str, found: dict[str, tuple[Span, str]]) -> None:
    match predicate:
        case RegexTest():
            for group in predicate.regex.groups:
                if group.name is not None:
                    reason = "`!~` captures nothing" if predicate.negated else why
                    if not predicate.negated and not group.always:
                        reason = "this group may take no part in the match"
                    found.setdefault(group.name, (predicate.span, reason))
        case LetPredicate():
            match = carried(predicate)
            if match is not None:
                _collect(match, why, found)
        case AllOf() | AnyOf():
            for item in predicate.items:
                _collect(item, why, found)
        case Not():
            _collect(predicate.item, "nothing is captured under `not`", found)


def guessed(predicate: Predicate) -> bool:
    """Whether a broken part may have bound captures."""
    match predicate:
        case BrokenPredicate():
            return predicate.value
        case LetPredicate():
            return guessed(predicate.predicate)
        case AllOf() | AnyOf():
            return any(guessed(item) for item in predicate.items)
    return False
