"""Lets, options and includes: what a name means, and in which file."""

from pathlib import Path

import pytest

from paramrules.diagnostics import RulesError
from paramrules.rules import check, load, parse
from paramrules.rules.model import Option, Rules
from paramrules.rules.terms import Alternative, ClassTest, Constant, LetPredicate, LetValue, OptionValue


def written(folder: Path, **files: str) -> Path:
    """Write files into a folder and return the path of `main`."""
    for name, text in files.items():
        (folder / f"{name}.rules").write_text(text)
    return folder / "main.rules"


def classes(rules: Rules, number: int = 0) -> list[str]:
    """Return the class names of the let that is the predicate of a rule."""
    let = rules.axes[0].rules[number].predicate
    assert isinstance(let, LetPredicate)
    test = let.predicate
    assert isinstance(test, ClassTest)
    return [alternative.text for alternative in test.alternatives]


def test_options_know_their_type() -> None:
    rules = parse('option a = 0.75\noption b = "x"\noption c = true\noption d\noption e = -1\nall: else')
    at = rules.file.span
    assert rules.options == {
        "a": Option(at, "a", "number", 0.75, False),
        "b": Option(at, "b", "string", "x", False),
        "c": Option(at, "c", "boolean", True, False),
        "d": Option(at, "d", "any", None, True),
        "e": Option(at, "e", "number", -1, False),
    }


def test_lets_of_the_file_are_listed_and_those_of_includes_are_not(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        norms="let norm = type(LayerNorm)\noption rate = 0.5\n",
        main='include "norms.rules"\nlet depth = 12\nlet tag = attr(tag)\na: norm -> lr_scale = rate\n',
    )
    rules = load(path)
    at = rules.file.span
    assert list(rules.lets) == ["depth", "tag"]
    assert rules.lets["depth"] == Constant(at, 12)
    assert list(rules.options) == ["rate"]
    assert classes(rules) == ["LayerNorm"]
    assert [file.span.source.name for file in rules.included] == [str(tmp_path / "norms.rules")]


def test_includes_of_includes_are_known_too(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        inner="let norm = type(LayerNorm)\n",
        outer='include "inner.rules"\nlet both = norm or tied\n',
        main='include "outer.rules"\na: norm\nb: both\n',
    )
    assert classes(load(path)) == ["LayerNorm"]


def test_a_diamond_is_not_a_clash(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        inner="let norm = type(LayerNorm)\noption rate = 1\n",
        left='include "inner.rules"\n',
        right='include "inner.rules"\n',
        main='include "left.rules"\ninclude "right.rules"\na: norm -> lr_scale = rate\n',
    )
    assert classes(load(path)) == ["LayerNorm"]


def test_a_files_own_let_wins_and_the_included_file_keeps_its_meaning(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        norms="let norm = type(LayerNorm)\nlet special = norm\n",
        main='include "norms.rules"\nlet norm = type(RMSNorm)\na: norm\nb: special\n',
    )
    rules = load(path)
    assert classes(rules) == ["RMSNorm"]
    special = rules.axes[0].rules[1].predicate
    assert isinstance(special, LetPredicate)
    at = rules.file.span
    assert special.predicate == LetPredicate(
        at, "norm", ClassTest(at, "type", (Alternative(at, "LayerNorm"),))
    )


def test_a_files_own_let_settles_what_two_includes_disagree_about(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        one="let norm = type(LayerNorm)\n",
        two="let norm = type(RMSNorm)\n",
        main='include "one.rules"\ninclude "two.rules"\nlet norm = type(GroupNorm)\na: norm\n',
    )
    assert classes(load(path)) == ["GroupNorm"]


def test_a_let_hides_an_included_option_which_the_caller_may_still_set(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        scales="option rate = 0.5\nlet half = rate\n",
        main='include "scales.rules"\nlet rate = 3\na: ndim == 1 -> x = rate, y = half\n',
    )
    rules = load(path)
    at = rules.file.span
    values = [setting.value for setting in rules.axes[0].rules[0].settings or ()]
    assert values == [LetValue(at, "rate", Constant(at, 3)), LetValue(at, "half", OptionValue(at, "rate"))]
    assert list(rules.options) == ["rate"]


def test_one_option_declared_alike_in_two_files_is_one_option(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        one="option rate = 0.5\n",
        two="option rate = 0.5\n",
        main='include "one.rules"\ninclude "two.rules"\na: else -> lr_scale = rate\n',
    )
    assert list(load(path).options) == ["rate"]


def codes(path: Path) -> list[str]:
    return [finding.code for finding in check(path)]


