"""`let`, `option` and `include`: the names that a file defines."""

from collections.abc import Iterable, Mapping

from paramrules.diagnostics import Place, write
from paramrules.rules.bound_captures import after
from paramrules.rules.builtin_names import FLAGS
from paramrules.rules.includes import Loaded
from paramrules.rules.model import Option
from paramrules.rules.names import define
from paramrules.rules.predicate_expressions import predicate
from paramrules.rules.scope import (
    BrokenPredicate,
    BrokenValue,
    Declared,
    Findings,
    Let,
    Names,
    Scope,
    Typed,
    broken,
    described,
    shown,
)
from paramrules.rules.terms import Attribute, AttributeTest, Term, same
from paramrules.rules.value_expressions import kind, value
from paramrules.syntax import language, nodes
from paramrules.syntax.nodes import children


def names_of(loaded: Loaded, of_includes: Mapping[int, Names]) -> Names:
    """Return the names of a file before its first statement: none is known, but all are seen below."""
    own: dict[str, nodes.Let | nodes.Option] = {}
    for statement in loaded.file.statements:
        if isinstance(statement, nodes.Let | nodes.Option):
            own.setdefault(statement.name, statement)
    later: dict[str, nodes.Include] = {}
    for include, included in loaded.first_includes:
        for name in of_includes[id(included)].known:
            later.setdefault(name, include)
    lost, taken_in = loaded.file.broken, [of_includes[id(each)] for _, each in loaded.first_includes]
    includes = sum(isinstance(statement, nodes.Include) for statement in loaded.file.statements)
    return Names(
        source=loaded.source,
        own=own,
        later={name: include.span for name, include in later.items()},
        unread=frozenset(each.name for each in lost if each.kind in ("let", "option")).union(
            *(each.unread for each in taken_in)
        ),
        incomplete=includes > len(loaded.includes)
        or any(each.kind == "include" for each in lost)
        or any(each.incomplete for each in taken_in),
    )


def take_in(include: nodes.Include, included: Names, scope: Scope) -> None:
    """Make the names of an included file known, but for those that this file defines itself."""
    names = scope.names
    for group, name in included.carriers.items():
        names.carriers.setdefault(group, name)
    compared: dict[tuple[int, int], bool] = {}
    for name, what in included.known.items():
        if name in names.own:
            continue
        first = names.known.setdefault(name, what)
        if not _same(first, what, compared):
            scope.report(
                "E302",
                f"`{name}` comes from two includes, and means two things",
                include.span,
                help=f"define `{name}` in this file, which then wins, or rename it in one of the two",
                also=(Place(first.span, "one is this"), Place(what.span, "the other is this")),
            )


def _same(one: Let | Declared, two: Let | Declared, known: dict[tuple[int, int], bool]) -> bool:
    if isinstance(one, Declared) or isinstance(two, Declared):
        return isinstance(one, Declared) and isinstance(two, Declared)  # `options` compares them
    return same(_term(one), _term(two), known)


def _term(let: Let) -> Term:
    term = let.predicate or (let.value and let.value.term)
    assert term is not None  # one of the two is there
    return term


def option(node: nodes.Option, scope: Scope) -> None:
    """Define the name in `option rate = 0.75`."""
    default = None if node.default is None else node.default.value
    type = "any" if node.default is None else kind(default)
    if node.default is not None and default is None:
        scope.report(
            "E306",
            "an option is a number, a string or a boolean",
            node.default.span,
            help=f"write `option {node.name}` for one that the caller has to set",
        )
        type = "any"
    what = Option(node.span, node.name, type, default, node.default is None)
    define(node, Declared(node.name_span, what), scope)


