"""The smallest pair of files that still fails a test: rules, settings, parts of predicates are left out."""

from collections.abc import Callable, Iterator

from proofs.brute_force import parsed
from proofs.edits import own_terms

from paramrules.rules import Rules, terms

Texts = tuple[str, str]


def shrunk(pair: Texts, fails: Callable[[str, str], bool]) -> Texts:
    """Return a pair that fails too, and of which nothing more can be left out."""
    again = True
    while again:
        again = False
        for smaller in _smaller(pair):
            if smaller != pair and all(parsed(text) is not None for text in smaller) and fails(*smaller):
                pair, again = smaller, True
                break
    return pair


def _smaller(pair: Texts) -> Iterator[Texts]:
    """Yield pairs in which one thing is left out of a file, and of the other if it is there too."""
    for side in (0, 1):
        rules = parsed(pair[side])
        assert rules is not None
        for old, new in _left_out(rules):
            here = pair[side].replace(old, new, 1)
            there = pair[1 - side].replace(old, new, 1)
            for other in dict.fromkeys((there, pair[1 - side])):
                yield (here, other) if side == 0 else (other, here)


def _left_out(rules: Rules) -> Iterator[tuple[str, str]]:
    """Yield pieces of a file and what is left of them."""
    for statement in rules.file.statements:
        yield statement.span.text, ""
    for axis in rules.axes:
        for rule in axis.rules:
            if rule.settings is not None and not all(setting.implied for setting in rule.settings):
                yield rule.span.text, rule.span.text.partition("->")[0].rstrip()
                written = [setting.span.text for setting in rule.settings if not setting.implied]
                for text in written if len(written) > 1 else ():
                    kept = ", ".join(other for other in written if other != text)
                    yield rule.span.text, f"{rule.span.text.partition('->')[0]}-> {kept}"
    for term in own_terms(rules):
        text = term.span.text
        match term:
            case terms.AnyOf() | terms.AllOf():
                parts = [item.span.text for item in term.items]
            case terms.Not():
                parts = [term.item.span.text]
            case terms.LetPredicate():
                parts = [term.predicate.span.text]
            case terms.Arithmetic():
                parts = [argument.span.text for argument in term.arguments]
            case terms.ClassTest() if len(term.alternatives) > 1:
                parts = [f"{term.function}({each.text})" for each in term.alternatives]
            case _:
                parts = []
        for part in parts:
            if len(part) < len(text):
                yield text, part
                yield text, f"({part})"
