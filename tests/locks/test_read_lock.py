"""Diagnostics of locks that were cut off, merged, edited by hand, or written by a newer version."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples

import paramrules
from paramrules.locks import limits, parse_lock, unfold_tree
from paramrules.locks.read import read_bytes
from paramrules.locks.runs import in_order
from paramrules.locks.words import Template, read_template

TEXT = """\
paramrules lock 1
# a comment

model net.json
rules net.rules
framework torch
versions torch 2.9
option rate = 0.75

[decay]
no_decay: weight_decay = 0
b_1..3: lr_scale = 0.5 ** (4 - i)

[lr]
rest: -

parameters
norm.weight  (4,)  no_decay/rest  frozen  tied a.w, "b c"  stacked n.w[0: 1, 1: 2]
h.0..2.w  (4, 4)  b_{i+1}/rest
end 4 tensors
"""


def error(text: str) -> str:
    with pytest.raises(paramrules.RulesError) as raised:
        parse_lock(text, "net.rules.lock")
    return str(raised.value).strip("\n")


def test_what_is_read() -> None:
    model = parse_lock(TEXT.replace("\n", "\r\n")).models[0]
    assert model.names == ["norm.weight", "h.0.w", "h.1.w", "h.2.w"]
    assert model.ties == {0: ("a.w", "b c")}
    assert str(model.stacks[0]) == "layer 1 of axis 0, layer 2 of axis 1"
    assert model.frozen == {0}
    assert model.versions == {"torch": "2.9"}
    assert model.options == {"rate": 0.75}
    assert [group.label for group in model.groups] == ["no_decay/rest", "b_1/rest", "b_2/rest", "b_3/rest"]
    assert [group.settings for group in model.groups[1:]] == [
        {"lr_scale": 0.125},
        {"lr_scale": 0.25},
        {"lr_scale": 0.5},
    ]


def test_a_conflict() -> None:
    start = TEXT.partition("end 4")[0]
    text = f"{start}<<<<<<< HEAD\nend 4 tensors\n=======\nend 5 tensors\n>>>>>>> branch\n"
    assert error(text) == (
        "error[E904]: `net.rules.lock` holds a merge conflict\n"
        "   --> net.rules.lock:20:1\n"
        "    |\n"
        " 20 | <<<<<<< HEAD\n"
        "    | ^^^^^^^^^^^^\n"
        "    = help: lock again: `paramrules lock`"
    )
    assert "E904" in error(f"<<<<<<< HEAD\n{TEXT}")


def test_a_newer_version() -> None:
    assert error(TEXT.replace("lock 1", "lock 3")) == (
        "error[E905]: `net.rules.lock` has version 3, and this paramrules reads up to version 2\n"
        "  --> net.rules.lock:1:1\n"
        "   |\n"
        " 1 | paramrules lock 3\n"
        "   | ^^^^^^^^^^^^^^^^^\n"
        "   = help: install the paramrules that wrote it, or lock again with this one"
    )


@pytest.mark.parametrize("lines", [1, 3, 4, 6, 7, 8, 10, 12, 16, 17, 18, 19])
def test_a_lock_that_is_cut_off(lines: int) -> None:
    text = "".join(TEXT.splitlines(keepends=True)[:lines])
    assert error(text).startswith("error[E903]: `net.rules.lock` ends in the middle of a model\n")


def test_a_lock_that_ends_with_the_word_in_front_of_the_tree() -> None:
    assert "E903" in error(TEXT[: TEXT.index("parameters") + len("parameters")])


def test_a_gap_in_the_tree_is_a_cut() -> None:
    assert "E903" in error(TEXT.replace("end 4 tensors\n", "\nend 4 tensors\n"))


def test_two_sections_of_one_model() -> None:
    assert error(TEXT + TEXT.partition("# a comment\n")[2]) == (
        "error[E906]: the model `net.json` has two sections\n"
        "   --> net.rules.lock:22:1\n"
        "    |\n"
        " 22 | model net.json\n"
        "    | ^^^^^^^^^^^^^^\n"
        "    = help: write it again with `paramrules lock`"
    )


def test_a_tree_that_was_edited() -> None:
    assert error(TEXT.replace("h.0..2.w", "h.0..1.w")) == (
        "error[E908]: the lines above stand for 3 tensors, not for 4: somebody has edited or merged them\n"
        "   --> net.rules.lock:20:1\n"
        "    |\n"
        " 20 | end 4 tensors\n"
        "    | ^^^^^^^^^^^^^\n"
        "    = help: write it again with `paramrules lock`"
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("model net.json", "module net.json", 4, "`model ...` should stand here"),
        ("model net.json", 'model "net', 4, "its quotes do not hold a text"),
        ("model net.json", 'model "a" + "b"', 4, "its quotes do not hold a text"),
        ("rules net.rules\n", "", 5, "`rules ...` should stand here"),
        ("torch 2.9", "torch", 7, "`torch` is not a package and its version"),
        ("= 0.75", "= 0.7.5", 8, "it does not set an option"),
        ("= 0.75", "= 1e999", 8, "it does not set an option"),
        ("= 0.75", "= 0.75 0.5", 8, "it does not set an option"),
        ("= 0.75", "= ;", 8, "it does not set an option"),
        ("= 0.75", "= " + "(" * 60, 8, "it does not set an option"),
        ("= 0.75", "= )", 8, "it does not set an option"),
        ("= 0.75", "= (1 2)", 8, "it does not set an option"),
        ("option rate = 0.75\n", "option rate = 1\noption rate = 1\n", 9, "it does not set an option"),
        ("option rate =", "option rate:", 8, "it does not set an option"),
        ("[decay]\n", "", 10, "`[axis]` or `parameters` should stand here"),
        ("weight_decay = 0", "weight_decay 0", 11, "it is not a label with its settings"),
        ("weight_decay = 0", "lr_scale = none", 11, "it is not a label with its settings"),
        ("weight_decay = 0", "eps = 1, eps = 2", 11, "it is not a label with its settings"),
        ("weight_decay = 0", 'tag = "a" b = 2', 11, "it is not a label with its settings"),
        ("weight_decay = 0", "eps = 1; a = 2", 11, "it is not a label with its settings"),
        ("no_decay: ", "no decay: ", 11, "it is not a label with its settings"),
        ("b_1..3", "b_3..1", 12, "it is not a label with its settings"),
        ("b_1..3", "b#1..3x", 12, "it is not a label with its settings"),
        ("0.5 ** (4 - i)", "1e300 ** (9999 - i)", 12, "it is not a label with its settings"),
        ("rest: -", "rest: -\nrest: -", 16, "`rest` has a line above already"),
        ("h.0..2.w", "   h.0..2.w", 19, "it is not indented as a lock is"),
        ("h.0..2.w", "    h.0..2.w", 19, "it is not indented as a lock is"),
        ("h.0..2.w", "(h).0..2.w", 19, "it does not begin with a name"),
        ("h.0..2.w", "h.2..0.w", 19, "`2..0` is not a series of numbers"),
        ("h.0..2.w", "h.0..2..0.w", 19, "`0..2..0` is not a series of numbers"),
        ("h.0..2.w", "h.0..2..000.w", 19, "`0..2..000` is not a series of numbers"),
        ("h.0..2.w", "h.0..999999999.w", 19, "`0..999999999` is not a series of numbers"),
        ("h.0..2.w", "h.0..999999..text.w", 19, "`0..999999..text` is not a series of numbers"),
        ("h.0..2.w", '"\\x".0..2.w', 19, "its quotes do not hold a text"),
        ("h.0..2.w  (4, 4)  b_{i+1}/rest", "h", 19, "it has neither a shape nor lines below it"),
        ("(4, 4)", "(4 4)", 19, "a shape and labels should follow the name"),
        ("{i+1}", "{i+}", 19, "its braces do not hold a number that counts"),
        ("{i+1}", "{}", 19, "its braces do not hold a number that counts"),
        ("{i+1}", "{j+1}", 19, "its braces do not hold a number that counts"),
        ("{i+1}", "{i 1}", 19, "its braces do not hold a number that counts"),
        ("{i+1}", "{i+1", 19, "its braces do not hold a number that counts"),
        ("{i+1}", "{i-1}", 19, "a number of `h.0.w` is negative"),
        ("{i+1}", "{i+2}", 19, "`b_4` is not a label of its axis"),
        ("b_{i+1}/rest", "b_{i+1}", 19, "it should have a label for each axis: 2, not 1"),
        ("b_{i+1}/rest", "b_1, rest", 19,
         "labels should follow the shape, and then `frozen`, `tied` or `stacked`"),
        ('"b c"', '"b\\c"', 18, "its marks do not hold names and places"),
        ('"b c"', "h.1.w", 19, "`h.1.w` has a line above already"),
        ('"b c"', "norm.weight", 18, "`norm.weight` has a line above already"),
        ("[0: 1, 1: 2]", "[0: 1, 1]", 18, "its marks do not hold names and places"),
        ("h.0..2.w", "h" * 990 + ".0..2.long.name", 19, "its names have more than 1000 characters"),
        ("h.0..2.w", "h.0..2.a.0..99999.b.0..9", 18,
         "a lock stands for at most 1,000,000 tensors, and this one for more"),
        ("h.0..2.w", "h.0..9.0..99999..text.0..99999..text", 18,
         "a lock stands for at most 1,000,000 tensors, and this one for more"),
        ("b_1..3", "b_1..100001", 12, "it is not a label with its settings"),
    ],
)  # fmt: skip
def test_lines_that_cannot_be_understood(old: str, new: str, line: int, why: str) -> None:
    assert TEXT.count(old) == 1
    text = error(TEXT.replace(old, new))
    assert [part.strip() for part in text.splitlines()[:2]] == [
        f"error[E902]: this line of a lock cannot be understood: {why}",
        f"--> net.rules.lock:{line}:1",
    ]


HEADER = "paramrules lock 1\n"
SECTION = """
model {name}
rules net.rules
framework torch

