"""All regexes of a file together cost little, however many there are."""

import pytest
from support import calls

from paramrules import RulesError
from paramrules import parse as parse_rules
from paramrules.diagnostics import Source, Span
from paramrules.regex import RegexBudget, read, refusal

SLOW = "(?:a|b)*[ab]?[ab]?x"


def test_a_file_of_too_many_automata_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal, "ALL_SIZES", 100)
    lines = [f'r{n}: name ~ "{SLOW}{n // 2}"\n' for n in range(200)]
    text = "".join(("first: name ~ bias\n", *lines, "again: name ~ bias\n", "last: name ~ norm\n"))
    with pytest.raises(RulesError) as caught:
        parse_rules(text, name="hostile.rules")
    assert str(caught.value) == (
        "\nerror[E406]: the regexes of this file are too large together\n"
        "   --> hostile.rules:16:14\n"
        "    |\n"
        f' 16 | r14: name ~ "{SLOW}7"\n'
        f"    |              {'^' * 20} this one exceeds the limit, and others below it may\n"
        "    = help: use fewer, begin them with `^`, or write `[^.]*` for a `.*` that need not cross a dot"
    )


def test_only_what_needs_an_automaton_counts_and_once() -> None:
    budget = RegexBudget()
    for text in ("bias", SLOW, SLOW, "(a+)+", "bias|norm", r"^blocks\.\d+\."):
        span = Span(Source("x.rules", text), 0, len(text))
        assert read(text, span, budget)[0] is not None
    assert budget.seen == {SLOW, "(a+)+"}
    assert 20 < budget.spent < 40


@pytest.mark.parametrize(
    "text",
    [
        r"^blocks\.{n}\.(?<i>\d+)\.attn",
        "x.*y{n}.*Z",
        "(?:|)" * 40 + "{n}|^",
        "(a?){333}{n}x",
        "(|)" * 60 + "$",
    ],
)
def test_reading_a_regex_takes_steps_in_proportion_to_its_length(text: str) -> None:
    source, budget = Source("x.rules", ""), RegexBudget()

    def steps(count: int) -> int:
        each = [text.replace("{n}", str(n)) for n in range(count, 2 * count)]
        return calls(lambda: [read(one, Span(source, 0, 0), budget) for one in each])

    assert steps(20) < 20 * 30 * len(text)
