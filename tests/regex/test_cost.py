"""No regex that is accepted takes more than a small power of a name's length."""

import itertools
import re
import time

import pytest
from backtracking import Matcher, TooManySteps
from drawn_regexes import small
from hypothesis import given, settings

from paramrules import RulesError
from paramrules import parse as parse_rules
from paramrules.diagnostics import Source, Span
from paramrules.regex import limits, read
from paramrules.regex.ambiguity import Ambiguity, Entangled, components
from paramrules.regex.automaton import build
from paramrules.regex.parse import parse


def codes(text: str) -> list[str]:
    return [finding.code for finding in read(text, Span(Source("x.rules", text), 0, len(text)))[1]]


@pytest.mark.parametrize(
    "text",
    [
        "(a+)+$",
        "(a+)+",
        "([a-zA-Z]+)*!",
        "(a|aa)+$",
        "(a|a?)+!",
        "(.*a){20}",
        "(.*a){4}x",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(a*)*b",
        "((a?)*)*b",
        "(a*)+b",
        "(a|a)*b",
        "(a|b|ab)*c",
        r"(\w+\s?)*x",
        "(a?){25}a{25}",
        "a?" * 22 + "a" * 22,
        "((a{1,50}){1,50}){1,50}$",
        "(?i)(a|A)*b",
        r"(\d|\w)+x",
        r"(.|\w)*z",
        "(x+x+)+y",
        "(?:é|[^a])*b",
        "(aa|aaa)*b",
        "(ab|aba|b)*c",
        "(?:a{2,3}){2,}$",
        "(?:a(?:b?c?)*)*d",
        "(a|a)" * 12 + "x",
        "(?:" + "(|)" * 11 + "b)x",
        "b" + "(|)" * 11 + "$",
        "a.*b.*c.*d.*e",
        r"(\w*\.)*\w*\w*\w*\w*\w*x",
        r"^\d+\d+\d+\d+\d+$",
        r"^\d+(?:ab)?\d+(?:ab)?\d+(?:ab)?\d+(?:ab)?\d+$",
        "(?:[a-c]|[d-f])*[c-d]*[c-d]*[c-d]*!",
        "(?:xy)*(?:xyxy)*(?:xy|x)*(?:xy)*(?:xy)*z",
        r"^([^\W\d]|[a-z])*!",
        r"(?:(?:\B)*a?)*x",
        "(?:(?:a?){70})x",
    ],
)
def test_evil(text: str) -> None:
    assert codes(text) == ["E404"]


@pytest.mark.parametrize(
    "text",
    [
        r"(?:^|\.)blocks\.(?:\d+\.)?(?<i>\d+)\.",
        "encoder.*layer.*attn.*weight",
        r"^(?:.*\.)?pos_embedding$",
        r"(?i)(layernorm|layer_norm|ln|norm)[^.]*\.(scale|kernel)$",
        r"^layers\.(\d+)\.(?:downsample|blocks\.(\d+))\.",
        r"(?:\w+\.)*weight$",
        r"weight(?:_\w+)?$",
        r"(encoder|decoder)\.(layers|blocks)\.\d+\.(attn|mlp|norm1|norm2)\.(q|k|v|o)_proj\.(weight|bias)$",
        r"(?:^|\.)(?:[a-z_]+\.)*(?<i>\d+)(?:\.[a-z_]+)*$",
        r"^[^.]+\.[^.]+\.[^.]+\.[^.]+\.[^.]+\.[^.]+$",
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{64}",
        r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}",
        "(?:a|b)+c",
        "(?:[a-c]|[d-f])*[c-d]*[c-d]*!",
        "^a.*b.*c.*d.*e",
        "a.*b.*c.*d.*",
        "(.*a){3}x",
        "(?:ab){2,}c(?:de){0}(?:f{0}g|h)+",
        "(?:q|k|v){1,80}x",
        r"(?:[^\d\D]a)*b",
        "(?:a(?:bc|bd)*)+e",
        "^(?:(?:a|b)+c|(?:d|e)+f)",
        "(?:a|b)+c?(?:de)?",
        r"(?:a|b)*?\bc(?:d|e)*$",
        r"(?:layer(?:s|_stack)?\.)?(?:\d+\.)?(?:attn|attention)(?:_?(?:q|k|v)(?:_proj)?)?\.(?:weight|bias)?$",
        "|".join(f"layer_{n}_of_many" for n in range(500)),
    ],
)
def test_harmless(text: str) -> None:
    assert not {code for code in codes(text) if code != "W402"}


@pytest.mark.parametrize(
    "text",
    [
        "(?:" + "|".join(f"[a-z]{{60}}{n}" for n in range(12)) + ")+x",
        "(?:" + "[ab]?" * 300 + "c)+x",
        "^" + "(?:a|b)*" * 4 + "[ab]?" * 500 + "x",
    ],
)
def test_too_entangled_to_judge(text: str) -> None:
    assert codes(text) == ["E406"]


