"""Files and what they include, from the disk to rules or findings."""

import os
from pathlib import Path
from typing import Any

import pytest

from paramrules import RulesError, check, load, parse, portable, render
from paramrules.diagnostics import Diagnostic, Source, Span
from paramrules.rules.load import unsilenced
from paramrules.rules.shipped import definitions
from paramrules.syntax import language
from paramrules.syntax.nodes import Allow

RULE = "a: ndim <= 1\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**files: str) -> None:
    for name, text in files.items():
        path = Path(name.replace("__", "/") + ".rules")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


def said(path: str = "main.rules") -> str:
    return "\n".join(render(finding) for finding in check(path))


@pytest.mark.parametrize("function", [load, check, portable])
@pytest.mark.parametrize("value", [None, b"a.rules", ["a.rules"], 3])
def test_what_is_not_a_path(function: Any, value: Any) -> None:
    with pytest.raises(TypeError) as raised:
        function(value)
    what = "an `int`" if value == 3 else f"a `{type(value).__name__}`"
    assert str(raised.value) == f"a rule file is named by its path: this is {what}"


@pytest.mark.parametrize(
    ("value", "instead"),
    [
        (None, ""),
        ([RULE], ""),
        (RULE.encode(), "; decode it first: `text.decode()`"),
        (Path("a.rules"), "; a file is read by `paramrules.load(path)`"),
    ],
)
def test_what_is_not_a_text(value: Any, instead: str) -> None:
    cls = type(value)
    with pytest.raises(TypeError) as raised:
        parse(value)
    assert (
        str(raised.value).replace("pathlib.", "")
        == f"`text` is a `{cls.__qualname__}` and should be a `str`{instead}"
    )


def test_a_path_in_place_of_a_text() -> None:
    with pytest.raises(RulesError) as raised:
        parse("vit.rules")
    assert str(raised.value).splitlines()[-1] == '   = help: a file is read by `paramrules.load("vit.rules")`'


def test_a_bom_and_crlf_change_nothing() -> None:
    Path("main.rules").write_bytes(b"\xef\xbb\xbfa: ndim <= 1\r\n   -> lr = 1\r\nb: else\r\n")
    write(other="a: ndim <= 1\n   -> lr = 1\nb: else\n")
    assert load("main.rules").axes == load("other.rules").axes
    assert load("main.rules").source.text == load("other.rules").source.text
    assert parse("\ufeffa: ndim <= 1\r\n   -> lr = 1\r\nb: else\r\n").axes == load("other.rules").axes


def test_a_file_that_is_not_there() -> None:
    missing = "error[E101]: `{}` cannot be read: it does not exist"
    looked = f"\n  = help: looked for `{Path.cwd() / 'main.rules'}`"
    assert said() == missing.format("main.rules") + looked
    absolute = str(Path.cwd() / "main.rules")
    assert said(absolute) == missing.format(absolute)
    with pytest.raises(RulesError, match="it does not exist"):
        load(Path("main.rules"))


@pytest.mark.parametrize(
    "text", ["let norm = type(LayerNorm)\n", "option rate = 0.5\n", "edition 1\ninclude <norms>\n"]
)
def test_a_file_of_definitions_is_right_but_not_loaded(text: str) -> None:
    write(main=text)
    assert said() == ""
    with pytest.raises(RulesError) as raised:
        load("main.rules")
    line = text.splitlines()[0]
    assert str(raised.value) == (
        f"\nerror[E311]: the file has no rules\n  --> main.rules:1:1\n   |\n 1 | {line}\n   | ^\n"
        "   = help: a file of definitions is used by the file that includes it: load that one"
    )


def test_a_file_of_another_name() -> None:
    write(mian=RULE)
    Path("rules").mkdir()
    Path("rules/vit.rules").write_text(RULE)
    missing = "error[E101]: `{}` cannot be read: it does not exist\n  = help: did you mean `{}`?"
    assert said() == missing.format("main.rules", "mian.rules")
    assert said("rules/vti.rules") == missing.format("rules/vti.rules", "vit.rules")
    assert said("rules/recurrent.rules").endswith(f"looked for `{Path.cwd()}/rules/recurrent.rules`")
    assert said("rules/vit.rules/main.rules").endswith("cannot be read: not a directory")


