"""Real policies: they read without a finding, and every node knows its place."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from paramrules import check
from paramrules.diagnostics import Source
from paramrules.syntax import nodes, read

POLICIES = sorted((Path(__file__).parent.parent / "cases" / "policies").glob("*.rules"))


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_policy_has_no_finding(path: Path) -> None:
    assert check(path) == []


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for field in fields(node):
        value = getattr(node, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, nodes.Node):
                yield from _walk(item)


def says_what_stands_there(node: nodes.Node) -> bool:
    text = node.span.text
    inner = text
    while inner.startswith("(") and not isinstance(node, nodes.Tuple) and inner.endswith(")"):
        inner = inner[1:-1].strip()  # the span of an expression in brackets holds them
    match node:
        case nodes.Literal(_, str(value)):
            return inner[1:-1] == value
        case nodes.Reference(_, name):
            return inner == name
        case nodes.Alternative(_, value):
            return text == value
        case nodes.Pattern(_, value, quoted):
            return (text[1:-1] if quoted else text) == value
        case nodes.Let() | nodes.Option():
            return node.name_span.text == node.name and text.startswith(("let", "option"))
        case nodes.Setting():
            return node.key_span.text == node.key and text.startswith(node.key)
        case nodes.Member() | nodes.Call():
            return inner.startswith(node.function) and inner.endswith(")")
        case nodes.Axis():
            return text.strip("[] ") == node.name
        case nodes.Label():
            return text.startswith(str(node.parts[0])) and not any(map(str.isspace, text.partition("{")[0]))
        case nodes.Tuple():
            return text[0] == "(" and text[-1] == ")"
        case nodes.Rule():
            return text.startswith(node.label.span.text)
        case _:
            return bool(text) and text == text.strip()


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_spans_hold_what_the_nodes_say(path: Path) -> None:
    source = Source(path.name, path.read_text())
    file, _ = read(source)
    for statement in file.statements:
        for node in _walk(statement):
            assert says_what_stands_there(node), (node, node.span.text)
            assert statement.span.start <= node.span.start <= node.span.end <= statement.span.end


def test_statements_read_again_by_themselves_are_the_same() -> None:
    for path in POLICIES:
        file, _ = read(Source(path.name, path.read_text()))
        for statement in file.statements:
            alone, findings = read(Source("alone", statement.span.text))
            assert findings == []
            assert alone.statements == (statement,)