@pytest.mark.parametrize(
    "text",
    [
        "(?:" + "|".join(f"[a-z]{{60}}{n}" for n in range(8)) + ")+-",
        "(?:" + "|".join("a" * n for n in range(1, 33)) + ")*-",
        "|".join(f"(?:[a-z]+{n})*" for n in range(100)) + "-",
        "^(?:a|b)*" + "[ab]?" * 500 + "x",
    ],
)
def test_looking_for_the_worst_case_ends_soon(text: str) -> None:
    ambiguity = Ambiguity(build(parse(text)), failing=True)
    with pytest.raises(Entangled):
        _ = ambiguity.exponential(), ambiguity.chain(), ambiguity.ways()
    assert limits.STEPS < ambiguity.steps < limits.STEPS + limits.POSITIONS**2


def test_components_are_found_in_linear_time() -> None:
    class Vertex:
        compared = 0

        def __eq__(self, other: object) -> bool:
            Vertex.compared += 1
            return self is other

        __hash__ = object.__hash__

    path = [Vertex() for _ in range(300)]
    graph = {vertex: [after] for vertex, after in itertools.pairwise(path)} | {path[-1]: []}
    assert components(graph) == [(vertex,) for vertex in reversed(path)]
    assert Vertex.compared < 2 * len(path)


def attacks(text: str) -> list[tuple[str, str, str]]:
    """Beginnings, what to repeat, and ends of names on which a regex over `a` and `b` may be slow."""
    words = ["".join(word) for n in (1, 2, 3) for word in itertools.product("ab", repeat=n)]
    return [(first, word, "!") for first in ("", "ab") for word in words]


def steps(text: str, name: str, most: int) -> int:
    matcher = Matcher(parse(text), name, most)
    try:
        matcher.search()
    except (TooManySteps, RecursionError):
        return most
    return matcher.steps


@settings(max_examples=40, deadline=None)
@given(small.map(lambda text: f"{text}!?c"))
def test_accepted_ones_grow_no_faster_than_allowed(text: str) -> None:
    if codes(text) not in ([], ["W402"]):
        return
    degree = len(Ambiguity(build(parse(text)), failing=True).chain())
    assert degree <= limits.DEGREE
    for first, word, last in attacks(text):
        counts = [steps(text, first + word * (length // len(word)) + last, 200_000) for length in (12, 24)]
        # A little more than the power, for what is only a constant in the end.
        assert counts[1] <= counts[0] * 2 ** (degree + 1.5) or counts[1] < 5_000 or counts[0] == 200_000


@settings(max_examples=40, deadline=None)
@given(small.map(lambda text: f"^{text}c"))
def test_refused_ones_are_slow(text: str) -> None:
    """Some short attack on a loop that splits and meets takes more than any small power."""
    (state,) = [Ambiguity(build(parse(text)), failing=True).exponential()]
    if state is None or "{" in text:  # a counted repeat may be judged by the unbounded one
        return
    begins = ["".join(first) for n in range(7) for first in itertools.product("ab", repeat=n)]
    assert any(
        steps(text, first + word * (36 // len(word)) + last, 40_000) >= 40_000
        for first in begins
        for _, word, last in attacks(text)
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (r"(?:^|\.)blocks\.(?:\d+\.)?(?<i>\d+)\.", "blocks.1" * 1250),
        (r"(?:\w+\.)*weight$", "ab." * 3333),
        (r"[^.]*\.(scale|kernel)$", "a" * 10_000),
        (r"\d+x", "1" * 10_000),
    ],
)
def test_long_names_take_little_time(text: str, name: str) -> None:
    assert len(Ambiguity(build(parse(text)), failing=True).chain()) <= 2
    begun = time.perf_counter()
    re.search(parse(text).python, name, re.ASCII)
    assert time.perf_counter() - begun < 5


def test_a_file_of_hostile_regexes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ALL_STEPS", 1_000)
    slow, harmless = "^(?:a|b)*[ab]?[ab]?x", "bias"
    lines = [f'r{n}: name ~ "{slow}{n // 2}"\n' for n in range(200)]
    text = "".join(
        (f"first: name ~ {harmless}\n", *lines, f"again: name ~ {harmless}\n", "last: name ~ norm\n")
    )
    with pytest.raises(RulesError) as caught:
        parse_rules(text, name="hostile.rules")
    assert str(caught.value) == (
        "\nerror[E406]: judging the regexes of this file takes too long\n"
        "   --> hostile.rules:12:14\n"
        "    |\n"
        f' 12 | r10: name ~ "{slow}5"\n'
        f"    |              {'^' * 21} this one and those below it were not looked at\n"
        "    = help: use fewer, smaller ones: without repeats inside of repeats, "
        "and without many `?` in a row"
    )


def test_refused_regexes_cost_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ALL_STEPS", 100)
    with pytest.raises(RulesError) as caught:
        parse_rules("".join(f"r{n}: name ~ (a+)+{n}\n" for n in range(100)))
    found = [finding.code for finding in caught.value.diagnostics]
    assert found[0] == "E404"
    assert found.count("E406") == 1
