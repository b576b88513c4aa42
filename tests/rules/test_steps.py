"""Reading and assigning take steps in proportion to the file and the model: counted, not timed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support import calls, inventory_of

import paramrules
from paramrules.rules import load, parse, reachable
from paramrules.rules.terms import same, terms_in


def doubling(first: str, step: str, depth: int) -> str:
    """Write lets that each use the previous one several times."""
    return f"let a0 = {first}\n" + "".join(f"let a{n + 1} = {step.format(f'a{n}')}\n" for n in range(depth))


LETS = [
    ("ndim", "max({0}, {0}, {0})", "ndim == {}"),
    ("2", "{0} * {0} / {0}", "ndim == {}"),
    ("attr(x)", "min({0}, {0}) + {0} * 0", "ndim == {} or tied"),
    ("ndim == 2", "{0} or {0} or {0}", "{}"),
    ("ndim == 2", "{0} and {0}", "not {}"),
    ("name ~ a", "not {0} or {0} and tied", "{}"),
    ("count(name ~ (a)) > 0", "{0} and ({0} or {0})", "{} and attr(x)"),
]


@pytest.mark.parametrize(("first", "step", "rule"), LETS)
def test_lets_that_use_each_other_several_times(first: str, step: str, rule: str) -> None:
    """Written out, twenty such lets are a million expressions or more."""

    def text(depth: int) -> str:
        return doubling(first, step, depth) + f"x?: {rule.format(f'a{depth}')}\nrest?: else\n"

    def all_steps(depth: int, tensors: int) -> int:
        model = inventory_of(
            [{"name": f"a.{n}", "shape": (n + 1, 2), "attributes": {"x": 1}} for n in range(tensors)]
        )

        def work() -> None:
            assignment = paramrules.assign(parse(text(depth)), model)
            str(assignment.explain("a.0"))

        return calls(work)

    all_steps(3, 4)
    once = all_steps(10, 4)
    assert all_steps(20, 4) < 2.5 * once
    assert all_steps(10, 8) < 2 * once


@pytest.mark.parametrize("step", ["{0} and {0}", "{0} and ({0} or {0})", "not {0} or {0} and tied"])
def test_reasons_with_lets_that_use_each_other_several_times(step: str) -> None:
    """What holds in one model and fails in the other stands behind them."""

    def steps(depth: int) -> int:
        rules = parse(
            doubling("ndim > 0", step, depth) + f"x?: a{depth} and a{depth} and attr(x)\nrest?: else\n"
        )
        models = [inventory_of([{"name": "a", "attributes": given}]) for given in ({"x": 1}, {})]
        return calls(lambda: paramrules.parity(rules, *models).findings)

    steps(3)
    assert steps(20) < 2.5 * steps(10)


def test_a_large_let_is_worked_out_once_for_all_rules_that_use_it() -> None:
    def text(size: int) -> str:
        value = "max(ndim, " + ", ".join(map(str, range(size))) + ")"
        rules = "".join(f"r{n}?: ndim == large + {n}\n" for n in range(size))
        return f"let large = {value}\nlet other = ndim == large or tied\n{rules}x?: other\nrest?: else"

    model = inventory_of([{"name": "a"}, {"name": "b"}])
    small, large = (
        calls(lambda size=size: paramrules.assign(parse(text(size)), model)) for size in (100, 200)
    )
    assert large < 2.5 * small


def test_includes_with_the_same_lets_are_compared_once_for_each_let(tmp_path: Path) -> None:
    def steps(depth: int) -> int:
        lets = doubling("ndim", "max({0}, {0})", depth) + doubling("tied", "{0} or {0}", depth).replace(
            "a", "b"
        )
        (tmp_path / "one.rules").write_text(lets)
        (tmp_path / "two.rules").write_text(lets)
        main = tmp_path / "main.rules"
        main.write_text('include "one.rules"\ninclude "two.rules"\nx: tied\n')
        return calls(lambda: load(main))

    steps(3)
    assert steps(40) < 2.5 * steps(20)


def test_an_include_that_is_repeated_is_taken_in_once(tmp_path: Path) -> None:
    (tmp_path / "one.rules").write_text("".join(f"let a{n} = {n}\n" for n in range(500)))
    main = tmp_path / "main.rules"

    def steps(count: int) -> int:
        main.write_text('include "one.rules"\n' * count + "x: tied\n")
        return calls(lambda: load(main))

    once = steps(1)
    more = [steps(count) - once for count in (11, 21)]
    assert more[0] < 10 * 500  # an include is read, but its 500 names are not looked at again
    assert more[1] < 2.5 * more[0]


def test_includes_that_differ_deep_inside_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "one.rules").write_text(doubling("ndim", "max({0}, {0})", 40))
    (tmp_path / "two.rules").write_text(doubling("size", "max({0}, {0})", 40))
    (tmp_path / "main.rules").write_text('include "one.rules"\ninclude "two.rules"\nx: tied\n')
    messages = [finding.message for finding in paramrules.check(tmp_path / "main.rules")]
    assert messages == [f"`a{n}` comes from two includes, and means two things" for n in range(41)]


def test_terms_in_visits_what_a_let_stands_for_once() -> None:
    rules = parse(doubling("ndim", "max({0}, {0})", 30) + "x: ndim == a30")
    other = parse(doubling("ndim", "max({0}, {0})", 30) + "x: ndim == a30")
    (rule,), (twin,) = rules.axes[0].rules, other.axes[0].rules
    assert rule.predicate is not None
    found = [type(term).__name__ for term in terms_in(rule.predicate)]
    assert (found.count("Arithmetic"), found.count("LetValue")) == (30, 61)
    assert [type(term).__name__ for term in terms_in(rule.predicate, lets=False)] == [
        "Comparison",
        "Field",
        "LetValue",
    ]
    assert same(rule.predicate, twin.predicate, {})
    assert hash(rule.predicate) == hash(twin.predicate)
    assert "a30" in repr(rule.predicate)


KINDS: dict[str, Callable[[int], str]] = {
    "numbers": lambda n: f"r{n}: ndim == {n}",
    "intervals": lambda n: f"r{n}: size <= {n + 1}",
    "names": lambda n: f'r{n}: name == "x{n}"',
    "names and regexes": lambda n: f'r{n}: name == "x{n}"' if n % 2 else f"r{n}: name ~ ^q.*{n}$",
    "negations": lambda n: f"r{n}: not type(X{n}) and not type(Y{n})",
    "branches": lambda n: f"r{n}: type(X{n}) or name ~ foo{n} or ndim == {n}",
    "options": lambda n: f"option o{n} = true\nr{n}: o{n} and ndim == 2",
    "labels": lambda n: f"r{n}_{{ndim}}: type(A{n})\nexpect r{n}_{{ndim}}: tied",
    "settings": lambda n: f"r{n}: type(A{n}) -> key_{n} = {n}",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_with_many_rules(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dead rules are looked for until the steps of the file are spent; everything else is linear."""
    monkeypatch.setattr(reachable, "ALL_STEPS", 1_000)

    def steps(count: int) -> int:
        text = "".join(f"{KINDS[kind](n)}\n" for n in range(count, 2 * count))  # so no regex is known already
        return calls(lambda: parse(text))

    steps(1)
    assert steps(200) < 2.5 * steps(100)