def let(node: nodes.Let, scope: Scope) -> None:
    """Define the name in `let norm = type(LayerNorm)` or `let depth = count(block)`."""
    meaning = _meaning(node, scope)
    depth = _depth(node.value, scope.names.known)
    if depth > language.NESTING:
        scope.report(
            "E110",
            f"`{node.name}` is nested more than {language.NESTING} deep, with the lets that it uses",
            node.name_span,
            help="define it by fewer lets that use each other",
        )
        meaning, depth = _unknown(node), 0
    define(node, meaning._replace(depth=depth), scope)


_PREDICATES = (
    nodes.AnyOf,
    nodes.AllOf,
    nodes.Not,
    nodes.Compare,
    nodes.Among,
    nodes.Matches,
    nodes.Like,
    nodes.Member,
)


def _meaning(node: nodes.Let, scope: Scope) -> Let:
    as_predicate, as_value = _readings(node.value, scope)
    term = predicate(node.value, scope) if as_predicate else None
    if term is not None:
        after(term, scope)
    if not as_value:
        return Let(node.name_span, term, None)
    if isinstance(term, AttributeTest):
        return Let(node.name_span, term, Typed(Attribute(term.span, term.path, term.function), "any"))
    typed = value(node.value, scope)
    if isinstance(typed.term, BrokenValue):
        return _unknown(node)
    if typed.type in ("string", "tuple", "none"):
        _refuse(node, typed.type, scope)
        return _unknown(node)
    return Let(node.name_span, term, typed)


def _unknown(node: nodes.Let) -> Let:
    """Return a let whose error has been reported: it fits everywhere."""
    return Let(node.name_span, BrokenPredicate(node.value.span, True), broken(node.value.span))


def _readings(node: nodes.Expression, scope: Scope) -> tuple[bool, bool]:
    """Return whether to read an expression as a predicate, and whether as a value; some are both."""
    match node:
        case nodes.Member(function="attr" | "module_attr") | nodes.Literal(value=bool()):
            return True, True
        case nodes.Reference(name=name):
            found = scope.lookup(name)
            if isinstance(found, Declared):
                return found.option.type in ("boolean", "any"), True
            if found is not None:
                return found.predicate is not None, found.value is not None
            return name in FLAGS, name not in FLAGS
        case _:
            return isinstance(node, _PREDICATES), not isinstance(node, _PREDICATES)


def _refuse(node: nodes.Let, type: str, scope: Scope) -> None:
    text = shown(node.value.span)
    literal = type == "string" and isinstance(node.value, nodes.Literal)
    scope.report(
        "E306",
        f"a `let` names a predicate or a number, and {described(node.value.span, type)}",
        node.value.span,
        help=write(f"option {node.name} = {text}") if literal else f"write `{text}` where it is needed",
    )


def _depth(node: nodes.Node, known: Mapping[str, Let | Declared]) -> int:
    """Return how deep terms nest, through the lets. Each let adds one: its use is a term of its own."""
    level = [node]
    above = depth = 0
    while level:
        for each in level:
            let = known.get(each.name) if isinstance(each, nodes.Reference) else None
            depth = max(depth, above, above + let.depth + 1 if isinstance(let, Let) else 0)
        level = [child for each in level for child in children(each)]
        above += 1
    return depth


def lets(names: Names) -> dict[str, Term]:
    """Return the file's own lets by name."""
    found = ((name, names.known[name]) for name in names.own)
    return {name: _term(what) for name, what in found if isinstance(what, Let)}


def options(files: Iterable[Names], findings: Findings) -> dict[str, Option]:
    """Return the options of all files by name. The caller sets each once, so declarations have to agree."""
    found: dict[str, Declared] = {}
    for names in files:
        for name in names.own:
            what = names.known.get(name)
            if not isinstance(what, Declared):
                continue
            first = found.setdefault(name, what)
            if first.option != what.option:
                findings.report(
                    "E302",
                    f"the option `{name}` is declared twice, with two defaults",
                    what.span,
                    help="the caller sets both at once: give them one default, or rename one",
                    also=(Place(first.span, "it is declared first here"),),
                )
    return {name: what.option for name, what in found.items()}
