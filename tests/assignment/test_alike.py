"""Entries that rules cannot tell apart are looked at once, and the groups are those of looking at each."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from drawn_regexes import drawn
from support import inventory_of

import paramrules
from paramrules.assignment.alike import Alike, Blocks
from paramrules.assignment.entry_facts import Facts
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.diagnostics import RulesError, Source, Span
from paramrules.regex import read
from paramrules.rules.builtin_names import FLAGS, NUMBERS
from paramrules.rules.terms import Flag, RegexTest, Term
from paramrules.syntax.tree import node
from paramrules.testing.rows import RowColumns

ROWS: list[dict[str, Any]] = [
    {
        "name": f"blocks.{layer}.{part}",
        "shape": [layer % 2 + 1] * (2 if part.endswith("weight") else 1),
        "trainable": layer % 3 > 0,
        "dtype": "bfloat16" if layer % 5 == 1 else "float32",
        "role": "other" if layer % 7 == 2 else "weight",
        **({"fan_in": layer // 3, "fan_out": 4} if layer % 2 else {}),
    }
    for layer in range(25)
    for part in ("mlp.experts.1.weight", "mlp.experts.12.weight", "mlp.bias", "norm1.weight")
]
ROWS += [
    {"name": "embed.weight", "shape": [9, 2], "also": [{"name": "head.weight"}, {"name": "blocks.30.tied"}]}
]

TESTS = [
    *sorted(FLAGS),
    *(f"{number} > 4" for number in sorted(NUMBERS)),
    "ndim > 1",
    "size / ndim > 1",
    "shape == (2, *)",
    "ndim in (1, 3)",
    "role == other",
    "dtype == float32",
    "not tied",
    "attr(kind)",
    "attr(kind) == 1",
    "index(block) < 4",
    "count(block) > 4",
    "name ~ norm",
    "name !~ norm",
    r"name ~ experts\.\d+\.",
    r"name ~ experts\.1[02]?\.",
    r"name ~ ^blocks\.1\.",
    r"name ~ ^blocks\.1",
    r"name !~ ^blocks\.1",
    r"name ~ ^blocks\.[0-3]\.",
    r"module ~ ^blocks\.2",
    r"leaf ~ ^weight",
    "name like 'blocks.?.mlp*'",
    "name like '*[12].weight'",
    "name like *1.mlp*",
    "name like glob",
    "name == 'embed.weight'",
    "name in ('blocks.1.mlp.bias', 'head.weight')",
    "leaf == word",
    "block",
    "block and i < 3",
    "deep and ndim > 1",
    "flag",
]
HEAD = (
    "option glob = 'blocks.2*'\noption word = 'bias'\noption flag = true\n"
    "let block = name ~ ^blocks\\.(?<i>\\d+)\\.\nlet deep = block and not name ~ norm\n"
)


def groups(text: str) -> object:
    try:
        assignment = paramrules.assign(paramrules.parse(text), inventory_of(ROWS))
    except RulesError as error:
        return [each.message for each in error.diagnostics]
    messages = [(finding.code, finding.message) for finding in assignment.findings]
    return [(group.label, group.parameters) for group in assignment.groups], messages


def one_by_one(alike: Alike) -> Blocks:
    return [[entry] for entry in range(len(alike.facts.names))]


def files(count: int) -> Iterator[str]:
    chance = random.Random(5)
    for _ in range(count):
        text = HEAD
        for axis in "ab":
            text += f"[{axis}]\n"
            for number in range(chance.randint(1, 5)):
                tests = chance.sample(TESTS, chance.randint(1, 3))
                joined = f" {chance.choice(('and', 'and', 'or'))} ".join(tests)
                text += f"{axis}{number}?: {chance.choice(('', '', 'not '))}({joined})\n"
        yield text


@pytest.mark.parametrize("count", [100, pytest.param(30_000, marks=pytest.mark.slow)])
def test_groups_are_those_of_looking_at_each_entry(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [text for text in files(count) if _is_accepted(text)]
    assert len(texts) > count / 2
    found = [groups(text) for text in texts]
    with monkeypatch.context() as patched:
        patched.setattr(Alike, "blocks", one_by_one)
        assert found == [groups(text) for text in texts]


def _is_accepted(text: str) -> bool:
    try:
        paramrules.parse(text)
    except RulesError:
        return False
    return True


def test_digits_are_alike_to_a_regex_that_says_so() -> None:
    chance, seen = random.Random(3), 0
    for text, _ in drawn(1, 1500):
        regex, _ = read(text, Span(Source("<regex>", text), 0, len(text)))
        if regex is None or not regex.takes_digits_alike:
            continue
        for _ in range(5):
            name = "".join(chance.choices("ab1_.", k=chance.randint(0, 12)))
            other = "".join(chance.choice("0123456789") if sign == "1" else sign for sign in name)
            one, two = regex.search(name), regex.search(other)
            assert (one is None) == (two is None), (text, name, other)
            if one and two:
                spans = [
                    [found.span(group) for group in range(len(found.groups()) + 1)] for found in (one, two)
                ]
                assert spans[0] == spans[1], (text, name, other)
                seen += 1
    assert seen > 500


def test_a_prefix_begins_every_name_that_a_regex_finds() -> None:
    chance, seen = random.Random(4), 0
    for text, _ in drawn(2, 1500):
        regex, _ = read("^" + text, Span(Source("<regex>", "^" + text), 0, len(text) + 1))
        if regex is None or not regex.prefix:
            continue
        for _ in range(5):
            name = regex.prefix[: chance.randint(0, 3)] + "".join(chance.choices("ab1_.c", k=8))
            if regex.search(name):
                assert name.startswith(regex.prefix), (text, name)
                seen += 1
    assert seen > 100


@pytest.mark.parametrize("flag", sorted({*FLAGS, "sparse"} - {"tied"}))
def test_entries_that_differ_in_a_flag_alone_are_not_alike(
    flag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even in a flag that the language does not have yet."""
    monkeypatch.setattr(RowColumns, flag, lambda self: [True, False, True], raising=False)
    (axis,) = paramrules.parse("a: trainable\nb: else\n").axes
    rule = axis.rules[0]
    assert isinstance(rule.predicate, Flag)
    axis = replace(axis, rules=(replace(rule, predicate=replace(rule.predicate, name=flag)),))
    alike = Alike(
        [axis], Facts(inventory_of([{"name": f"w.{number}", flag: number != 1} for number in range(3)]))
    )
    assert alike.blocks() == [[0, 2], [1]]


