import pytest

from paramrules.diagnostics import RulesError, Source
from paramrules.toml_files import Keys, parse_toml

TEXT = """\
# paramrules
[project]
name = "net"

[tool.paramrules]
severity = { W202 = "error", W203="off" }

[[tool.paramrules.targets]]
rules = "a.rules"
"models" = ["a.json"]

  [[ tool.paramrules.targets ]]   # the second
rules = "b.rules"
options.rate = 0.5
[tool.paramrules.targets.stacked]
layers = 1
[[tool.paramrules.targets]]
options = { rate = 0.5 }
[[tool.paramrules.targets.parts]]
x = 1
"""
"""Each way to write a key."""


def place(*key: str | int, text: str = TEXT) -> tuple[int, str]:
    """The line and the text that stand for a key."""
    span = Keys(Source("pyproject.toml", text)).span(key)
    return span.line, span.text


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (("project", "name"), (3, "name")),
        (("tool", "paramrules", "severity"), (6, "severity")),
        (("tool", "paramrules", "severity", "W203"), (6, "W203")),
        (("tool", "paramrules", "targets", 0), (8, "tool.paramrules.targets")),
        (("tool", "paramrules", "targets", 0, "models"), (10, '"models"')),
        (("tool", "paramrules", "targets", 0, "models", 0), (10, '"models"')),
        (("tool", "paramrules", "targets", 1), (12, "tool.paramrules.targets")),
        (("tool", "paramrules", "targets", 1, "rules"), (13, "rules")),
        (("tool", "paramrules", "targets", 1, "options", "rate"), (14, "options.rate")),
        (("tool", "paramrules", "targets", 1, "stacked", "layers"), (16, "layers")),
        (("tool", "paramrules", "targets", 2, "options", "rate"), (18, "rate")),
        (("tool", "paramrules", "targets", 2, "parts", 0, "x"), (20, "x")),
        (("tool", "paramrules", "targets", 2, "lost"), (17, "tool.paramrules.targets")),
        (("lost",), (1, "# paramrules")),
    ],
)
def test_a_key_is_found_where_it_stands(key: tuple[str | int, ...], expected: tuple[int, str]) -> None:
    assert place(*key) == expected


def test_a_key_inside_an_inline_table_that_is_not_there_is_the_table() -> None:
    assert place("a", "b", text="a = { c = 1 }\n") == (1, "a")


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a = 1\nb =\n", "Invalid value (at line 2, column 4)", 2),
        ("a = 1\n\nb = [", "Invalid value (at end of document)", 3),
        ("a = " + "[" * 100_000, "it is nested too deeply", None),
    ],
)
def test_what_is_not_toml_is_an_error_with_its_line(text: str, message: str, line: int | None) -> None:
    with pytest.raises(RulesError) as raised:
        parse_toml(Source("x.toml", text), "E931", "`x.toml`")
    (wrong,) = raised.value.diagnostics
    assert (wrong.code, wrong.message) == ("E931", f"`x.toml` cannot be read: {message}")
    assert wrong.help == "mend the TOML"
    assert (wrong.span and wrong.span.line) == line


def test_a_text_is_read_once_for_all_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[int] = []
    line = Source.line

    def counted(source: Source, number: int) -> str:
        lines.append(number)
        return line(source, number)

    monkeypatch.setattr(Source, "line", counted)
    text = "".join(f"k{number} = 1\n" for number in range(100))
    keys = Keys(Source("x.toml", text))
    assert [keys.span((f"k{number}", "below")).line for number in range(100)] == list(range(1, 101))
    assert len(lines) <= 301


@pytest.mark.parametrize("line", ["[" + " " * 200_000, "[[ a" + " " * 200_000 + "b", "[" + "a " * 100_000])
def test_a_long_line_that_is_not_a_header_is_given_up_at_once(line: str) -> None:
    # with backtracking, hours
    assert Keys(Source("x.toml", f'k = """\n{line}\n"""\n')).span(("lost",)).line == 1


@pytest.mark.parametrize(
    ("header", "text"), [("[ a . b ]", "a . b"), ("[a.b]", "a.b"), ("[[ 'a'.b]]", "'a'.b"), ("[ a ]", "a")]
)
def test_headers_of_all_styles(header: str, text: str) -> None:
    key = ("a", "b") if "b" in header else ("a",)
    span = Keys(Source("x.toml", f"{header}\nc = 1\n")).span((*key, 0) if "[[" in header else key)
    assert span.text == text


@pytest.mark.parametrize(
    ("text", "line", "help"),
    [
        ("[a.targets]\n[a.targets]\n", 2, "write `[[a.targets]]`, which begins one more each time"),
        ("[a]\n[a]\n", 2, "mend the TOML"),
        ("[targets]\nx = 1\nx = 2\n", 3, "mend the TOML"),
        ("a = [small.json]\n", 1, 'quote it: `"small.json"`'),
        ("a = models/vit.py:ViT\n", 1, 'quote it: `"models/vit.py:ViT"`'),
        ("a = True\n", 1, "write `true`"),
        ("a = =\n", 1, "mend the TOML"),
        ("a = 1 b\n", 1, "mend the TOML"),
    ],
)
def test_a_common_mistake_is_told_what_to_write(text: str, line: int, help: str) -> None:
    with pytest.raises(RulesError) as raised:
        parse_toml(Source("x.toml", text), "E931", "`x.toml`")
    (wrong,) = raised.value.diagnostics
    assert (wrong.span and wrong.span.line, wrong.help) == (line, help)


def test_a_merge_conflict_is_called_so() -> None:
    text = "a = 1\n<<<<<<< HEAD\nb = 1\n=======\nb = 2\n>>>>>>> other\n"
    with pytest.raises(RulesError) as raised:
        parse_toml(Source("x.toml", text), "E931", "`x.toml`")
    (wrong,) = raised.value.diagnostics
    assert wrong.message == "`x.toml` cannot be read: a merge conflict is not resolved"
    assert (wrong.span and wrong.span.text, wrong.help) == ("<<<<<<< HEAD", "keep one of its two sides")
