"""Thousands of mistakes of one kind cost each what a few cost: counted, not timed."""

from collections.abc import Callable

import pytest
from support import calls, inventory_of

import paramrules
from paramrules import RulesError
from paramrules.inventories.owner import fits, named

MODEL = inventory_of([{"name": f"blocks.{n}.weight", "owner": "lab.Block"} for n in range(8)])


def read(text: str) -> None:
    try:
        paramrules.parse(text)
    except RulesError as error:
        str(error)


def assigned(text: str) -> None:
    found = paramrules.assign(paramrules.parse(text), MODEL)
    "".join(map(paramrules.render, found.findings))


@pytest.mark.parametrize(
    ("work", "statement"),
    [
        pytest.param(read, "a{n}: foo{n} or bar{n}\n", id="unknown names"),
        pytest.param(read, "a{n}: f{n}(x) > 1\n", id="unknown functions"),
        pytest.param(read, "# allow: W402 -- any\na{n}: name ~ a.b{n}\n", id="allowed"),
        pytest.param(read, "# allow: W99{n} -- any\na{n}: ndim > 1\n", id="unknown codes"),
        pytest.param(read, 'r{n}: name ~ "(.*b?){{3}}Z{n}"\ne{n}: name == "a.{n}"\n', id="regexes and texts"),
        pytest.param(read, "r{n}: name ~ ^a$b{n}\n", id="found nowhere"),
        pytest.param(assigned, "a{n}: name ~ ^block{n}$\n", id="dead rules"),
        pytest.param(assigned, "a{n}: type(Blok{n}|Bloc{n})\n", id="dead classes"),
    ],
)
def test_each_mistake_costs_the_same(work: Callable[[str], None], statement: str) -> None:
    def steps(count: int, start: int) -> int:
        text = "".join(statement.format(n=n) for n in range(start, start + count))
        return calls(lambda: work(text))

    steps(5, 0)
    assert steps(240, 10_000) < 2.6 * steps(120, 20_000)


def test_many_classes_in_one_test() -> None:
    def steps(count: int, start: int) -> int:
        text = "a: " + "|".join(f"Blok{n}" for n in range(start, start + count))
        return calls(lambda: assigned(text.replace("a: ", "a: type(") + ")\nb: else\n"))

    steps(5, 0)
    assert steps(240, 10_000) < 2.6 * steps(120, 20_000)


def test_branches_with_dead_classes() -> None:
    def steps(count: int, start: int) -> int:
        text = " or ".join(f"type(Blok{n})" for n in range(start, start + count))
        return calls(lambda: assigned(f"a: {text}\nb: else\n"))

    steps(5, 0)
    assert steps(160, 10_000) < 2.6 * steps(80, 20_000)


@pytest.mark.parametrize(
    ("glob", "text", "matches"),
    [
        *(("LayerNorm", "LayerNorm", True), ("Layer", "LayerNorm", False), ("Layer*", "LayerNorm", True)),
        *(("*Nor?", "LayerNorm", True), ("?ayer*orm", "LayerNorm", True), ("L?yer", "Layer", True)),
        *(("L?yer", "Layers", False), ("*", "", True), ("**", "a", True), ("a*a", "a", False)),
        *(("*a?c*", "xxabc", True), ("*a?c*", "xxab", False), ("*b*a", "ab", False), ("?", "", False)),
    ],
)
def test_globs_of_classes(glob: str, text: str, matches: bool) -> None:
    assert fits(glob, text) is matches
    assert named(glob, f"lab.{text}") is matches


def test_a_glob_of_many_stars_takes_few_steps() -> None:
    text = "ab" * 500

    def steps(stars: int) -> int:
        return calls(lambda: fits("*a?" * stars + "c", text))

    assert steps(400) < 2.2 * steps(200)
