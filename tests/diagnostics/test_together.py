"""One message for one cause."""

import warnings

import pytest
from support import inventory_of

import paramrules
from paramrules.diagnostics import Diagnostic, Place, RulesError, Source, Span, render, together
from paramrules.emission import warn

SOURCE = Source("a.rules", "x: norm\ny: norm or ndm <= 1\n")
FIRST, SECOND, OTHER = Span(SOURCE, 3, 7), Span(SOURCE, 11, 15), Span(SOURCE, 19, 22)

SHOWN = """\
error[E301]: `norm` is not defined
  --> a.rules:1:4
   |
 1 | x: norm
   |    ^^^^ here
  --> a.rules:2:4
   |
 2 | y: norm or ndm <= 1
   |    ^^^^ here
   = help: define it"""


def test_findings_that_differ_in_their_place_alone_are_one() -> None:
    norm = [
        Diagnostic("E301", "`norm` is not defined", at, "here", help="define it") for at in (FIRST, SECOND)
    ]
    ndm = Diagnostic("E301", "`ndm` is not defined", OTHER)
    shown = together([norm[0], ndm, norm[1]])
    assert [render(finding) for finding in shown] == [SHOWN, render(ndm)]
    assert str(RulesError([norm[0], ndm, norm[1]])) == f"\n{SHOWN}\n\n{render(ndm)}"
    assert RulesError(norm).diagnostics == tuple(norm)


def test_what_differs_in_more_stays_apart() -> None:
    apart = [
        Diagnostic("E301", "m", FIRST),
        Diagnostic("E301", "m", SECOND, help="h"),
        Diagnostic("E303", "m", SECOND),
        Diagnostic("E504", "no place"),
        Diagnostic("E504", "no place"),
    ]
    assert together(apart) == apart
    several = Diagnostic("E301", "m", FIRST, also=(Place(SECOND),))
    assert together([several, several]) == [several]


def test_warnings_are_one_too() -> None:
    with pytest.warns(paramrules.RulesWarning) as caught:
        warn(Diagnostic("W204", "counts nothing", at) for at in (FIRST, SECOND))
    assert len(caught) == 1


def test_a_count_and_a_class_that_several_rules_name() -> None:
    rules = paramrules.parse(
        "let block = name ~ ^blok\\.(?<i>\\d+)\n"
        "a?: type(LayrNorm) and ndim == 1 -> lr_scale = 1 + count(block)\n"
        "b?: type(LayrNorm) and ndim == 2 -> lr_scale = 2 + count(block)\n"
        "c: else\n"
    )
    model = inventory_of([{"name": "w"}])
    findings = paramrules.examine(rules, model).findings
    assert [finding.code for finding in findings] == ["W204", "W204"]
    assert [len(finding.also) for finding in together(findings)] == [1]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn(findings)
    assert len(caught) == 1
