"""Hover texts for the word below the pointer."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from lsprotocol import types

from paramrules.assignment import Assignment
from paramrules.diagnostics import CODES, Span, listed
from paramrules.diagnostics.pages import page, page_url
from paramrules.inventories.classes import match
from paramrules.inventories.vocabulary import vocabulary
from paramrules.language_server.counts import described, taken
from paramrules.language_server.document import Document
from paramrules.rules import meanings, terms
from paramrules.rules.keys import KEYS
from paramrules.rules.mentions import Mention, target
from paramrules.rules.terms import terms_in
from paramrules.syntax import nodes

_CODE: Final = re.compile(r"[EWN][0-9]{3}")
_FEW: Final = 8
"""The most members of a family, values of a capture and groups that are listed."""


def hover(document: Document, position: types.Position) -> types.Hover | None:
    """Return what there is to say about the place: Markdown, and the range that it is about."""
    at = document.lines.offset(position)
    if found := _code(document, at):
        return _hover(document, *found)
    mention = document.mention(position)
    if mention is not None:
        text = "\n\n".join(_of_mention(document, mention))
        return _hover(document, mention.span, text) if text else None
    statements = document.understood.loaded.file.statements
    for test in (each for statement in statements for each in _matches(statement)):
        if test.regex.span.start <= at <= test.regex.span.end:
            text = "\n\n".join(_of_term(document, test.span))
            return _hover(document, test.regex.span, text) if text else None
    return None


def _hover(document: Document, span: Span, text: str) -> types.Hover:
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), document.lines.of(span))


def _code(document: Document, at: int) -> tuple[Span, str] | None:
    """Return a code in a comment, and its page."""
    for comment in document.understood.loaded.file.comments:
        if comment.start <= at <= comment.end:
            for found in _CODE.finditer(comment.text):
                span = Span(comment.source, comment.start + found.start(), comment.start + found.end())
                if span.start <= at <= span.end and found[0] in CODES:
                    return span, f"{page(found[0])}\n\n[{found[0]}]({page_url(found[0])})"
    return None


def _of_mention(document: Document, mention: Mention) -> Iterator[str]:
    table = {
        "field": meanings.FIELDS,
        "flag": meanings.FLAGS,
        "function": meanings.FUNCTIONS,
        "key": meanings.KEYS,
        "constant": meanings.ROLES,
    }.get(mention.kind, {})
    if meaning := table.get(mention.name):
        yield f"```paramrules\n{meaning.form}\n```"
        yield meaning.text
    elif mention.kind == "key":
        known = (
            "a setting of optimizers" if mention.name in KEYS else "a setting that the optimizer has to know"
        )
        yield f"`{mention.name}`: {known}"
    elif mention.kind == "class":
        yield from _of_class(document, mention)
    elif mention.kind == "label":
        yield from _of_label(document, mention)
    elif to := target(mention, document.understood.loaded):
        where = "" if to.loaded is document.understood.loaded else f"\n\nin `{to.span.location}`"
        statement = to.statement.span
        yield f"```paramrules\n{statement.text}\n```{where}"
        if isinstance(to.statement, nodes.Let):
            yield from _of_term(document, to.statement.value.span)
        elif to.kind == "capture":
            for test in _matches(to.statement):
                if f"<{mention.name}>" in test.regex.text:
                    yield from _of_term(document, test.span)


def _of_label(document: Document, mention: Mention) -> Iterator[str]:
    """Yield what the rule takes, or all rules with the label of an expectation."""
    found = taken(document).get(mention.statement.span.start, ())
    for each in found:
        yield f"**{each.model}**: {described(each.parameters, each.assignment)}"
        more = [f"and {len(each.groups) - _FEW} more"] if len(each.groups) > _FEW else []
        yield from _listed([*each.groups[:_FEW], *more])


def _of_class(document: Document, mention: Mention) -> Iterator[str]:
    """Yield the family of a name, and the classes of the models that it means, with where they stand."""
    members = vocabulary().families.get(mention.name, ())
    if members:
        yield f"`{mention.name}` is a family of the vocabulary: {listed(members, most=_FEW)}"
    whole = next(
        each
        for each in _all_nodes(mention.statement)
        if isinstance(each, nodes.Member) and any(one.span == mention.span for one in each.alternatives)
    )
    for model, assignment in document.assignments:
        test = terms.ClassTest(whole.span, whole.function, (terms.Alternative(mention.span, mention.name),))
        parameters = assignment.matching(test)
        yield f"**{model}**: {described(parameters, assignment)}"
        yield from _listed(_classes(whole.function, mention.name, parameters, assignment))


def _listed(lines: Iterable[str]) -> Iterator[str]:
    if text := "\n".join(f"- {line}" for line in lines):
        yield text


def _classes(function: str, name: str, parameters: Sequence[int], assignment: Assignment) -> Iterator[str]:
    """Yield the classes behind a match: by their own names, through the vocabulary, or through a base."""
    inventory = assignment.inventory
    seen = set()
    for number in parameters:
        around = inventory.owners[number].around
        classes = (inventory.column("variable")[number],) if function == "variable" else around
        for cls in reversed(classes) if function == "within" else classes[-1:]:
            found = match(name, cls, inventory.vocabulary)
            if found and cls not in seen:
                seen.add(cls)
                base = f", by its base `{found.name}`" if found.base else ""
                family = (
                    ", by its name" if found.by_name else ", through the vocabulary" if found.family else ""
                )
                yield f"`{cls.name}`{base}{family}"


def _of_term(document: Document, span: Span) -> Iterator[str]:
    """Yield what the predicate at a place holds for in the models."""
    rules = document.understood.rules
    if rules is None:
        return
    roots = [*rules.lets.values(), *(r.predicate for axis in rules.axes for r in axis.rules if r.predicate)]
    roots += [each.predicate for axis in rules.axes for each in axis.expectations]
    term = next((each for each in terms_in(*roots) if each.span == span), None)
    if not isinstance(term, terms.Predicate):
        return
    for model, assignment in document.assignments:
        parameters = assignment.matching(term)
        yield f"**{model}**: {described(parameters, assignment)}"
        if isinstance(term, terms.RegexTest):
            yield from _captured(term, [assignment.inventory.names[number] for number in parameters])


def _captured(term: terms.RegexTest, names: Sequence[str]) -> Iterator[str]:
    """Yield the values of each named group."""
    part = ("name", "module", "leaf").index(term.subject)
    texts = [(name, *name.rpartition(".")[::2])[part] for name in names]
    for number, group in enumerate(term.regex.groups):
        found = filter(None, map(term.regex.search, texts))
        values = list(dict.fromkeys(filter(None, (each.groups()[number] for each in found))))
        if group.name and values:
            yield f"`{group.name}`: {listed(values, most=_FEW)}"


def _matches(statement: nodes.Statement) -> Iterator[nodes.Matches]:
    return (node for node in _all_nodes(statement) if isinstance(node, nodes.Matches))


def _all_nodes(node: nodes.Node) -> Iterator[nodes.Node]:
    stack = [node]
    while stack:
        each = stack.pop()
        yield each
        stack += nodes.children(each)