@pytest.mark.parametrize("text", ["a: ndim <= 1", "[lr]\nfast: else"])
def test_a_text_where_a_path_should_be(text: str) -> None:
    with pytest.raises(RulesError) as raised:
        load(text)
    assert str(raised.value).endswith("\n  = help: rules in a text are read by `paramrules.parse`")


def test_a_long_text_is_cut_where_a_path_should_be() -> None:
    with pytest.raises(RulesError) as raised:
        load("[lr]\n" + "fast: ndim <= 1\n" * 1000)
    assert str(raised.value).splitlines()[1].startswith("error[E101]: `[lr]...` cannot be read: ")
    with pytest.raises(RulesError) as raised:
        load("")
    assert str(raised.value) == "\nerror[E101]: a rule file is named by its path, and this is empty"


def test_a_folder() -> None:
    Path("main.rules").mkdir()
    assert said() == "error[E101]: `main.rules` cannot be read: it is a directory"
    Path("main.rules/b.rules").touch()
    assert said().endswith("it is a directory\n  = help: name a file in it, such as `main.rules/b.rules`")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read() -> None:
    write(main=RULE)
    Path("main.rules").chmod(0)
    assert said() == "error[E101]: `main.rules` cannot be read: permission denied"


def test_a_loop_of_links() -> None:
    Path("main.rules").symlink_to("main.rules")
    assert said() == "error[E101]: `main.rules` cannot be read: too many levels of symbolic links"


def test_a_file_that_is_too_large() -> None:
    Path("main.rules").write_bytes(b"#" * (language.BYTES + 1))
    assert said() == (
        "error[E103]: `main.rules` is larger than 1024 KiB\n"
        "  = help: divide it, or move its `let` statements to a file that it includes"
    )


@pytest.mark.parametrize("order", ["le", "be"])
def test_utf_16(order: str) -> None:
    Path("main.rules").write_bytes(f"\ufeff{RULE}".encode(f"utf-16-{order}"))
    assert said() == (
        "error[E102]: `main.rules` is UTF-16, not UTF-8\n"
        "  = help: save it as UTF-8; in PowerShell, `Out-File -Encoding utf8`"
    )


def test_bytes_that_are_not_utf_8() -> None:
    Path("main.rules").write_bytes(b'\xef\xbb\xbf# \xc3\xa9\r\na: name == "\xfc"\r\n')
    assert said() == (
        "error[E102]: `main.rules` is not UTF-8: line 2 holds the byte 0xfc\n"
        "  --> main.rules:2:13\n"
        "   |\n"
        ' 2 | a: name == "\ufffd"\n'
        "   |             ^\n"
        "   = help: save it as UTF-8"
    )


def test_includes_are_relative_to_the_file_that_includes() -> None:
    write(
        main='include "sub/one.rules"\na: x and y\n',
        sub__one='include "two.rules"\nlet x = y\n',
        sub__two="let y = ndim <= 1\n",
    )
    rules = load("main.rules")
    assert [file.span.source.name for file in rules.included] == ["sub/two.rules", "sub/one.rules"]
    os.chdir("sub")
    assert load("../main.rules").axes == rules.axes


def test_a_file_included_twice_is_read_once() -> None:
    write(
        main='include "one.rules"\ninclude "two.rules"\ninclude "base.rules"\na: x and y and z\n',
        one='include "base.rules"\nlet x = z\n',
        two='include "./base.rules"\nlet y = z\n',
        base="let z = ndim <= 1\n",
    )
    assert check("main.rules") == []
    assert len(load("main.rules").included) == 3


def test_errors_in_included_files_bear_their_names() -> None:
    write(main='include "sub/one.rules"\na: ndim <\n', sub__one="let x = \n")
    assert [(f.span.source.name, f.code) for f in check("main.rules") if f.span] == [
        ("main.rules", "E130"),
        ("sub/one.rules", "E130"),
    ]


def test_an_include_through_a_link_that_leaves_the_folder(tmp_path: Path) -> None:
    write(inner__main='include "link.rules"\na: ndim <= 1\n', secret="let x = 1\n")
    Path("inner/link.rules").symlink_to(tmp_path / "secret.rules")
    assert said("inner/main.rules") == (
        "error[E113]: `link.rules` is outside the folder of `inner/main.rules`\n"
        "  --> inner/main.rules:1:9\n"
        "   |\n"
        ' 1 | include "link.rules"\n'
        "   |         ^^^^^^^^^^^^\n"
        "   = help: a file includes only files beside it or in folders below it"
    )
    Path("inner/link.rules").unlink()
    Path("inner/other.rules").write_text("let x = 1\n")
    Path("inner/link.rules").symlink_to("other.rules")
    assert check("inner/main.rules") == []