def test_a_name_is_used_above_the_include_that_brings_it(tmp_path: Path) -> None:
    path = written(tmp_path, main='a: norm\ninclude "a.rules"\nb: else\n', a="let norm = name ~ norm\n")
    (finding,) = check(path)
    assert (finding.code, finding.message) == ("E301", "`norm` is used before it is defined")
    assert finding.help == "move the include above the line that uses it"
    assert [place.span.text for place in finding.also] == ['include "a.rules"']


def test_a_broken_include_brings_no_undefined_names(tmp_path: Path) -> None:
    path = written(tmp_path, main='include "nothing.rules"\na: norm\nb_{i}: block -> lr_scale = rate ** i\n')
    assert codes(path) == ["E112"]


def test_a_broken_definition_brings_no_undefined_names(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        main="let norm = type(\noption rate = =\nlet count = 3\nlet x = norm or nrom\n"
        "a: norm -> lr_scale = rate ** count\nb: x == 1\n",
    )
    assert codes(path) == ["E136", "E146", "E303", "E301", "E305"]


def test_a_let_with_an_error_fits_everywhere(tmp_path: Path) -> None:
    path = written(
        tmp_path, main="let x = nothing\nlet y = x\na: x and y < 3 -> lr = x + y\nb_{x}: ndim == y\n"
    )
    assert codes(path) == ["E301"]


def test_a_let_that_names_a_broken_let_fits_everywhere(tmp_path: Path) -> None:
    text = "let x = name ~ '(?<i>x'\nlet y = x\na: ndim == count(x) and ndim == index(y)\nb_{i}: y\n"
    assert codes(written(tmp_path, main=text)) == ["E401"]
    text = "let x = nothing\nlet y = x\na: ndim == count(x) and ndim == index(y) and ndim == count(z)\n"
    assert codes(written(tmp_path, main=text)) == ["E301", "E301"]


def test_a_capture_of_an_included_let_is_named_with_it(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        blocks="let block = name ~ ^h\\.(?<i>\\d+)\n",
        main='include "blocks.rules"\na_{i}: name ~ ^h\n',
    )
    (finding,) = check(path)
    assert finding.message == "`i` is not defined"
    assert finding.help == "it is a capture of `block`: write `block` into the predicate of this rule"


def test_a_broken_regex_brings_no_undefined_captures(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        main="let block = name ~ '(?<i>x'\na_{i}: block\nb_{i}: block or tied\n"
        "c_{k}: tied or name ~ '(?<k>x'\n",
    )
    assert codes(path) == ["E401", "E401"]


def test_a_broken_axis_brings_no_follow_ups(tmp_path: Path) -> None:
    path = written(
        tmp_path, main="a: else\n[lr\nb: ndim == 1\nexpect c: tied\n[decay]\nlabel ndim\nexpect x: tied\n"
    )
    assert codes(path) == ["E136", "E127"]


def test_a_rule_above_with_an_error_makes_none_dead(tmp_path: Path) -> None:
    path = written(
        tmp_path, main="let x = nothing\na: x\nb: ndim == 1\n[other]\na: ndim == 1\nb: ndim == 1\n"
    )
    assert codes(path) == ["E301", "E310"]


def test_a_refused_file_is_not_said_to_be_empty(tmp_path: Path) -> None:
    path = written(tmp_path, main="edition 99\na: else\n")
    assert codes(path) == ["E107"]


def test_the_edition_is_kept() -> None:
    assert parse("edition 1\na: else").edition == parse("a: else").edition == 1


def test_many_findings_need_no_search_for_each(tmp_path: Path) -> None:
    lets = "".join(f"let long_name_{i} = {i}\n" for i in range(100))
    path = written(tmp_path, main=lets + "".join(f"a{i}: ndim == long_nam_{i}\n" for i in range(100)))
    findings = check(path)
    assert [bool(finding.help.startswith("did you mean")) for finding in findings] == [True] * 50 + [
        False
    ] * 50


def test_an_error_stops_the_rules() -> None:
    with pytest.raises(RulesError, match=r"E301"):
        parse("a: nothing")


def helps(text: str) -> list[str]:
    with pytest.raises(RulesError) as caught:
        parse(f"{text}\nrest: else\n")
    assert {finding.code for finding in caught.value.diagnostics} == {"E301"}
    return [finding.help for finding in caught.value.diagnostics]


def test_a_group_that_was_to_have_the_name_helps_where_no_string_was_meant() -> None:
    group = r"name the group with `(?<i>`"
    assert helps(r"b_{i}: name ~ b(<i>\d+)") == [group]
    assert helps(r"b: name ~ b(<i>\d+) -> lr_scale = 2 * i") == [group]
    assert helps(r"b: name ~ b(<i>\d+) -> optimizer = i") == ['write `optimizer = "i"`']
    assert helps(r"b: name ~ b(<i>\d+) -> lr_scale = i") == [group]
    assert helps(r"b: name ~ b(\d+) -> lr_scale = 2 * i") == [r"give the group its name: `(?<i>\d+)`"]
