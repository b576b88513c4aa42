"""The names of groups that a predicate binds, and those that an expression uses."""

from typing import Any

from oracle import facts
from oracle.looking import Looking, Scope

from paramrules.syntax import nodes


def bound_by(e: nodes.Expression | None, scope: Scope, looking: Looking) -> dict[str, bool]:
    """The names of the groups that a predicate binds in the order written, and whether each is a number."""
    if isinstance(e, nodes.AnyOf | nodes.AllOf):
        kinds = [bound_by(item, scope, looking) for item in e.items]
        names = [name for some in kinds for name in some]
        return {name: all(some.get(name, True) for some in kinds) for name in names}
    match = None if e is None else looking.match_of(e, scope)
    if match is None:
        return {}
    numeric = facts.numeric_groups(match.regex.text)
    return {name: numeric[at] for name, at in facts.python(match.regex.text).groupindex.items()}


def words_by(e: nodes.Expression | None, scope: Scope, looking: Looking) -> dict[str, list[str]]:
    """The words of each named group that is nothing but words wherever it stands, in the order written."""
    if isinstance(e, nodes.AnyOf | nodes.AllOf):
        every = [words_by(item, scope, looking) for item in e.items]
        names = {name for item in e.items for name in bound_by(item, scope, looking)}
        return {
            name: [word for words in every for word in words.get(name, [])]
            for name in names
            if all(
                name in words
                for words, item in zip(every, e.items, strict=True)
                if name in bound_by(item, scope, looking)
            )
        }
    match = None if e is None else looking.match_of(e, scope)
    if match is None:
        return {}
    words = facts.word_groups(match.regex.text)
    names = facts.python(match.regex.text).groupindex
    return {name: words[at] for name, at in names.items() if at in words}


def references(e: Any) -> set[str]:
    """The bare names in an expression."""
    match e:
        case nodes.Reference():
            return {e.name}
        case nodes.Tuple():
            return {name for item in e.items for name in references(item)}
        case nodes.Call(function="count") | nodes.Call(function="index"):
            return set()
        case nodes.Call():
            return {name for item in e.arguments for name in references(item)}
        case nodes.Minus():
            return references(e.item)
        case nodes.Arithmetic():
            return references(e.left) | references(e.right)
        case nodes.Index():
            return references(e.position)
    return set()