def test_an_include_that_is_not_an_ordinary_file() -> None:
    write(main=f'include "pipe.rules"\n{RULE}')
    os.mkfifo("pipe.rules")
    assert said().startswith("error[E101]: `pipe.rules` cannot be read: it is not a regular file\n")


def test_an_included_file_that_is_not_utf_8() -> None:
    write(main=f'include "one.rules"\n{RULE}')
    Path("one.rules").write_bytes(b"# \xff\n")
    assert [finding.code for finding in check("main.rules")] == ["E102"]


def test_missing_includes_say_what_is_there() -> None:
    write(main=f'include "nroms.rules"\ninclude "norms.rules"\ninclude "none/x.rules"\n{RULE}', norm="")
    helps = [finding.help for finding in check("main.rules")]
    assert helps == [
        "did you mean `norm.rules`?",
        "the shipped file is `include <norms>`",
        "paths are relative to the file with the `include`",
    ]


def test_a_text_has_no_folder() -> None:
    with pytest.raises(RulesError) as error:
        parse(f'include "norms.rules"\n{RULE}')
    assert str(error.value) == (
        "\n"
        "error[E112]: rules given as text have no folder to include from\n"
        "  --> <rules>:1:9\n"
        "   |\n"
        ' 1 | include "norms.rules"\n'
        "   |         ^^^^^^^^^^^^^\n"
        "   = help: write the rules to a file, or include a file of the shipped library: `include <timm>`"
    )


def test_a_text_that_is_too_large() -> None:
    with pytest.raises(RulesError, match="E103"):
        parse("#" * (language.BYTES + 1))


def test_too_many_includes() -> None:
    for number in range(language.FILES + 1):
        write(**{f"f{number}": f'include "f{number + 1}.rules"\n'})
    write(main=f'include "f0.rules"\n{RULE}')
    assert said() == (
        "error[E111]: more than 100 files are included\n"
        "  --> f99.rules:1:9\n"
        "   |\n"
        ' 1 | include "f100.rules"\n'
        "   |         ^^^^^^^^^^^^"
    )


def test_a_circle_of_three() -> None:
    write(
        main=f'include "a.rules"\n{RULE}',
        a='include "b.rules"\n',
        b='include "c.rules"\n',
        c='include "a.rules"\n',
    )
    assert said().splitlines()[0] == (
        "error[E114]: includes form a circle: `a.rules` -> `b.rules` -> `c.rules` -> `a.rules`"
    )


def test_the_shipped_library_reads_without_a_finding() -> None:
    for name in definitions():
        rules = parse(f"include <{name}>\na: ndim <= 1\n")
        assert rules.findings == ()
        assert len(rules.included) >= 1


def test_warnings_alone_are_findings_of_the_rules() -> None:
    write(main="# allow: W402\na: ndim <= 1\n")
    rules = load("main.rules")
    assert [finding.code for finding in rules.findings] == ["W117"]
    assert said() == render(rules.findings[0])


def test_a_comment_silences_a_warning_in_its_statement_alone() -> None:
    write(main="a: name ~ x.y  # allow: W402 -- meant\nb: name ~ x.z\n")
    assert [(f.code, f.span and f.span.start) for f in check("main.rules")] == [("W402", 49)]
    write(main='include "one.rules"\na: m and ndim > 1\n', one="let m = name ~ x.y # allow: W402 -- meant\n")
    assert check("main.rules") == []


def test_unsilenced() -> None:
    one, two = Source("1", "a: bc\n"), Source("2", "a: bc\n")
    allows = [Allow(("W402", "E310"), Span(one, 0, 5), "why")]
    kept = [
        Diagnostic("E310", "an error", Span(one, 3, 5)),
        Diagnostic("W402", "under strict", Span(one, 3, 5), strict=True),
        Diagnostic("W402", "behind the statement", Span(one, 5, 6)),
        Diagnostic("W203", "another", Span(one, 3, 5)),
        Diagnostic("W402", "in another file", Span(two, 3, 5)),
        Diagnostic("W203", "of the model, another"),
    ]
    silenced = [Diagnostic("W402", "a warning", Span(one, 3, 5)), Diagnostic("W402", "of the model")]
    assert unsilenced([*silenced, *kept], allows) == kept
