"""Captures: which named groups a predicate binds, whichever way it comes to hold."""

from paramrules.diagnostics import Place, Span
from paramrules.rules.builtin_names import taken
from paramrules.rules.matches import carried, meant
from paramrules.rules.scope import BrokenPredicate, Scope, shown
from paramrules.rules.terms import AllOf, AnyOf, LetPredicate, Not, Predicate, RegexTest


def bound(predicate: Predicate) -> dict[str, bool]:
    """The groups that every way through the predicate binds, and whether they are numbers."""
    match predicate:
        case RegexTest(negated=False):
            return {g.name: g.numeric for g in predicate.regex.groups if g.name is not None and g.always}
        case LetPredicate():
            match = carried(predicate)
            return bound(match) if match is not None else {}
        case AllOf():
            return {name: numeric for item in predicate.items for name, numeric in bound(item).items()}
        case AnyOf():
            first, *others = map(bound, predicate.items)
            return {
                name: numeric and all(other[name] for other in others)
                for name, numeric in first.items()
                if all(name in other for other in others)
            }
        case _:
            return {}


def captures_or_breaks(predicate: Predicate) -> bool:
    """Whether the predicate of a let may bind captures where it is used."""
    return isinstance(meant(predicate), RegexTest | BrokenPredicate)


def bind(predicate: Predicate, scope: Scope) -> None:
    """Make the captures of a whole predicate known to the rest of its rule, and report those that clash."""
    if not scope.capturing:
        return
    scope.captures = bound(predicate)
    scope.guess = _guess(predicate)
    for name, (test, span, why, mend) in _groups(predicate, scope).items():
        if name not in scope.captures:
            scope.unbound[name] = (Place(span, why), mend.format(name))
        _clash(name, test, span, scope)


def _guess(predicate: Predicate) -> bool:
    """Whether a broken part may have bound captures."""
    match predicate:
        case BrokenPredicate():
            return predicate.value
        case LetPredicate():
            return isinstance(meant(predicate), BrokenPredicate)
        case AllOf() | AnyOf():
            return any(map(_guess, predicate.items))
        case _:
            return False


_Group = tuple[RegexTest, Span, str, str]
"""The match in which a group stands, the place that shows it, why it may be unbound, and the mend."""

_OR = (
    "another branch of `or` does not capture it",
    "capture `{}` in every branch of `or`, or write a rule for each",
)
_NOT = ("nothing is captured under `not`", "capture `{}` outside of `not`")
_NEGATED = ("`!~` captures nothing", "capture `{}` with `~`")
_SOMETIMES = ("the regex also matches without this group", "take `{}` out of `|`, `?` and `*`")


def _groups(predicate: Predicate, scope: Scope) -> dict[str, _Group]:
    """The named groups of a predicate, each with its first match."""
    match predicate:
        case RegexTest():
            return {
                group.name: (
                    predicate,
                    predicate.span,
                    *(_NEGATED if predicate.negated else _OR if group.always else _SOMETIMES),
                )
                for group in predicate.regex.groups
                if group.name is not None
            }
        case LetPredicate():
            match = carried(predicate)
            if match is None:
                return {}
            return {
                name: (test, span if why == _SOMETIMES[0] else predicate.span, why, mend)
                for name, (test, span, why, mend) in _groups(match, scope).items()
            }
        case Not():
            inner = _groups(predicate.item, scope)
            return {name: (test, span, *_NOT) for name, (test, span, _, _) in inner.items()}
        case AnyOf():
            branches = [_groups(item, scope) for item in predicate.items]
            return {name: group for branch in reversed(branches) for name, group in branch.items()}
        case AllOf():
            together: dict[str, _Group] = {}
            for item in predicate.items:
                for name, group in _groups(item, scope).items():
                    first = together.get(name, group)
                    if _lost(first) or _lost(group):
                        together[name] = group if _lost(first) else first
                    elif together.setdefault(name, group)[0] != group[0]:
                        _twice(name, first[1], group[1], scope)
            return together
        case _:
            return {}


def _lost(group: _Group) -> bool:
    """Whether it stands where nothing is ever captured."""
    return group[2] in (_NOT[0], _NEGATED[0])


def _twice(name: str, first: Span, second: Span, scope: Scope) -> None:
    scope.report(
        "E303",
        f"`{name}` is captured twice in one rule",
        second,
        help="give one of the two groups another name",
        also=(Place(first, "it is captured first here"),),
    )


def _clash(name: str, test: RegexTest, span: Span, scope: Scope) -> None:
    other = scope.names.get(name)
    if (other is None and not taken(name)) or (test.span, name) in scope.clashes:
        return
    scope.clashes.add((test.span, name))
    if span == test.span:
        message = f"a group cannot be called `{name}`: that is already {taken(name) or 'defined'}"
    else:
        message = f"`{shown(span)}` captures `{name}`, which is defined otherwise by now"
    scope.report(
        "E303",
        message,
        span,
        help="give the group another name",
        also=() if other is None else (Place(other.span, "it is defined here"),),
    )