@node
class Unknown(Term):
    """A term that the language does not have yet, as a predicate and as a value."""


def test_what_decides_a_term_of_a_new_kind_is_not_known() -> None:
    alike = Alike([], Facts(inventory_of(ROWS)))
    term: Any = Unknown(Span(Source("<test>", ""), 0, 0))
    assert alike.deciding(term) is None
    assert alike.read(term) is None


def test_alike_entries_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"name": f"blocks.{n}.experts.{e}.w", "shape": [4, 4]} for n in range(10, 60) for e in range(10, 60)
    ]
    looked: list[int] = []
    holds = Evaluator.holds

    def counted(self: Evaluator, predicate: Any, entries: list[int], premises: Any = ()) -> list[int]:
        looked.append(len(entries))
        return holds(self, predicate, entries, premises)

    monkeypatch.setattr(Evaluator, "holds", counted)
    text = (
        "a?: ndim < 2\nb?: name ~ gate\nc?: name ~ ^blocks\\.11\\.experts\\.1\n"
        "d: name ~ \\.(?<e>\\d+)\\.w\ne?: else\n"
    )
    assignment = paramrules.assign(paramrules.parse(text), inventory_of(rows))
    assert [len(group.parameters) for group in assignment.groups] == [10, 2490]
    assert looked == [2, 2, 10, 1]


def test_names_that_hold_a_line_break() -> None:
    facts = Facts(inventory_of([{"name": "a1\nb23"}, {"name": "c4"}]))
    assert facts.folded == ["a0\nb00", "c0"]


def test_a_let_that_two_rules_read() -> None:
    rules = paramrules.parse("let twice = 2 * size\na: twice > 100\nb: twice > 4\n")
    model = inventory_of([{"name": f"w.{extent}", "shape": (extent,)} for extent in (1, 3, 60, 4)])
    groups = paramrules.assign(rules, model).groups
    assert [(group.label, group.parameters) for group in groups] == [
        ("a", (2,)),
        ("b", (1, 3)),
        ("default", (0,)),
    ]


@pytest.mark.parametrize(
    "regex",
    [
        r"^(?<a>\w+)\.(?<i>\d+)(?:\.(?<b>\w+))?",
        r"(?<a>\d+)|(?<b>[a-z]+)",
        r"(?<x>(?:[a-z]+\.?)+)(?<i>\d+)?",
        r"(?:(?<a>[a-z]+)|(?<b>\w+\.))+(?<i>\d+)",
    ],
)
@pytest.mark.parametrize("subject", ["name", "module", "leaf"])
def test_captures_are_cut_where_a_search_finds_them(regex: str, subject: str) -> None:
    chance = random.Random(regex)
    names = {"".join(chance.choices("aab1.23_", k=chance.randint(1, 6))) for _ in range(300)}
    facts = Facts(inventory_of(sorted(names)))
    test = paramrules.parse(f"a: {subject} ~ {regex}\n").axes[0].rules[0].predicate
    assert isinstance(test, RegexTest)
    assert test.regex.takes_digits_alike
    searched = {entry: test.regex.search(text) for entry, text in enumerate(facts.texts(subject))}
    assert facts.found(test) == {entry: match.groups() for entry, match in searched.items() if match}
