"""The words of a rule file that name something, and what each of them refers to.

These are read off syntax trees, so a file with mistakes elsewhere has them too.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from paramrules.diagnostics import Span
from paramrules.rules.builtin_names import CONSTANTS, FIELDS, FLAGS
from paramrules.rules.includes import Loaded
from paramrules.syntax import nodes
from paramrules.syntax.language import ATTRIBUTES
from paramrules.syntax.nodes import children

_GROUP: Final = re.compile(r"\\.|\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>", re.DOTALL)


class Mention(NamedTuple):
    """A word that names something.

    Attributes:
        kind: `let`, `option`, `capture`, `label`, `axis`, `include`; `name` for a use of one of the first
            three; `field`, `flag`, `function`, `class`, `attribute`, `constant`, `key`.
        name: the word; of a label, its text with its holes.
        span: its place.
        statement: the statement that it stands in.
        axis: the number of the axis that it stands in, from 0 for what stands before the first header.
    """

    kind: str
    name: str
    span: Span
    statement: nodes.Statement
    axis: int

    @property
    def defines(self) -> bool:
        """True if the word stands where it is defined."""
        return self.kind in ("let", "option", "capture")


def mentions(file: nodes.File) -> list[Mention]:
    """Return the words of a file that name something, from top to bottom.

    >>> [(each.kind, each.name) for each in mentions(rules.file)][:3]
    [('let', 'norm'), ('function', 'type'), ('class', 'LayerNorm')]
    """
    found: list[Mention] = []
    axis = 0
    for statement in file.statements:
        axis += isinstance(statement, nodes.Axis)
        found += sorted(
            (Mention(kind, name, span, statement, axis) for kind, name, span in _words(statement)),
            key=lambda mention: mention.span.start,
        )
    return found


_Word = tuple[str, str, Span]


def _words(node: nodes.Node) -> Iterator[_Word]:
    stack: list[nodes.Node] = [node]
    while stack:
        node = stack.pop()
        below = children(node)
        match node:
            case nodes.Include():
                yield "include", node.path, _last(node.span, len(node.path) + 2)
            case nodes.Let() | nodes.Option():
                yield type(node).__name__.lower(), node.name, node.name_span
            case nodes.Axis():
                start = node.span.text.index(node.name)
                yield "axis", node.name, _part(node.span, start, len(node.name))
            case nodes.Label():
                yield "label", node.span.text, node.span
            case nodes.Setting():
                yield "key", node.key, node.key_span
            case nodes.Reference():
                kind = "field" if node.name in FIELDS else "flag" if node.name in FLAGS else "name"
                yield kind, node.name, node.span
            case nodes.Index():
                yield "field", node.name, _part(node.span, 0, len(node.name))
            case nodes.Call():
                yield "function", node.function, _part(node.span, 0, len(node.function))
            case nodes.Member():
                yield "function", node.function, _part(node.span, 0, len(node.function))
                kind = "attribute" if node.function in ATTRIBUTES else "class"
                yield from ((kind, each.text, each.span) for each in node.alternatives)
            case nodes.Matches():
                yield from _groups(node.regex)
            case nodes.Compare(left=nodes.Reference(name=name)) if name in CONSTANTS:
                yield from (("constant", each.span.text, each.span) for each in below[1:])
                below = below[:1]
            case nodes.Among(left=nodes.Reference(name=name)) if name in CONSTANTS:
                yield from (("constant", each.span.text, each.span) for each in below[1:])
                below = below[:1]
            case _:
                pass
        stack += below


def _groups(pattern: nodes.Pattern) -> Iterator[_Word]:
    quote = int(pattern.quoted)
    for found in _GROUP.finditer(pattern.text):
        if found[1]:
            yield "capture", found[1], _part(pattern.span, quote + found.start(1), len(found[1]))


def _part(span: Span, start: int, length: int) -> Span:
    return Span(span.source, span.start + start, span.start + start + length)


def _last(span: Span, length: int) -> Span:
    return Span(span.source, span.end - length, span.end)


class Target(NamedTuple):
    """The referent of a word: a let, an option, a capture or a label.

    Attributes:
        kind: `let`, `option`, `capture` or `label`.
        name: its name.
        span: the place where it is defined; of a label, its first rule.
        statement: the statement that defines it.
        loaded: the file that defines it.
    """

    kind: str
    name: str
    span: Span
    statement: nodes.Statement
    loaded: Loaded


def target(mention: Mention, loaded: Loaded) -> Target | None:
    """Return what a word of a file refers to; None for what is built in or not defined."""
    match mention.kind:
        case "let" | "option" | "capture":
            return Target(mention.kind, mention.name, mention.span, mention.statement, loaded)
        case "label":
            return _first_label(mention, loaded)
        case "name":
            return defined(mention.name, loaded) or _captured(mention, loaded)
        case _:
            return None


def defined(name: str, loaded: Loaded) -> Target | None:
    """Return the let or option of a name: the file's own, or that of the first include with it."""
    for statement in loaded.file.statements:
        if isinstance(statement, nodes.Let | nodes.Option) and statement.name == name:
            kind = type(statement).__name__.lower()
            return Target(kind, name, statement.name_span, statement, loaded)
    found = (defined(name, included) for _, included in loaded.first_includes)
    return next((each for each in found if each), None)


