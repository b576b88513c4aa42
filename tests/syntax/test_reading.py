"""Reading a text: trees, comments, allowances, language."""

import subprocess
import sys
import threading

import pytest

from paramrules.diagnostics import Source, render
from paramrules.syntax import nodes as n
from paramrules.syntax import read
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.parser import Failure
from paramrules.syntax.statements import Piece, cut


def tree(text: str) -> tuple[n.Statement, ...]:
    file, findings = read(Source("t.rules", text))
    assert findings == []
    return file.statements


def predicate(text: str) -> n.Expression:
    (rule,) = tree(f"a: {text}")
    assert isinstance(rule, n.Rule)
    assert rule.predicate is not None
    return rule.predicate


def said(text: str) -> str:
    return "\n".join(render(finding) for finding in read(Source("t.rules", text))[1])


def test_the_smallest_file() -> None:
    (rule,) = tree("no_decay: type(LayerNorm|Embedding) or name~bias|mem_k|mem_v or ndim<=1")
    assert isinstance(rule, n.Rule)
    assert rule.span.text == rule.span.source.text
    assert isinstance(rule.predicate, n.AnyOf)
    assert [type(item) for item in rule.predicate.items] == [n.Member, n.Matches, n.Compare]
    assert (rule.label.parts, rule.optional, rule.settings) == (("no_decay",), False, None)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("a or b and not c", "a or (b and (not c))"),
        ("a or b or c and d and e", "a or b or (c and d and e)"),
        ("not a == b", "not (a == b)"),
        ("a + b * c - d == 1", "((a + (b * c)) - d) == 1"),
        ("-a ** -b == 2", "(-(a ** (-b))) == 2"),
        ("a ** b ** c == 2", "(a ** (b ** c)) == 2"),
        ("a // b % c / d == 2", "(((a // b) % c) / d) == 2"),
        ("name not in ('a', )", "name not in ('a')"),
        ("orange or android", "(orange) or (android)"),
        ("name~x->", None),
    ],
)
def test_precedence(text: str, meaning: str | None) -> None:
    if meaning is None:
        assert "there are no settings behind `->`" in said(f"a: {text}")
    else:
        assert predicate(text) == predicate(meaning)


def test_a_bracket_changes_the_span_and_nothing_else() -> None:
    compare = predicate("( (a) + b) < 1")
    assert isinstance(compare, n.Compare)
    assert compare.left.span.text == "( (a) + b)"
    assert compare == predicate("a + b < 1")


def test_numbers() -> None:
    (let,) = tree("let x = (1_000, .5, 1., 1e3, 0x, 9223372036854775808)".replace("0x, ", ""))
    assert isinstance(let, n.Let)
    assert isinstance(let.value, n.Tuple)
    values = [item.value for item in let.value.items if isinstance(item, n.Literal)]
    assert values == [1000, 0.5, 1.0, 1000.0, 2**63]
    assert [type(value) for value in values] == [int, float, float, float, int]
    assert predicate("a == 0000000000000000000000012") == predicate("a == 12")
    assert predicate("a == (1, )") == predicate("a == (1 , )")
    assert predicate("a == 0e-999") == predicate("a == 0.0")


def test_strings_are_raw() -> None:
    compare = predicate(r"""name == "a\"b\d" """)
    assert isinstance(compare, n.Compare)
    assert compare.right == n.Literal(compare.span, r"a\"b\d")
    assert predicate("name == 'x#y'") == predicate('name == "x#y"')


def test_all_statements() -> None:
    text = """\ufeffedition 1
include <norms>
include "a/b.rules"
option rate = -0.5
option width
let t = (1, *, 3)
[lr]
block_{i + 1}_x{j}?: name !~ "(?<i>.)" -> lr_scale = rate, betas = (0.9, 0.95,), frozen = none,
rest?: else -> a = true, b = false, c = "x"
expect not rest?: max(a, b) > shape[-1]
expect rest: attr(x.y) and name not like *.b and count()
""".replace("\ufeff", "")
    edition, library, beside, rate, width, let, axis, block, rest, refuse, expect = tree(text)
    assert edition == n.Edition(edition.span, 1)
    assert library == n.Include(library.span, "norms", True)
    assert beside == n.Include(beside.span, "a/b.rules", False)
    assert isinstance(rate, n.Option)
    assert rate.default == n.Literal(rate.span, -0.5)
    assert width == n.Option(width.span, "width", width.span, None)
    assert isinstance(let, n.Let)
    assert isinstance(let.value, n.Tuple)
    assert let.value.items[1] == n.AnyExtent(let.span)
    assert axis == n.Axis(axis.span, "lr")
    assert isinstance(block, n.Rule)
    assert [p if isinstance(p, str) else p.span.text for p in block.label.parts] == [
        "block_",
        "i + 1",
        "_x",
        "j",
    ]
    assert block.label.span.text == "block_{i + 1}_x{j}"
    assert block.optional
    assert [setting.key for setting in block.settings or ()] == ["lr_scale", "betas", "frozen"]
    assert isinstance(rest, n.Rule)
    assert (rest.predicate, rest.optional) == (None, True)
    assert rest.span.text == 'rest?: else -> a = true, b = false, c = "x"'
    assert isinstance(refuse, n.Expect)
    assert (refuse.negated, refuse.optional) == (True, True)
    assert isinstance(expect, n.Expect)
    assert (expect.negated, expect.optional) == (False, False)