[]
{labels}

parameters
{tree}
end {count} tensors
"""


@pytest.mark.parametrize(
    ("sections", "why"),
    [
        (
            [{"labels": "\n".join(f"b{i}_0..19999: -" for i in range(6))}],
            "it is not a label with its settings",
        ),
        (
            [{"labels": "b0..99999: -"}],
            "it is not a label with its settings",
        ),
        (
            [{"tree": f'"{"x" * 1_000_000}"\n' + "\n".join(f"  w{i}  (1,)  a" for i in range(200))}],
            "the names and labels up to here are too long together",
        ),
        (
            [{"tree": "w0..9999  (1,)  a  tied " + ", ".join(f"t{i}_{{i}}" for i in range(999))}],
            "the names and labels up to here are too long together",
        ),
        (
            [{"tree": ".".join(["0..1..9"] * 1001) + "  (1,)  a"}],
            "its names have more than 1000 characters",
        ),
        (
            [{"tree": "\n".join(f"w{i}" + ".0..1..9" * 500 + "  (1,)  {i}{i}" for i in range(300))}],
            "the names and labels up to here are too long together",
        ),
    ],
    ids=[
        "labels of many lines",
        "labels of one line",
        "long names",
        "long marks",
        "numbers",
        "marks of numbers",
    ],
)
def test_a_short_lock_cannot_stand_for_much(
    sections: list[dict[str, object]], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WORK", 1_000_000)  # so that less is enough
    plain = {"labels": "", "tree": "w  (1,)  a", "count": 1}
    text = HEADER + "".join(
        SECTION.format(
            name=f"m{number}", **{**plain, **each, "labels": f"a: -\n{each.get('labels', '')}".strip()}
        )
        for number, each in enumerate(sections)
    )
    assert error(text).startswith(f"error[E902]: this line of a lock cannot be understood: {why}\n")


def test_labels_are_not_read_beyond_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    filled: list[str] = []

    def read(text: str, count: int) -> Template:
        filled.append(text)
        return read_template(text, count)

    monkeypatch.setattr(limits, "WORK", 100_000)
    monkeypatch.setattr(unfold_tree, "read_template", read)
    name = ".".join(["0..1..9"] * 400)
    error(HEADER + SECTION.format(name="m", labels="a: -", tree=f"{name}  (1,)  " + "{i}" * 400, count=1))
    assert not filled


def test_the_tensors_of_all_models_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TENSORS", 5)
    fields = {"labels": "a: -", "tree": "w0..2  (1,)  a", "count": 3}
    one, two = (SECTION.format(name=name, **fields) for name in ("m", "n"))
    assert len(parse_lock(HEADER + one).models[0]) == 3
    assert "a lock stands for at most 5 tensors, and this one for more" in error(HEADER + one + two)


def test_a_series_in_the_order_of_texts_is_sorted_once_and_only_if_it_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[tuple[int, int, int]] = []

    def sort(first: int, last: int, step: int) -> Sequence[int]:
        calls.append((first, last, step))
        return in_order(first, last, step)

    monkeypatch.setattr(unfold_tree, "in_order", sort)
    tree = "h.0..2\n  x.0..11..text  (1,)  a\n  y.0..11..text  (1,)  a"
    text = HEADER + SECTION.format(name="m", labels="a: -", tree=tree, count=72)
    assert parse_lock(text).models[0].names[:4] == ["h.0.x.0", "h.0.x.1", "h.0.x.10", "h.0.x.11"]
    assert sorted(calls) == [(0, 2, 1), (0, 11, 0)]
    calls.clear()
    too_many = "\n".join(f"x{number}.0..99999..text  (1,)  a" for number in range(11))
    assert "1,000,000" in error(text.replace(tree, too_many))
    assert calls == []


def test_another_file_is_not_a_lock() -> None:
    assert error("no_decay: ndim <= 1\n").startswith("error[E902]: `net.rules.lock` is not a lock\n")
    assert error("").startswith("error[E902]: `net.rules.lock` is not a lock")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    def said(path: Path) -> str:
        with pytest.raises(paramrules.RulesError) as raised:
            paramrules.read_lock(path)
        return raised.value.diagnostics[0].message.removeprefix(f"`{path}` cannot be read as a lock: ")

    assert said(tmp_path / "none.lock") == "it does not exist"
    assert said(tmp_path) == "it is a directory"
    (tmp_path / "bytes.lock").write_bytes(b"\xff\xfe")
    assert said(tmp_path / "bytes.lock") == "it is not UTF-8"
    with pytest.raises(paramrules.RulesError) as raised:
        read_bytes(b" " * (limits.BYTES + 1), "big.lock")
    assert str(raised.value) == (
        "\nerror[E902]: `big.lock` cannot be read as a lock: it is larger than 64 MiB\n"
        "  = help: write it again with `paramrules lock`"
    )


def test_a_tree_may_be_as_deep_as_its_names() -> None:
    deep = "".join(f"{'  ' * depth}a\n{'  ' * depth}  b  ()  no_decay/rest\n" for depth in range(1200))
    start, _, end = TEXT.partition("norm.weight")
    text = start + deep + end[end.index("h.0") :].replace("end 4", "end 1203")
    assert len(parse_lock(text).models[0]) == 1203


BITS = [
    "..",
    "{",
    "}",
    "0",
    "9",
    "-",
    "#",
    '"',
    "\\",
    ",",
    "(",
    ")",
    " ",
    "  ",
    "\n",
    "i",
    "**",
    "[",
    "]",
    "text",
    "/",
]


@settings(max_examples=examples(200))
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 5), st.sampled_from(["", *BITS])), min_size=1))
def test_an_edited_lock_is_read_exactly_or_refused(edits: list[tuple[int, int, str]]) -> None:
    text = TEXT
    for at, gone, bit in edits:
        text = text[:at] + bit + text[at + gone :]
    try:
        lock = parse_lock(text)
    except paramrules.RulesError as error:
        codes = {finding.code for finding in error.diagnostics}
    else:
        codes = set()
        assert parse_lock(lock.text) == lock
    assert codes <= {"E902", "E903", "E904", "E905", "E906", "E908"}


def test_a_lock_with_more_labels_than_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LABELS", 1)
    assert "it is not a label with its settings" in error(TEXT)


def test_what_is_not_a_path() -> None:
    with pytest.raises(TypeError, match=r"^a lock is named by its path: this is a `dict`$"):
        paramrules.read_lock({})  # type: ignore[arg-type]