LONG: dict[str, Callable[[int], str]] = {
    "and": lambda n: "x: " + " and ".join(f"name ~ a{i}" for i in range(n)),
    "or": lambda n: "x: " + " or ".join(f"name ~ a{i}" for i in range(n)),
    "facts": lambda n: "x: " + " and ".join(f"ndim != {i}" for i in range(n)),
    "not": lambda n: "x: not (" + " or ".join(f"name ~ a{i}" for i in range(n)) + ")",
    "in": lambda n: "x: ndim in (" + ", ".join(map(str, range(n))) + ", 0)",
    "captured": lambda n: r"x: name ~ (?<i>\d+) and " + " and ".join(f"i < {i + 1}" for i in range(n)),
    "groups": lambda n: "x: " + " and ".join(rf"name ~ (?<g{i}>\d+)" for i in range(n)),
    "settings": lambda n: "x: tied -> " + ", ".join(f"k{i} = 1" for i in range(n)),
    "holes": lambda n: "x" + "".join("{ndim}" for i in range(n)) + ": tied",
    "branches with captures": lambda n: (
        "x: " + " or ".join(rf"(name ~ (?<g>\d+)\.{i} and g < 3)" for i in range(n))
    ),
}


@pytest.mark.parametrize("kind", LONG)
def test_a_long_rule(kind: str) -> None:
    def steps(count: int) -> int:
        return calls(lambda: parse(LONG[kind](count)))

    steps(200)  # compiles the regexes
    assert steps(200) < 2.5 * steps(100)
