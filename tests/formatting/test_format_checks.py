"""Texts that `format_rules` refuses: with errors, too large, or changed by a bug of its own."""

from collections.abc import Callable

import pytest
from support import calls

import paramrules
from paramrules import RulesError, format_rules
from paramrules.formatting import format as module
from paramrules.syntax.nodes import File


def test_all_errors_are_reported() -> None:
    with pytest.raises(RulesError) as raised:
        format_rules("# allow: W402\na: (tied\n\nb: or\n", "net.rules")
    assert [(each.code, each.span.location) for each in raised.value.diagnostics if each.span] == [
        ("W117", "net.rules:1"),
        ("E136", "net.rules:2"),
        ("E106", "net.rules:4"),
    ]


def test_names_need_no_meaning() -> None:
    text = 'include "nowhere.rules"\na: nothing -> x = y\n'
    assert format_rules(text) == text


def test_a_text_that_would_hold_too_much() -> None:
    text = f"a: {' or '.join(f'ndim=={number}' for number in range(4600))}"
    with pytest.raises(RulesError) as raised:
        format_rules(text, "net.rules")
    assert str(raised.value) == (
        "\nerror[E711]: `net.rules` would hold too much, formatted: "
        "the statement is longer than 65536 characters\n"
        "  = help: divide the file, or give parts of a long statement names with `let`"
    )


TEXT = "# allow: W201 -- why\na: tied -> lr=1\nb: name ~ 'x' # y\n"


@pytest.mark.parametrize(
    "broken",
    [
        lambda text: text.replace("lr = 1", "lr = 1.0"),
        lambda text: text.replace("lr = 1", "lr = true"),
        lambda text: text.replace('"x"', "x"),
        lambda text: text.replace("tied", "(tied"),
        lambda text: text.replace("# y", "# z"),
        lambda text: text.replace("  # y", ""),
        lambda text: text.replace("why\n", "why\n\n"),
        lambda text: text.replace("b:", " b:"),
        lambda text: text.replace("b:", "b :"),
        lambda text: text + "\n",
        lambda text: "",
    ],
)
def test_a_mistake_of_the_formatter_is_found(
    broken: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = module.layout

    def layout(text: str, file: File) -> str:
        return broken(right(text, file)) if text == TEXT else right(text, file)

    assert format_rules(TEXT) == '# allow: W201 -- why\na: tied -> lr = 1\nb: name ~ "x"  # y\n'
    monkeypatch.setattr(module, "layout", layout)
    with pytest.raises(RulesError) as raised:
        format_rules(TEXT)
    assert str(raised.value) == (
        "\nerror[E710]: `<rules>` cannot be formatted without changing it\n"
        "  = help: please report this as a bug of paramrules, with the file; it is left as it is"
    )


@pytest.mark.parametrize(
    "text",
    [
        "a{0}: name ~ ^x{0} or type(A|B) and ndim<=1 -> lr=0.1*{0} # c\n",
        "# c\n",
        "# c\n[a{0}]\nb: else\n",
        "[a{0}]\nb: tied and # c\n not leaf in ('a', # d\n 'b') -> x=1, # e\n y=2\n",
    ],
)
def test_work_is_proportional_to_the_text(text: str) -> None:
    def work(count: int) -> int:
        whole = "".join(text.format(number) for number in range(count))
        return calls(lambda: paramrules.format_rules(whole))

    some = 50 if "[" in text else 100  # a file has at most 100 axes
    work(1)
    assert work(2 * some) < 2.5 * work(some)


@pytest.mark.parametrize(
    ("before", "repeated", "after"),
    [
        ("a: tied", " or ndim == 1", ""),
        ("a: tied", " and # c\n ndim == 1", ""),
        ("a: leaf in ('a'", ", 'b'", ")"),
        ("a: type(A", "|B", ")"),
        ("a: tied -> a = 1", ", b = 2", ""),
        ("a: tied", "\n # c", "\n or ndim == 1"),
        ("a: (((((((((((((((((((tied", " or ndim == 1", ")))))))))))))))))))"),
    ],
)
def test_work_is_proportional_to_a_statement(before: str, repeated: str, after: str) -> None:
    def work(count: int) -> int:
        return calls(lambda: paramrules.format_rules(before + repeated * count + after))

    work(1)
    assert work(400) < 2.5 * work(200)


def test_what_is_not_a_text() -> None:
    message = r"^`text` is an `int` and should be the text of a rule file, a `str`$"
    with pytest.raises(TypeError, match=message):
        format_rules(1)  # type: ignore[arg-type]
