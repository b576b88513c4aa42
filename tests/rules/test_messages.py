"""Messages and helps of rule files that differ by a number or a word."""

import pytest

import paramrules
from paramrules.rules.builtin_names import ARITY
from paramrules.rules.keys import PORTABLE


def said(text: str) -> list[tuple[str, str, str]]:
    try:
        findings = paramrules.parse(text).findings
    except paramrules.RulesError as error:
        findings = tuple(error.diagnostics)
    return [(one.code, one.message, one.help) for one in findings]


ONE = ("count", "index", "sqrt", "log", "exp", "abs", "floor", "ceil")
TWO_OR_MORE = ("min", "max")


@pytest.mark.parametrize("function", [*ONE, *TWO_OR_MORE])
def test_a_function_of_too_few_or_too_many_arguments(function: str) -> None:
    argument = "(name ~ (a))" if function in ("count", "index") else "size"
    wanted = "one argument" if function in ONE else "two arguments or more"
    for given in range(4):
        call = f"{function}({', '.join([argument] * given)})"
        messages = [one[1] for one in said(f"a: ndim == {call}")]
        refused = given != 1 if function in ONE else given < 2
        assert messages == ([f"`{function}` takes {wanted}, not {given}"] if refused else []), call


def test_all_functions_are_tried_here() -> None:
    assert {*ONE, *TWO_OR_MORE} == ARITY.keys()


def test_a_long_text_is_cut_at_forty_characters() -> None:
    forty = "ndim" + " + 1" * 9
    for written, shown in {forty: forty, f"{forty}1": f"{forty[:37]}..."}.items():
        ((_, message, _),) = said(f"a: {written}")
        assert message == f"`{shown}` is a number, and a predicate is needed here"


@pytest.mark.parametrize("subject", ["name", "leaf", "module"])
def test_a_pattern_that_is_the_name_of_an_option(subject: str) -> None:
    for test, sign in {"~ norm": "==", "!~ norm": "!="}.items():
        ((code, _, help),) = said(f'option norm = "x"\na: {subject} {test}')
        assert (code, help) == (
            "W324",
            f'for the option\'s value write `{subject} {sign} norm`; for the text, quote it: `"norm"`',
        )


def test_broken_parts_bring_no_follow_ups_and_others_are_still_found() -> None:
    def codes(text: str) -> list[str]:
        return [finding[0] for finding in said(text)]

    assert codes("a_{i}: nothing") == ["E301"]
    assert codes("a_{i}: sqrt(1, 2)") == ["E301", "E307"]


def test_which_keys_two_axes_may_set() -> None:
    different = {"number": ("1", "2"), "boolean": ("true", "false"), "string": ('"a"', '"b"')}
    for key, portable in PORTABLE.items():
        one, other = different[portable.types[0]]
        findings = said(f"[a]\nx: else -> {key} = {one}\n[b]\ny: else -> {key} = {other}")
        assert bool(findings) is (not key.endswith("_scale")), key


def test_words_of_python_where_a_setting_has_a_value() -> None:
    help = "write `freeze = true`"
    for before, undefined in {"": True, "let True = ndim == 1\n": False}.items():
        findings = said(f"{before}a: else -> freeze = True")
        assert any(help in finding[2] for finding in findings) is undefined, findings


def test_what_a_method_of_a_string_becomes() -> None:
    assert said('a: startswith(name, "b")')[0][2] == said('a: startswith("b")')[0][2]
    assert said("a: startswith(name)")[0][2] != said('a: startswith(name, "b")')[0][2]
    assert said('a: startswith("b", "c")')[0][2] != said('a: startswith("b")')[0][2]


def test_what_is_captured_twice() -> None:
    one, other, third = (rf"name ~ {text}(?<i>\d)" for text in "xyz")
    never = third.replace("~", "!~")
    twice = "`i` is captured twice in one rule"
    for tests in ((one, other), (never, one, other), (one, never, other), (f"not {third}", other, one)):
        assert [finding[1] for finding in said(f"a_{{i}}: {' and '.join(tests)}")] == [twice], tests
    for tests in ((never, one), (one, never), (f"not {third}", other), (one, one)):
        assert said(f"a_{{i}}: {' and '.join(tests)}") == [], tests
