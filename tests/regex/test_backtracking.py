"""A regex runs on `re` only if `re` searches every name in linear time."""

import random
from pathlib import Path

import pytest
from backtracking import steps, worst_name
from drawn_regexes import drawn
from support import calls

from paramrules import load, regex
from paramrules import parse as parse_rules
from paramrules.diagnostics import Diagnostic, Span
from paramrules.regex import Regex, RegexBudget
from paramrules.regex.analysis import size
from paramrules.regex.backtracking import is_linear
from paramrules.regex.parse import parse
from paramrules.rules.shipped import policies

REPOSITORY = Path(__file__).parents[2]
MOST = 5
"""Steps for each state of a regex and each character of a name; 3.6 is the highest that was ever found."""


@pytest.mark.parametrize(
    "text",
    [
        "bias",
        "bias|norm",
        r"(?:^|\.)blocks\.(?:\d+\.)?(?<i>\d+)\.",
        r"^(?:.*\.)?pos_embedding$",
        r"^layers\.(\d+)\.(?:downsample|blocks\.(\d+))\.",
        r"(encoder|decoder)\.(layers|blocks)\.\d+\.(attn|mlp|norm1|norm2)\.(q|k|v|o)_proj\.(weight|bias)$",
        r"^[^.]+\.[^.]+\.[^.]+\.[^.]+\.[^.]+\.[^.]+$",
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{64}",
        r"^(?:\w+\.)*weight$",
        r"^\w+(\.\w+)*$",
        r"(?i)lstm(?:\.\w+_l|[._])(?<i>\d+)(?:\.|$)",
        r"(?i)\.[a-z]+\.[A-Z]+1",
        r"(?i)^(?:K|b)+x",
        "^(?:a|b)+c",
        r"^(?:[a-c]|[d-f])*\b\.[c-d]*!",
        "^.*head",
        r"h\.+",
        r"embed.*|head\d{2,}",
        "blocks(.+)",
        r"^(?:ab){2,}c(?:de){0}(?:f{0}g|h)+",
        r"^(?:a(?:\.[bc]+)*)+$",
        "(?:ab?){1,3}c",
        "(?:[a-c]{2,3})x",
        "x(?:(?:a|b){2}){3}c",
        r"[^\d\D]*b",
        "|".join(f"layer_{n}_of_many" for n in range(150)),
        r"^\w*-a\w*x",
        "^a*b+a*x",
        "ba+b*x",
    ],
)
def test_runs_on_re(text: str) -> None:
    assert is_linear(parse(text))


@pytest.mark.parametrize(
    "text",
    [
        # exponential
        "(a+)+$",
        "([a-zA-Z]+)*!",
        "(a|aa)+$",
        "(a|a?)+!",
        "^(a*)*b",
        "^(a|a)*b",
        r"^(\w+\s?)*x",
        "(a?){25}a{25}",
        "^.*(?:.*)?(?:.*)?Z",
        "^b*(?:a*b)*x",
        "(?i)^(a|A)*b",
        "^(?:a{2,3}){2,}$",
        "(a|a)" * 12 + "x",
        "(a|b|b)" * 12 + "x",
        "(?:ab|a[a-c])" * 12 + "x",
        "(?:" + "(|)" * 11 + "b)x",
        "b" + "(|)" * 11 + "$",
        r"^(?:(?:\B)*a?)*x",
        # the power of something
        r"\d+x",
        "blocks.*weight",
        "[^.]*norm",
        "a.*b.*c.*d.*e",
        r"^\d+\d+x",
        "^(.*a){2}x",
        r"^\w*(?:\.\w*)?\d*x",
        r"^a(?:b|\.)*\w+x",
        "^a*b*a*x",
        "ba*b*x",
        "(?:q|k|v){1,80}x",
        # both
        "(.*b?){3}Z",
        "(.*[a-y]{0,3}){3}Z",
        ".*.*.*Z",
        r"(\w*){2}Z",
    ],
)
def test_does_not_run_on_re(text: str) -> None:
    assert not is_linear(parse(text))


def test_regexes_of_our_rule_files_run_on_re(monkeypatch: pytest.MonkeyPatch) -> None:
    found: set[Regex] = set()

    def spy(
        text: str, span: Span, budget: RegexBudget | None = None
    ) -> tuple[Regex | None, list[Diagnostic]]:
        read, findings = original(text, span, budget)
        assert read is not None
        found.add(read)
        return read, findings

    original = regex.read
    monkeypatch.setattr(regex, "read", spy)
    for folder in ("examples", "tests/cases/policies"):
        for path in sorted((REPOSITORY / folder).rglob("*.rules")):
            parse_rules(path.read_text("utf-8"), path.name)
    for versions in policies().values():
        for policy in versions:
            load(str(policy))
    assert len(found) > 60
    assert {each.text for each in found if not each.linear} == {
        r"(?i)(layernorm|layer_norm|ln|norm)[^.]*\.(scale|kernel)$",
        "^(en|de)coder\\..*rel.*_(bias|embedding)",
    }


def check_linear(seed: int, count: int) -> None:
    """Each drawn regex that runs on `re` is linear on the worst names that are found for it."""
    chance = random.Random(seed)
    cleared = [(text, parsed) for text, parsed in drawn(seed, count) if is_linear(parsed)]
    assert len(cleared) > count / 4
    for text, parsed in cleared:
        most = MOST * size(parsed.tree) * (40 + 1)
        highest, name = worst_name(
            lambda name, parsed=parsed, most=most: steps(parsed, name, most + 1), 40, chance
        )
        assert highest <= most, (text, name)


@pytest.mark.generated
def test_what_runs_on_re_takes_linear_steps() -> None:
    check_linear(seed=1, count=100)


@pytest.mark.slow
def test_what_runs_on_re_takes_linear_steps_in_thousands() -> None:
    check_linear(seed=2, count=6_000)


@pytest.mark.parametrize(
    "text",
    ["^(a|aa)+$", r"^(\w+\s?)*x", "^(a?){20}a{20}$", ".*.*.*Z", r"\d+x", "(a|a)" * 12 + "x", "[^.]*norm!"],
)
def test_the_search_for_the_worst_name_finds_slow_ones(text: str) -> None:
    parsed, length = parse(text), 60
    too_many = MOST * size(parsed.tree) * (length + 1) + 1
    highest, _ = worst_name(lambda name: steps(parsed, name, too_many), length, random.Random(0), tries=5)
    assert highest == too_many


@pytest.mark.parametrize(
    "text",
    [
        "(" * 49 + "|".join(chr(0x4E00 + 2 * n) for n in range(1_000)) + ")+" * 49 + "x",
        "(?:" * 48 + "".join(chr(0x4E00 + 2 * n) for n in range(2_500)) + "){2}" * 48,
        "(?:" * 48 + "(?:|){1000}" + "){1000}" * 48 + "x",
        "^[a-z]*" + "a" * 2_500 + r"\d+" * 160,
        "(?:a|b)" * 420,
        "(?:[a-z]+)" * 290,
        r"(?:\.[a-z]+)" * 240,
    ],
)
def test_the_test_itself_takes_few_steps(text: str) -> None:
    parsed = parse(text)
    assert calls(lambda: is_linear(parsed)) < 100_000
