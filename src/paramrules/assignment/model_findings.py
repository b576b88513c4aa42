"""Findings about rules and a model together: what is dead, left over, unknown, or counts nothing."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

from paramrules.assignment.captured import uses_captures
from paramrules.assignment.dead_predicates import holding, holds_anywhere, switched_off
from paramrules.assignment.entry_facts import Facts
from paramrules.assignment.near_misses import NearMisses
from paramrules.assignment.partition import Partition
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.diagnostics import Diagnostic, Place, RulesError, Span, a, listed
from paramrules.facts import SOURCES
from paramrules.inventories import Class, Inventory
from paramrules.inventories.classes import match as class_match
from paramrules.rules import terms
from paramrules.rules.model import Axis, Rule, Rules
from paramrules.rules.terms import Predicate, terms_in

_NAME_THE_MODEL = (
    "these are arrays without their modules: name the module itself, with `--input` for linen and haiku, "
    'or a function that returns `paramrules.inventory(params, types={"encoder.norm": LayerNorm})`'
)
_NAME_THE_MODULE = (
    "arrays do not have what their modules have: name the module itself, with `--input` for linen, "
    "or test `name`, `shape` or `ndim`"
)
_OF_MODULES = frozenset({"attr", "module_attr", "variable"})
"""The facts that no type of a module tells."""

_SHOWN = 5
"""The most rules above that a finding points at."""


def require_known(rules: Rules, inventory: Inventory) -> None:
    """Raise RulesError (E215) if a rule needs a fact that cannot be known for this model."""
    lacking: dict[str, dict[Span, str]] = {}
    for term in rules.terms:
        if not isinstance(term, _READING):
            continue
        fact = _fact(term)
        name = term.name if isinstance(term, terms.Field) else fact
        if help := inventory.unknown.get(fact) or (name == "layer_groups" and inventory.without_groups):
            lacking.setdefault(help, {})[term.span] = name
    if lacking:
        raise RulesError([_unknown(places, help, inventory) for help, places in lacking.items()])


def _cli_help(names: Iterable[str], inventory: Inventory) -> str:
    """Return what helps on the command line where the model is a tree of arrays; "" for any other."""
    if "attr" not in inventory.unknown:
        return ""
    without_owners = not any(owner.known for owner in inventory.owners)
    if _OF_MODULES.isdisjoint(names):
        return _NAME_THE_MODEL if without_owners else ""
    return _NAME_THE_MODULE if without_owners or "variable" in inventory.unknown else ""


def _unknown(places: Mapping[Span, str], help: str, inventory: Inventory) -> Diagnostic:
    """Return the finding (E215) about facts that are unknown for one reason, wherever they are asked for."""
    names = list(dict.fromkeys(places.values()))
    first, *others = places
    return Diagnostic(
        "E215",
        f"{listed(names)} {'are' if len(names) > 1 else 'is'} not known for this model",
        first,
        also=tuple(map(Place, others)),
        help=help,
        cli_help=_cli_help(names, inventory),
    )


_READING = terms.ClassTest | terms.ConstantTest | terms.Field | terms.Attribute | terms.AttributeTest
"""The terms that read a fact which may be unknown."""


def _fact(term: _READING) -> str:
    """Return the fact that a term reads, or the one without which nobody knows it."""
    match term:
        case terms.ConstantTest():
            return term.subject
        case terms.Field():
            return SOURCES.get(term.name, term.name)
        case _:
            return term.function


def empty_counts(rules: Rules, facts: Facts) -> Iterator[Diagnostic]:
    """Yield W204 for each `count` of nothing."""
    counts = {term.span: term for term in rules.terms if isinstance(term, terms.Count)}
    for span, count in counts.items():
        if not facts.positions(count.match):
            yield Diagnostic(
                "W204",
                f"no name of the model matches `{count.match.regex.text}`, so this count is 0",
                span,
                "counts nothing",
            )


def left_over(axis: Axis, partition: Partition, facts: Facts) -> Iterator[Diagnostic]:
    """Yield E205 if an axis without `else` leaves parameters over."""
    if partition.left:
        names = [facts.names[parameter] for parameter in sorted(facts.parameters(partition.left))]
        last = axis.rules[-1]
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield Diagnostic(
            "E205",
            f"no rule{f' of `[{axis.name}]`' if axis.name else ''} takes `{names[0]}`{more}",
            last.span,
            "the last rule",
            help="under strict every parameter needs a rule; end with `label: else`",
        )


def dead_parts(
    axis: Axis, partition: Partition, evaluator: Evaluator, near: NearMisses
) -> Iterator[Diagnostic]:
    """Yield W201 to W203, N202 and N203: rules, branches of `or` and alternatives that match nothing here."""
    took = {rule for rule, _, _ in partition.taken}

    @cache
    def takers() -> Mapping[int, int]:
        parameter = evaluator.facts.parameter
        return {parameter(entry): rule for rule, _, entries in partition.taken for entry in entries}

    for number, rule in enumerate(axis.rules):
        if rule.predicate is None or (rule.optional and number not in took):
            continue
        dead = list(_dead_alternatives(rule, evaluator.facts, near))
        if number not in took:
            yield from dead
            yield _dead_rule(axis, number, takers, evaluator, near)
        else:
            yield from _dead_branches(rule, dead, evaluator, near)


def _dead_rule(
    axis: Axis, number: int, takers: Callable[[], Mapping[int, int]], evaluator: Evaluator, near: NearMisses
) -> Diagnostic:
    """Return W201 for a rule; `takers` returns the rule that took each parameter."""
    rule = axis.rules[number]
    assert rule.predicate is not None
    entries = holding(rule.predicate, list(range(len(evaluator.facts.names))), evaluator)
    message = f"the rule `{rule.label.text}` takes no parameter of the model"
    if not entries:
        return Diagnostic(
            "W201",
            message,
            rule.span,
            "its predicate holds for nothing",
            help=near.help(rule.predicate) or f"if that is intended, write `{rule.label.text}?:`",
        )
    hits = evaluator.facts.parameters(entries)
    above = sorted({takers()[parameter] for parameter in hits})
    return Diagnostic(
        "W201",
        message,
        rule.span,
        f"all {len(hits)} that it holds for are taken above"
        if len(hits) > 1
        else "the one that it holds for is taken above",
        also=tuple(Place(axis.rules[taker].span, "takes them") for taker in above[:_SHOWN]),
        help=f"move it up, or write `{rule.label.text}?:` if that is intended",
    )


def _dead_branches(
    rule: Rule, dead: list[Diagnostic], evaluator: Evaluator, near: NearMisses
) -> list[Diagnostic]:
    """Return the dead alternatives and branches; of nested dead parts only the innermost."""
    either = [term for term in terms_in(rule, lets=False) if isinstance(term, terms.AnyOf)]
    dead.sort(key=_place)
    for branch in (branch for term in reversed(either) for branch in term.items):
        if id(branch) in evaluator.alive or uses_captures(branch):
            continue  # a capture means nothing outside of its rule
        first = bisect_left(dead, branch.span.start, key=_place)
        inside = dead[first : bisect_left(dead, branch.span.end, key=_place)]
        if any(finding.severity != "note" for finding in inside) or holds_anywhere(branch, evaluator):
            continue
        if switched_off(branch, evaluator, near.off):
            continue
        if not _lacks(branch, evaluator.facts, near.lacking):
            help = (
                near.help(branch)
                or "if the rules are for other models too, put it in a `let`, or take it out"
            )
            insort(dead, _dead_branch("W202", branch, help), key=_place)
        elif not inside:
            insort(dead, _dead_branch("N202", branch), key=_place)
    return dead


def _dead_branch(code: str, branch: Predicate, help: str = "") -> Diagnostic:
    return Diagnostic(
        code,
        f"no parameter of the model satisfies `{branch.span.text}`",
        branch.span,
        "this branch of `or` holds for nothing",
        help=help,
    )


def _lacks(predicate: Predicate, facts: Facts, known: dict[int, bool]) -> bool:
    """Return whether a predicate fails only because the model has no class of some families.

    `known` holds the results so far, since lets share what they stand for.
    """
    if id(predicate) not in known:
        match predicate:
            case terms.LetPredicate():
                lacks = _lacks(predicate.predicate, facts, known)
            case terms.ClassTest():
                classes = facts.classes(predicate.function)
                lacks = all(
                    _is_family(predicate, alternative, facts) and not _among(alternative.text, classes, facts)
                    for alternative in predicate.alternatives
                )
            case terms.AnyOf():
                lacks = all(_lacks(item, facts, known) for item in predicate.items)
            case terms.AllOf():
                lacks = any(_lacks(item, facts, known) for item in predicate.items)
            case _:
                lacks = False
        known[id(predicate)] = lacks
    return known[id(predicate)]


def _place(finding: Diagnostic) -> int:
    return finding.span.start if finding.span else 0


def _dead_alternatives(rule: Rule, facts: Facts, near: NearMisses) -> Iterator[Diagnostic]:
    for term in terms_in(rule, lets=False):
        if not isinstance(term, terms.ClassTest):
            continue
        classes = facts.classes(term.function)
        dead = [each for each in term.alternatives if not _among(each.text, classes, facts)]
        left = _left(classes, term, facts) if dead else []
        for alternative in dead:
            yield _dead_alternative(term, alternative, left, facts, near)


def _dead_alternative(
    test: terms.ClassTest,
    alternative: terms.Alternative,
    left: Sequence[str],
    facts: Facts,
    near: NearMisses,
) -> Diagnostic:
    """Return W203 or N203; `left` are the names of classes that no alternative of the test takes."""
    name = alternative.text
    family = _is_family(test, alternative, facts)
    message = f"no {'parameter' if test.function == 'variable' else 'module'} of the model is {a(name)}"
    known = [cls.short for cls in facts.classes(test.function)]
    longer = [short for short in left if short.endswith(name)]
    if test.function == "type" and _among(name, facts.classes("within"), facts):
        message = f"no `{name}` of the model owns a parameter itself"
        help = f"for the parameters of the modules inside it, write `within({name})`"
    elif longer:
        shown = ", ".join(f"`{short}`" for short in longer[:3])
        help = f"write `*{name}` for the classes whose names end in it, as {shown}"
    elif family:
        help = ""
    else:
        help = near.word(name, known, facts.inventory.vocabulary.families)
        help = help or _part_of(name.rpartition(".")[2], known)
        help = help or "if the rules are for other models too, put the test in a `let`, or take the name out"
    return Diagnostic(
        "N203" if family else "W203",
        message,
        alternative.span,
        "this alternative holds for nothing",
        help=help,
    )


def _left(classes: Sequence[Class], test: terms.ClassTest, facts: Facts) -> list[str]:
    """Return the names of the classes that no alternative of the test takes, sorted."""
    words = facts.inventory.vocabulary
    return sorted(
        {
            cls.short
            for cls in classes
            if not any(class_match(alternative.text, cls, words) for alternative in test.alternatives)
        }
    )


def _part_of(name: str, known: Sequence[str]) -> str:
    """Return a help line for the end or another part of classes' names, in any case."""
    parts = {short: short.lower().find(name.lower()) for short in known} if len(name) > 2 else {}
    found = {short: at for short, at in sorted(parts.items()) if at >= 0}
    ends = [short for short in found if short.lower().endswith(name.lower())]
    shown = ", ".join(f"`{short}`" for short in (ends or list(found))[:3])
    if ends:
        return f"write `*{ends[0][-len(name) :]}` for the classes whose names end in it, as {shown}"
    for short, at in found.items():
        part = short[at : at + len(name)]
        return f"write `{'*' * bool(at)}{part}*` for the classes whose names contain it, as {shown}"
    return ""


def _is_family(test: terms.ClassTest, alternative: terms.Alternative, facts: Facts) -> bool:
    """Return whether an alternative names a family of the vocabulary, which has modules only."""
    return test.function != "variable" and alternative.text in facts.inventory.vocabulary.families


def _among(alternative: str, classes: list[Class], facts: Facts) -> bool:
    words = facts.inventory.vocabulary
    return any(class_match(alternative, cls, words) for cls in classes)
