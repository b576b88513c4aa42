"""Fixes make a file better, or leave it as it is."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle.strategies import rule_files
from support import examples

import paramrules.fixing
from paramrules.diagnostics import Diagnostic, Fix, Source, Span, helping
from paramrules.fixing import _fits, fix_file, fix_text, fixes_between
from paramrules.rules.load import check_text
from paramrules.syntax.decode import normalised

TESTS = Path(__file__).parent.parent
CASES = TESTS / "cases" / "diagnostics"
BLOCKS = (TESTS / "syntax" / "mistakes.txt").read_text("utf-8").strip().split("\n\n")
MISTAKES = ["\n".join(line[2:] for line in b.split("\n") if line.startswith("> ")) for b in BLOCKS]
FILES = [path.read_text("utf-8") for path in sorted(CASES.glob("*.rules")) if "E102" not in path.stem]


def comments(text: str) -> list[str]:
    return [line.partition("#")[2] for line in text.split("\n") if "#" in line]


def causes(findings: tuple[Diagnostic, ...] | list[Diagnostic]) -> Counter[tuple[str, str]]:
    return Counter((finding.code, finding.message) for finding in findings)


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_a_fix_removes_its_finding_and_brings_no_other(unsafe: bool) -> None:
    path = str(CASES / "main.rules")
    fixable = 0
    for text in [*MISTAKES, *FILES]:
        fixed = fix_text(text, path, unsafe=unsafe)
        after = fixed.file.after
        if not fixed.applied:
            assert after == text
            continue
        fixable += 1
        left = causes(check_text(Source(path, normalised(after)), path))
        assert left == causes(fixed.left), text
        assert left < causes(fixed.found), text
        assert after.count("\n") == text.count("\n")
        is_about_comments = {"E125", "W117"} & {each.code for each in fixed.applied}
        assert set(comments(text)) <= set(comments(after)) or is_about_comments, text
        again = fix_text(after, path, unsafe=unsafe)
        assert (again.file.after, again.applied) == (after, ()), text
    assert fixable > 50


def test_many_of_the_mistakes_have_a_fix() -> None:
    """The numbers may grow; one that falls has lost a fix."""
    safe = sum(bool(fix_text(text, "t.rules").applied) for text in MISTAKES)
    either = sum(bool(fix_text(text, "t.rules", unsafe=True).applied) for text in MISTAKES)
    assert (len(MISTAKES), safe, either) == (492, 44, 126)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: ndim <= 1 && tied && size > 3", "a: ndim <= 1 and tied and size > 3"),
        ("a: ndim<=1||tied&&size>3", "a: ndim<=1 or tied and size>3"),
        ("a: (ndim<=1)||(tied)", "a: (ndim<=1)or(tied)"),
        ("a: (ndim<=1)||!tied", "a: (ndim<=1)or not tied"),
        ("a: ndim<=1 and!tied", "a: ndim<=1 and not tied"),
        ("a: !tied", "a: not tied"),
        ("a: tied&&", "a: tied&&"),
        ("a: ndim <= 1 || tied  # || tied", "a: ndim <= 1 or tied  # || tied"),
        ("a: !trainable", "a: not trainable"),
        ("a: typ(LayerNorm) || tied -> weight_deacy = 0", "a: type(LayerNorm) or tied -> weight_decay = 0"),
        ("a: !(ndim <= 1)", "a: not (ndim <= 1)"),
        ("a: ndim = 1 AND tied", "a: ndim == 1 and tied"),
        ("a: ndim === 1", "a: ndim == 1"),
        ("a: ndim <= 1 -> weight_deacy = 0", "a: ndim <= 1 -> weight_decay = 0"),
        ("a: ndim <= 1 -> weight-decay: 0", "a: ndim <= 1 -> weight_decay = 0"),
        ("a: ndim <= 1 -> lr: 0.1, eps: 1", "a: ndim <= 1 -> lr = 0.1, eps = 1"),
        ("a: ndim <= 1 -> lr == 1", "a: ndim <= 1 -> lr = 1"),
        ("a: ndim <= 1, lr = 1", "a: ndim <= 1 -> lr = 1"),
        ("a: ndim <= 1 lr = 1", "a: ndim <= 1 -> lr = 1"),
        ("a: ndim <= 1 -> freeze", "a: ndim <= 1 -> freeze = true"),
        ('a: leaf == "bias -> lr = 1', 'a: leaf == "bias" -> lr = 1'),
        ("a: leaf == \u201cbias\u201d", 'a: leaf == "bias"'),
        ("a: name ~ blocks.1", "a: name ~ blocks\\.1"),
        ("a: typ(LayerNorm)", "a: type(LayerNorm)"),
        ("let x = ndim <= 1\noptoin y = 1", "let x = ndim <= 1\noption y = 1"),
        ("a: else\nexpect a: ndmi < 2", "a: else\nexpect a: ndim < 2"),
        ("block_{1: ndim <= 1", "block_{1}: ndim <= 1"),
        ("// why\na: else", "# why\na: else"),
        ("\ufeffa: tied && tied\r\nb: else\n", "\ufeffa: tied and tied\r\nb: else\n"),
        (
            "a: tied && tied\nb: tied & size > 3\r\nc: elsewhere",
            "a: tied and tied\nb: tied and size > 3\r\nc: elsewhere",
        ),
    ],
)
def test_safe_fixes(before: str, after: str) -> None:
    assert fix_text(before, "t.rules").file.after == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ndim <= 1 -> weight_decay = 0", "no_decay: ndim <= 1 -> weight_decay = 0"),
        ("a: ndim <= 1 -> wd = 0", "a: ndim <= 1 -> weight_decay = 0"),
        ("a: p.ndim <= 1", "a: ndim <= 1"),
        ("a: (tied or ndim <= 1 -> lr = 1  # (", "a: (tied or ndim <= 1) -> lr = 1  # ("),
        ("a: name ~ .*", "a: name ~ .+"),
        ("a: name ~ bias|", "a: name ~ bias"),
        ("a: name is None", 'a: name == "None"'),
    ],
)
def test_unsafe_fixes_are_asked_for(before: str, after: str) -> None:
    assert fix_text(before, "t.rules").file.after == before
    assert fix_text(before, "t.rules", unsafe=True).file.after == after


@pytest.mark.parametrize(
    "text",
    [
        "no_decay { weight_decay: 0; }",  # the help holds an example
        "a: elsewhere && within",  # there is another mistake behind it
        "a: blocks.*.bias",  # the finding marks less than the help says
        "a: ndim <= 1 &&\n   ",  # something is missing
        "a: numel.x",
        "a: ndim <= 1 -> lr ==",
    ],
)
def test_what_would_not_be_better_is_left(text: str) -> None:
    fixed = fix_text(text, "t.rules", unsafe=True)
    assert (fixed.file.after, fixed.applied) == (text, ())
    assert [finding.fix for finding in fixed.found] == [None] * len(fixed.found)


def test_the_fixes_in_a_part_are_one_text_each() -> None:
    text = "\ufeffa: tied && tied\r\nb: ndimm <= 1\r\nc: elsewhere && within\r\nd: nope\r\n"
    found = fixes_between(text, "t.rules", 8, 19)
    assert [(each.found[0].code, each.file.after) for each in found] == [
        ("E132", text.replace("&&", "and", 1)),
        ("E301", text.replace("ndimm", "ndim")),
    ]
    assert [each.applied for each in found] == [each.found for each in found]
    assert fixes_between(text, "t.rules", 11, 18) == []
    assert fixes_between(text, "t.rules", 30, 99) == []


def test_fixes_that_overlap_take_turns() -> None:
    text = "a: ndim <= 1 -> wd = rank"
    assert fix_text(text, "t.rules").file.after == "a: ndim <= 1 -> wd = ndim"
    assert fix_text(text, "t.rules", unsafe=True).file.after == "a: ndim <= 1 -> weight_decay = ndim"


def test_an_edit_never_takes_a_comment_or_a_line() -> None:
    for text in ("a # why", "a\nb"):
        assert not _fits(Fix(Span(Source("t.rules", text), 0, len(text)), "c", is_safe=True))
    assert _fits(Fix(Span(Source("t.rules", "a # why"), 0, 1), "c", is_safe=True))


def test_a_bad_fix_among_good_ones_is_dropped() -> None:
    lines = [f"a{i}: ndim == {i} && {'elsewhere' if i in (3, 4) else 'tied'}" for i in range(9)]
    fixed = fix_text("\n".join(lines), "t.rules")
    assert fixed.file.after.split("\n") == [
        line if "elsewhere" in line else line.replace("&&", "and") for line in lines
    ]
    assert (len(fixed.applied), len(fixed.left)) == (7, 2)


def test_the_number_of_readings_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted(source: Source, path: str) -> list[Diagnostic]:
        read.append(len(source.text))
        return check_text(source, path)

    monkeypatch.setattr(paramrules.fixing, "check_text", counted)
    lines = [f"a{i}: tied && elsewhere" for i in range(200)]
    assert not fix_text("\n".join(lines), "t.rules").applied
    assert sum(read) <= 310_000
    del read[:]
    lines = [f"a{i}: tied && ndim == {i}" for i in range(200)]
    assert len(fix_text("\n".join(lines), "t.rules").applied) == 200
    assert len(read) == 2


def test_included_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "norms.rules").write_text("let norm = typ(LayerNorm)\n")
    (tmp_path / "net.rules").write_text('include "norms.rules"\na: tied && tied\n')
    fixed = fix_file(str(tmp_path / "net.rules"))
    assert fixed.file.after == 'include "norms.rules"\na: tied and tied\n'
    assert [finding.code for finding in fixed.left] == ["E307"]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin1.rules").write_bytes(b"# \xe9\n")
    for name, code in (("latin1.rules", "E102"), ("missing.rules", "E101")):
        fixed = fix_file(str(tmp_path / name))
        assert [finding.code for finding in fixed.found] == [code]
        assert (fixed.left, fixed.applied, fixed.file.is_changed) == (fixed.found, (), False)


def test_a_word_that_stands_more_than_once_or_nowhere_has_no_fix() -> None:
    span = Span(Source("t.rules", "foo foo bar"), 0, 11)
    for word, places in (("foo", None), ("baz", None), ("bar", (8, 11))):
        fix = Diagnostic("E301", "x", span, help=helping("y", "z", word=word)).fix
        assert (fix and (fix.span.start, fix.span.end)) == places
    assert Diagnostic("E301", "x", help=helping("y", "z")).fix is None


@settings(max_examples=examples(20), deadline=None)
@given(data=st.data(), text=rule_files())
def test_a_typo_is_mended_or_left(data: st.DataObject, text: str) -> None:
    words = [
        at for at in range(len(text) - 4) if text[at : at + 4].isalpha() and not text[at - 1 : at].isalnum()
    ]
    assume(words)
    at = data.draw(st.sampled_from(words)) + 1
    swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    before, now = check_text(Source("t.rules", text), "t.rules"), fix_text(swapped, "t.rules")
    assert now.file.after == swapped or causes(now.left) <= causes(now.found)
    if causes(before) == causes(now.left) and now.applied:
        assert now.file.after == text


@pytest.mark.parametrize("opening", ["(P<", "(<", "(?:<", "(?p<", "(?P=<", "(?P:<"])
def test_a_group_is_opened_as_it_should_be(opening: str) -> None:
    text = f"block_{{i}}: name ~ ^h\\.{opening}i>\\d+) -> lr_scale = 0.5\nrest: else\n"
    fixed = fix_text(text, "t.rules")
    assert fixed.file.after == text.replace(opening, "(?<")
    assert len(fixed.applied) == 1


def test_two_groups_that_may_be_meant_are_left_alone() -> None:
    text = "b_{i}: name ~ (<i>\\d) or name ~ (P<i>\\d\\d) -> lr_scale = 0.5\nrest: else\n"
    assert fix_text(text, "t.rules").applied == ()


def test_the_names_of_both_groups_are_accepted() -> None:
    text = "b_{i}: name ~ (?P<i>\\d) -> lr_scale = 0.5\nrest: else\n"
    assert fix_text(text, "t.rules").found == ()
