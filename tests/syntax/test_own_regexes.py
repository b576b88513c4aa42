"""The regexes that the core is written with take steps in proportion to a text, which a stranger wrote."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from backtracking import steps

import paramrules
from paramrules.regex.parse import Parsed, parse
from paramrules.regex.refusal import Refused

LOOKAHEAD = re.compile(
    r"\(\?<?[=!](?:[^()\\\[]|\\.|\[(?:\\.|[^\]\\])*\]|\((?:[^()\\\[]|\\.|\[(?:\\.|[^\]\\])*\])*\))*\)"
)
OTHERS = {
    "syntax.hints.delimiters._STRING": "possessive",
    "syntax.allowances._LAST_COMMA": "possessive",
    "toml_files._DEEP_KEY": "possessive",
}
"""Regexes that the language of rule files leaves out, and why they are linear."""

SHORT, LONG, MOST = 20, 40, 20_000
BEFORE = ("", "a", "a: ", "expect ")


def own_regexes() -> Iterator[tuple[str, re.Pattern[str]]]:
    """All regexes that the modules of the core hold, by name."""
    for module in pkgutil.walk_packages(paramrules.__path__, "paramrules."):
        if module.name != "paramrules.__main__":
            for name, value in vars(importlib.import_module(module.name)).items():
                for each in value.values() if isinstance(value, dict) else [value]:
                    if isinstance(each, re.Pattern) and isinstance(each.pattern, str):
                        yield f"{module.name.partition('.')[2]}.{name}", each


def as_ours(pattern: re.Pattern[str]) -> Parsed:
    """Return the tree of a regex without its look-arounds, made to fail at the end, so that all is tried."""
    text = re.sub(r"\s", "", pattern.pattern) if pattern.flags & re.VERBOSE else pattern.pattern
    text = LOOKAHEAD.sub("", text).replace("(?i:", "(?:").removeprefix("^")
    text = re.sub(r"\\[1-9]", "'", text)  # a back-reference
    return parse(f"^(?:{text})!!!")


def most_steps(pattern: re.Pattern[str], length: int) -> int:
    """The most steps for a text of some signs and then the same one or two over and over."""
    parsed = as_ours(pattern)
    signs = sorted({*re.findall(r"[^\w\\]", pattern.pattern), *"a1 _\t:="})
    words = [*signs, *(f"a{sign}" for sign in signs)]
    return max(steps(parsed, (before + word * length)[:length], MOST) for word in words for before in BEFORE)


def is_linear(pattern: re.Pattern[str]) -> bool:
    """Return whether a text twice as long takes about twice the steps; four times as many are too many."""
    return most_steps(pattern, LONG) < min(2.7 * most_steps(pattern, SHORT), MOST)


@pytest.mark.parametrize(
    ("name", "pattern"), [pytest.param(*each, id=each[0]) for each in own_regexes() if each[0] not in OTHERS]
)
def test_steps_are_linear(name: str, pattern: re.Pattern[str]) -> None:
    assert is_linear(pattern)


def test_the_others_cannot_be_read() -> None:
    regexes = dict(own_regexes())
    for name in OTHERS:
        with pytest.raises(Refused):
            as_ours(regexes[name])


@pytest.mark.parametrize("text", [r"(a+(?:[-.]+a*)+?):", r"(.+?)[ \t]*(?:->|:)", r"[ \t]*(.+?)[ \t]*$"])
def test_slow_ones_are_found(text: str) -> None:
    pattern = re.compile(text)
    assert not is_linear(pattern)
