"""The help of a dead rule or branch whose test of names nearly finds some."""

import pytest
from support import inventory_of

import paramrules
from paramrules.assignment import near_misses
from paramrules.assignment.near_misses import TRIALS

LAYERS = [f"bert.encoder.layer.{i}.fc.{leaf}" for i in range(12) for leaf in ("weight", "bias")]
MODEL = inventory_of(["bert.cls_token", "bert.embeddings.weight", *LAYERS, "bert.pooler[0].weight_g"])
USUAL = "if that is intended, write `a?:`"


def help_of(predicate: str, before: str = "") -> str:
    rules = paramrules.parse(f"{before}\na: {predicate}\nb: else\n")
    (finding,) = paramrules.assign(rules, MODEL).findings
    assert finding.code == "W201"
    return finding.help


@pytest.mark.parametrize(
    ("predicate", "help"),
    [
        (r"name ~ ^encoder\.layer", f"without `^` it finds 24 names, such as `{LAYERS[0]}`"),
        (r"name ~ \Aencoder\.layer", f"without `^` it finds 24 names, such as `{LAYERS[0]}`"),
        (r"name ~ (?i)^ENCODER\.", f"without `^` it finds 24 names, such as `{LAYERS[0]}`"),
        (r"name ~ ^encoder\.(?<i>\d+)|^layer\.1\d", f"without `^` it finds 4 names, such as `{LAYERS[20]}`"),
        (r"name ~ encoder$", f"without `$` it finds 24 names, such as `{LAYERS[0]}`"),
        (r"name ~ ^pooler$", "without `^` and `$` it finds 1 name, such as `bert.pooler[0].weight_g`"),
        ("leaf ~ encoder", f"with `name` instead of `leaf` it finds 24 names, such as `{LAYERS[0]}`"),
        (
            "module ~ ^weight$",
            "with `leaf` instead of `module` it finds 13 names, such as `bert.embeddings.weight`",
        ),
        (
            "name like encoder.*",
            f"a glob matches the whole name: `*.encoder.*` finds 24 names, such as `{LAYERS[0]}`",
        ),
        (
            "name like bert",
            "a glob matches the whole name: `bert.*` finds 27 names, such as `bert.cls_token`",
        ),
        (
            "name like layer",
            f"a glob matches the whole name: `*.layer.*` finds 24 names, such as `{LAYERS[0]}`",
        ),
        (
            'name == "cls_token"',
            "with `leaf` instead of `name` it finds 1 name, such as `bert.cls_token`",
        ),
        (
            'name == "embeddings.weight"',
            "texts are compared whole: `name like *.embeddings.weight` finds 1 name, "
            "such as `bert.embeddings.weight`",
        ),
        (
            'module in ("decoder", "bert.encoder")',
            f"texts are compared whole: `module like bert.encoder.*` finds 24 names, such as `{LAYERS[0]}`",
        ),
        (r"name ~ ^encoder and ndim >= 0", f"without `^` it finds 24 names, such as `{LAYERS[0]}`"),
        (r"name ~ nowhere or name ~ ^layer", f"without `^` it finds 24 names, such as `{LAYERS[0]}`"),
        # nothing near
        ("name ~ nowhere", USUAL),
        ("name ~ ^nowhere$", USUAL),
        ("name like nowhere", USUAL),
        ('name == "pooler[0]"', USUAL),
        # a test that finds something is not to blame, nor is one that is negated
        ("name ~ encoder and ndim > 7", USUAL),
        ("name !~ ^bert", USUAL),
        ("not (name ~ bert or name ~ ^encoder)", USUAL),
    ],
)
def test_help(predicate: str, help: str) -> None:
    assert help_of(predicate) == help


def test_lets_are_looked_into_once() -> None:
    let = "let e = name ~ ^encoder\nlet f = e and e"
    assert help_of("f or f", let) == f"without `^` it finds 24 names, such as `{LAYERS[0]}`"


def test_options_are_left_as_they_are() -> None:
    before = 'option word = "encoder.*"'
    assert help_of("name like word", before) == USUAL
    before = 'option word = "cls_token"'
    assert help_of("leaf == word and ndim > 7", before) == USUAL
    assert help_of("name == word", before).startswith("with `leaf` instead of `name` it finds 1 name")


def test_a_dead_branch_has_the_same_help() -> None:
    rules = paramrules.parse('a: name ~ embeddings or name == "cls_token"\nb: else\n')
    (finding,) = paramrules.assign(rules, MODEL).findings
    assert (finding.code, finding.help) == (
        "W202",
        "with `leaf` instead of `name` it finds 1 name, such as `bert.cls_token`",
    )


def test_many_dead_rules_are_not_all_searched_for() -> None:
    rules = paramrules.parse("\n".join(f"a{i}: name ~ ^encoder\\.layer\\.{i}$" for i in range(TRIALS)))
    helps = [finding.help for finding in paramrules.assign(rules, MODEL).findings]
    assert helps[0] == f"without `^` and `$` it finds 2 names, such as `{LAYERS[0]}`"
    assert helps[-1] == f"if that is intended, write `a{TRIALS - 1}?:`"


def test_a_file_with_very_many_dead_rules_has_no_more_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_misses, "_TERMS", 1)
    rules = paramrules.parse("a: name ~ ^encoder\na: name ~ ^layer\nb: else\n")
    first, second = paramrules.assign(rules, MODEL).findings
    assert first.help.startswith("without `^` it finds 24 names")
    assert second.help == USUAL
