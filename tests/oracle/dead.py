"""Dead parts of rules, found in the plainest way: each part evaluated on its own, everywhere."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from oracle import facts
from oracle.arithmetic import Wrong
from oracle.looking import FIELDS, FLAGS, TEXTS, Looking, Scope

from paramrules.syntax import nodes

Finding = tuple[str, int]


def dead_parts(rule: nodes.Rule, takes: bool, looking: Looking, scope: Scope) -> set[Finding]:
    """`takes`: whether the rule takes a parameter of the model."""
    if not takes and rule.optional:
        return set()
    classes = {
        at("N203" if is_family(member, alternative) else "W203", alternative)
        for member, alternative in dead_alternatives(rule.predicate, looking)
    }
    if not takes:
        return {at("W201", rule), *classes}
    return classes | {at(code, branch) for code, branch in dead_branches(rule.predicate, looking, scope)}


def is_family(member: nodes.Member, alternative: nodes.Alternative) -> bool:
    return member.function != "variable" and alternative.text in facts.VOCABULARY["families"]


def dead_alternatives(e: Any, looking: Looking) -> Iterator[tuple[nodes.Member, nodes.Alternative]]:
    for member in every(e, nodes.Member):
        if member.function not in ("attr", "module_attr"):
            for alternative in member.alternatives:
                if not any(
                    facts.is_class(alternative.text, cls)
                    for rows in looking.model
                    for row in rows
                    for cls in facts.classes(member.function, row)
                ):
                    yield member, alternative


def dead_branches(e: Any, looking: Looking, scope: Scope) -> Iterator[tuple[str, nodes.Expression]]:
    for any_of in every(e, nodes.AnyOf):
        for branch in any_of.items:
            if uses_captures(branch, scope):
                continue  # a capture means nothing outside of its rule
            if holds_somewhere(branch, looking, scope):
                continue
            if switched_off(branch, looking, scope):
                continue  # another value of an option lets it hold
            alternatives = list(dead_alternatives(branch, looking))
            branches = list(dead_branches(branch, looking, scope))
            if any(code == "W202" for code, _ in branches) or not all(is_family(*a) for a in alternatives):
                continue
            if not lacks(branch, looking, scope):
                yield "W202", branch
            elif not alternatives and not branches:
                yield "N202", branch


def holds_somewhere(e: nodes.Expression, looking: Looking, scope: Scope) -> bool:
    """Return whether a predicate holds anywhere; one that cannot be computed somewhere is not called dead.

    The rule may never ask it there: another branch holds.
    """
    try:
        return any(
            looking.holds(e, scope, row, rows, {}) is not None for rows in looking.model for row in rows
        )
    except Wrong:
        return True


def switched_off(e: Any, looking: Looking, scope: Scope, in_and: bool = False) -> bool:
    """Return whether a predicate that holds for nothing is kept from it by tests of options alone."""
    match e:
        case nodes.Reference():
            defined, home = scope.names.get(e.name, (None, scope))
            if isinstance(defined, nodes.Let):
                return switched_off(defined.value, looking, home, in_and)
        case nodes.AllOf():
            return any(switched_off(item, looking, scope, True) for item in e.items)
        case nodes.AnyOf() if not in_and:
            return any(switched_off(item, looking, scope) for item in e.items)
    rows = looking.model[0]
    return options_in(e, scope) > 0 and looking.holds(e, scope, rows[0], rows, {}) is None


def options_in(e: Any, scope: Scope) -> int:
    """Return how many options an expression reads; a number below any other if it reads anything else."""
    if any(True for kind in (nodes.Member, nodes.Index, nodes.Matches, nodes.Like) for _ in every(e, kind)):
        return -1_000_000
    count = 0
    for name in every(e, nodes.Reference):
        defined, home = scope.names.get(name.name, (None, scope))
        if defined is None:
            return -1_000_000
        count += 1 if isinstance(defined, nodes.Option) else options_in(defined.value, home)
    return count


def lacks(e: Any, looking: Looking, scope: Scope) -> bool:
    """Return whether a predicate holds for nothing only because the model lacks some families."""
    match e:
        case nodes.Member():
            dead = [alternative for _, alternative in dead_alternatives(e, looking)]
            return len(dead) == len(e.alternatives) and all(is_family(e, each) for each in dead)
        case nodes.AnyOf():
            return all(lacks(item, looking, scope) for item in e.items)
        case nodes.AllOf():
            return any(lacks(item, looking, scope) for item in e.items)
        case nodes.Reference():
            defined, home = scope.names.get(e.name, (None, scope))
            return isinstance(defined, nodes.Let) and lacks(defined.value, looking, home)
    return False


def uses_captures(e: Any, scope: Scope) -> bool:
    """Return whether an expression compares something with a capture."""
    known = {*scope.names, *FIELDS, *FLAGS, *TEXTS, "shape"}
    return any(
        name.name not in known
        for compare in (*every(e, nodes.Compare), *every(e, nodes.Among))
        if getattr(compare.left, "name", "") not in ("dtype", "role")  # beside these stand constants
        for name in every(compare, nodes.Reference)
    )


def empty_counts(file: nodes.File, looking: Looking, scope: Scope) -> set[Finding]:
    """The counts of nothing that rules and expectations come to, through lets too, each where it stands."""
    found: set[Finding] = set()
    seen: list[object] = []

    def walk(e: Any, scope: Scope) -> None:
        for call in every(e, nodes.Call):
            if call.function == "count" and not looking.different(looking.match_of(call.arguments[0], scope)):
                found.add(at("W204", call))
        for name in every(e, nodes.Reference):
            defined, home = scope.names.get(name.name, (None, scope))
            if isinstance(defined, nodes.Let) and not any(defined is other for other in seen):
                seen.append(defined)
                walk(defined.value, home)

    for statement in file.statements:
        if isinstance(statement, nodes.Rule | nodes.Expect):
            walk(statement, scope)
    return found


def every(e: Any, kind: type) -> Iterator[Any]:
    """All nodes of a kind in a tree."""
    if isinstance(e, kind):
        yield e
    if isinstance(e, tuple):
        for item in e:
            yield from every(item, kind)
    elif is_dataclass(e):
        for each in fields(e):
            if "span" not in each.name:
                yield from every(getattr(e, each.name), kind)


def at(code: str, node: nodes.Node) -> Finding:
    return code, node.span.source.position(node.span.start)[0]