def known(loaded: Loaded) -> dict[str, Target]:
    """Return all lets and options that a file can use, by name."""
    found: dict[str, Target] = {}
    for statement in loaded.file.statements:
        if isinstance(statement, nodes.Let | nodes.Option):
            kind = type(statement).__name__.lower()
            found.setdefault(
                statement.name, Target(kind, statement.name, statement.name_span, statement, loaded)
            )
    for _, included in loaded.first_includes:
        for name, each in known(included).items():
            found.setdefault(name, each)
    return found


def captures(statement: nodes.Statement, loaded: Loaded) -> dict[str, Target]:
    """Return the captures of a statement, those of the lets that it names among them, by name."""
    found: dict[str, Target] = {}
    seen: set[str] = set()
    files = [(statement, loaded)]
    for each, file in files:
        for kind, name, span in _words(each):
            if kind == "capture":
                found.setdefault(name, Target(kind, name, span, each, file))
            elif kind == "name" and name not in seen:
                seen.add(name)
                let = defined(name, file)
                if let and isinstance(let.statement, nodes.Let) and let.statement != statement:
                    files.append((let.statement, let.loaded))
    return found


def _captured(mention: Mention, loaded: Loaded) -> Target | None:
    return captures(mention.statement, loaded).get(mention.name)


def _first_label(mention: Mention, loaded: Loaded) -> Target:
    for each in mentions(loaded.file):
        same = (each.kind, each.name, each.axis) == (mention.kind, mention.name, mention.axis)
        if same and isinstance(each.statement, nodes.Rule):
            return Target("label", mention.name, each.span, each.statement, loaded)
    return Target("label", mention.name, mention.span, mention.statement, loaded)


def uses(wanted: Target, files: Iterable[Loaded]) -> list[Mention]:
    """Return the words of some files that refer to the same as another, its definition among them.

    A label belongs to its axis. An option is the same in all files, because the caller sets it once.
    """
    if wanted.kind == "label":
        own = [
            each for each in mentions(wanted.loaded.file) if (each.kind, each.name) == ("label", wanted.name)
        ]
        axis = next(each.axis for each in own if each.span.start == wanted.span.start)
        return [each for each in own if each.axis == axis]
    found = []
    for loaded in files:
        for mention in mentions(loaded.file):
            same = target(mention, loaded) if mention.name == wanted.name else None
            if (
                same
                and same.kind == wanted.kind
                and (wanted.kind == "option" or _place(same) == _place(wanted))
            ):
                found.append(mention)
    return found


def _place(target: Target) -> tuple[str, int]:
    return target.span.source.name, target.span.start