def test_lines_are_cut_in_column_0() -> None:
    text = "\n# a\na: b # c\n\n   # d\n\t-> x = 1\n# e\n  # f\nb: c"
    pieces = cut(text)
    assert [text[start:end] for start, end in pieces] == ["a: b # c\n\n   # d\n\t-> x = 1", "b: c"]
    file, findings = read(Source("t.rules", text))
    assert findings == []
    assert [comment.text for comment in file.comments] == ["# a", "# c", "# d", "# e", "# f"]


def test_allow_comments() -> None:
    text = """\
# allow: W402, W203, WMLX601 -- legacy names
# (another comment)
# allow: W316 -- and another one
a: b
   # allow: W203 -- inside
   or c   # ## allow: W203 is only mentioned here
#allow W201--  short
b: c  # allow: W402 -- behind
"""
    file, findings = read(Source("t.rules", text))
    assert findings == []
    assert [(allow.codes, allow.statement.text[:1], allow.reason) for allow in file.allows] == [
        (("W402", "W203", "WMLX601"), "a", "legacy names"),
        (("W316",), "a", "and another one"),
        (("W203",), "a", "inside"),
        (("W201",), "b", "short"),
        (("W402",), "b", "behind"),
    ]


def test_an_allow_comment_behind_the_last_comma() -> None:
    """On a line of its own the comma still belongs to the statement."""
    text = "a: b -> c = 1 # allow: W402 -- x\n # allow: W201 -- y\n , # allow: W202 -- z\nd: e\n"
    file, findings = read(Source("t.rules", text))
    assert findings == []
    assert [(allow.codes[0], allow.statement.text[:1]) for allow in file.allows] == [
        ("W402", "a"),
        ("W201", "a"),
        ("W202", "a"),
    ]


def test_an_allow_comment_at_a_broken_statement_is_not_reported() -> None:
    file, findings = read(Source("t.rules", "# allow: W402 -- x\na b\n"))
    assert [finding.code for finding in findings] == ["E127"]
    assert [allow.statement.text for allow in file.allows] == ["a b"]


def test_a_file_that_only_looks_like_another_kind() -> None:
    assert tree("a:\n  - ndim < 0\n") == tree("a: -ndim < 0")


def test_all_errors_are_reported_and_the_rest_is_read() -> None:
    file, findings = read(Source("t.rules", 'a b\nc: d\ne: name == "\n[x]\nlet f =\noption g\n expect: 1\n'))
    assert [(f.code, f.span and f.span.start) for f in findings][:2] == [("E127", 2), ("E109", 20)]
    assert [type(statement) for statement in file.statements] == [n.Rule, n.Axis, n.Option]
    assert [(broken.kind, broken.name) for broken in file.broken][:3] == [
        ("rule", "a"),
        ("rule", "e"),
        ("let", "f"),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("let x", "let", "x"),
        ("const x = 1 2", "let", "x"),
        ("x = [1]", "let", "x"),
        ("option x =", "option", "x"),
        ("include x", "include", ""),
        ("edition x", "edition", ""),
        ("[x", "axis", "x"),
        ("expect not x", "expect", "x"),
        ("b_{i + 1}: ", "rule", "b_{i + 1}"),
        ("$", "", ""),
    ],
)
def test_broken_statements_say_what_they_were_meant_to_be(text: str, kind: str, name: str) -> None:
    file, _ = read(Source("t.rules", text))
    assert [(broken.kind, broken.name) for broken in file.broken] == [(kind, name)]


def test_reading_is_thread_safe() -> None:
    sources = [Source(f"{i}.rules", f"rule_{i}: name ~ x{i}  # c\n" * 30) for i in range(4)]
    results: dict[int, n.File] = {}
    threads = [
        threading.Thread(target=lambda i=i: results.__setitem__(i, read(sources[i])[0])) for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, file in results.items():
        assert {statement.span.source.name for statement in file.statements} == {f"{i}.rules"}
        assert {statement.span.text for statement in file.statements} == {f"rule_{i}: name ~ x{i}"}


def test_what_no_hint_knows_is_said_in_general_words() -> None:
    source = Source("t.rules", "a: b")
    mistake = Mistake(source, Piece(0, 4), Failure(4, True, frozenset({"RPAR", "VBAR"}), ("a",)))
    assert render(mistake.unexpected()) == (
        "error[E104]: the statement ends too early\n"
        "  --> t.rules:1:5\n"
        "   |\n"
        " 1 | a: b\n"
        "   |     ^ expected `)` or `|`"
    )


def test_importing_the_reader_does_not_load_the_tables() -> None:
    code = "import sys, paramrules.syntax, paramrules.rules; sys.exit('paramrules_grammar' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
