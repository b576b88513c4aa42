"""Captures: the named groups that a predicate binds on every way in which it can hold."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from paramrules.diagnostics import Place, Span
from paramrules.rules.builtin_names import taken
from paramrules.rules.scope import BrokenPredicate, Scope, Unbound, shown
from paramrules.rules.terms import AllOf, AnyOf, LetPredicate, Not, Predicate, RegexTest, carried, meaning


def bound(predicate: Predicate) -> dict[str, bool]:
    """Return the groups that every way through the predicate binds; True if one is always a number."""
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


def words(predicate: Predicate) -> dict[str, tuple[str, ...]]:
    """Return the words of the groups that are one alternation of them wherever they are bound."""
    match predicate:
        case RegexTest() | LetPredicate():
            match = carried(predicate)
            return {g.name: g.words for g in match.regex.groups if g.name is not None} if match else {}
        case AllOf() | AnyOf():
            found: dict[str, tuple[str, ...]] = {}
            for item in predicate.items:
                for name, more in words(item).items():
                    first = found.get(name, more)
                    found[name] = (
                        (*first, *(word for word in more if word not in first)) if first and more else ()
                    )
            return found
        case _:
            return {}


def unnamed(predicate: Predicate) -> Iterator[str]:
    """Yield the groups without a name in the matches that may capture, as they are written."""
    match predicate:
        case RegexTest(negated=False, regex=regex):
            yield from (regex.text[each.start : each.end] for each in regex.parsed.groups if not each.name)
        case LetPredicate():
            test = carried(predicate)
            yield from unnamed(test) if test is not None else ()
        case AllOf() | AnyOf():
            for item in predicate.items:
                yield from unnamed(item)
        case _:
            pass


def after(predicate: Predicate, scope: Scope) -> Scope:
    """Return the scope of what follows a whole predicate. Report groups whose names clash."""
    groups, guess = _groups(predicate, scope), _may_bind_more(predicate)
    if not groups and not guess:
        return scope
    captures, unbound = bound(predicate), {}
    for name, group in groups.items():
        if name not in captures:
            unbound[name] = group.why_unbound(name)
        _refuse_taken(name, group, scope)
    return replace(scope, captures=captures, unbound=unbound, guess=guess)


def _may_bind_more(predicate: Predicate) -> bool:
    """Return whether a broken part may have bound captures."""
    match predicate:
        case BrokenPredicate():
            return predicate.value
        case LetPredicate():
            broken = meaning(predicate)
            return isinstance(broken, BrokenPredicate) and broken.value
        case AllOf() | AnyOf():
            return any(map(_may_bind_more, predicate.items))
        case _:
            return False


class _Group(NamedTuple):
    """A named group: its match, the place that shows it, and why it may be unbound, with the mend."""

    test: RegexTest
    span: Span
    why: str
    mend: str

    @property
    def never_bound(self) -> bool:
        """True if it stands where nothing is ever captured."""
        return self[2:] in (_NOT, _NEGATED)

    def why_unbound(self, name: str) -> Unbound:
        return Place(self.span, self.why), self.mend.format(name)


_OR = (
    "another branch of `or` does not capture it",
    "capture `{}` in every branch of `or`, or write a rule for each",
)
_NOT = ("nothing is captured under `not`", "capture `{}` outside of `not`")
_NEGATED = ("`!~` captures nothing", "capture `{}` with `~`")
_SOMETIMES = ("the regex also matches without this group", "move `{}` out of `|`, `?` and `*`")


def _groups(predicate: Predicate, scope: Scope) -> dict[str, _Group]:
    """Return the named groups of a predicate, each with its first match. Report those captured twice."""
    match predicate:
        case RegexTest(span=span, negated=negated):
            return {
                group.name: _Group(
                    predicate, span, *(_NEGATED if negated else _OR if group.always else _SOMETIMES)
                )
                for group in predicate.regex.groups
                if group.name is not None
            }
        case LetPredicate():
            match = carried(predicate)
            found = _groups(match, scope) if match is not None else {}
            return {
                name: group if group.why == _SOMETIMES[0] else group._replace(span=predicate.span)
                for name, group in found.items()
            }
        case Not():
            found = _groups(predicate.item, scope)
            return {name: _Group(group.test, group.span, *_NOT) for name, group in found.items()}
        case AnyOf():
            branches = [_groups(item, scope) for item in predicate.items]
            return {name: group for branch in reversed(branches) for name, group in branch.items()}
        case AllOf():
            together: dict[str, _Group] = {}
            for item in predicate.items:
                for name, group in _groups(item, scope).items():
                    first = together.get(name, group)
                    if first.never_bound or group.never_bound:
                        together[name] = group if first.never_bound else first
                    elif together.setdefault(name, group).test != group.test:
                        _refuse_twice(name, first.span, group.span, scope)
            return together
        case _:
            return {}


def _refuse_twice(name: str, first: Span, second: Span, scope: Scope) -> None:
    scope.report(
        "E303",
        f"`{name}` is captured twice in one rule",
        second,
        help="give one of the two groups another name",
        also=(Place(first, "it is captured first here"),),
    )


def _refuse_taken(name: str, group: _Group, scope: Scope) -> None:
    test, clashes = group.test, scope.findings.clashes
    other = scope.lookup(name)
    if (other is None and not taken(name)) or (test.span, name) in clashes:
        return
    clashes.add((test.span, name))
    if group.span == test.span:
        message = f"a group cannot be called `{name}`: that is already {taken(name) or 'defined'}"
    else:
        message = f"`{shown(group.span)}` captures `{name}`, which has since been defined"
    scope.report(
        "E303",
        message,
        group.span,
        help="give the group another name",
        also=() if other is None else (Place(other.span, "it is defined here"),),
    )
