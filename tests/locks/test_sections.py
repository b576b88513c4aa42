"""Locks in which a model has several sections, for several values of the rules' options."""

from pathlib import Path
from typing import Any

import pytest
from support import inventory_of

import paramrules
from paramrules import Assignment
from paramrules.diffs.sides import diff_target, diffs_of_locks
from paramrules.diffs.stale import check_lock, write_lock
from paramrules.locks import Lock, parse_lock
from paramrules.named_models.model_name import read_model_name
from paramrules.projects import Models, Target

RULES = """\
option rate = 0.5
option deep = false
b: ndim <= 1 -> lr_scale = rate
w: else
"""
NET = inventory_of([{"name": "fc.weight", "shape": [4, 4]}, {"name": "fc.bias", "shape": [4]}])


def assigned(rules: str = RULES, **options: Any) -> Assignment:
    return paramrules.assign(paramrules.parse(rules, "net.rules"), NET, options=options)


def lock(*rates: float, **models: Assignment) -> Lock:
    return paramrules.lock({"net.json": [assigned(rate=rate) for rate in rates], **models})


def message(found: pytest.ExceptionInfo[paramrules.RulesError]) -> str:
    return str(found.value).strip("\n")


def test_sections_are_named_by_the_options_that_differ() -> None:
    several = lock(0.5, 0.25, other=assigned())
    assert several.names == ("net.json (rate = 0.5)", "net.json (rate = 0.25)", "other")
    assert several["net.json (rate = 0.25)"] == several.models[1]
    assert several["other"] == several.models[2]
    assert lock(0.5).names == ("net.json",)
    both = paramrules.lock({"net": [assigned(rate=1.0), assigned(deep=True), assigned(rate=1.0, deep=True)]})
    assert both.names == (
        "net (rate = 1.0, deep = false)",
        "net (rate = 0.5, deep = true)",
        "net (rate = 1.0, deep = true)",
    )


def test_only_a_lock_that_needs_it_has_the_second_version() -> None:
    several, alone = lock(0.5, 0.25), lock(0.5, other=assigned())
    assert [each.text.partition("\n")[0] for each in (several, alone)] == [
        "paramrules lock 2",
        "paramrules lock 1",
    ]
    assert parse_lock(several.text) == several
    assert parse_lock(alone.text.replace("lock 1", "lock 2")) == alone
    with pytest.raises(paramrules.RulesError) as found:
        parse_lock(several.text.replace("lock 2", "lock 1"))
    assert message(found).startswith("error[E906]: the model `net.json` has two sections\n")


def test_equal_layers_that_stand_apart_need_the_second_version() -> None:
    kinds = "abaabaabac" * 2
    rows = [{"name": f"h.{n}.{kind}", "shape": [4]} for n, kind in enumerate(kinds)]
    text = paramrules.lock(paramrules.assign(paramrules.parse("all: else\n"), inventory_of(rows))).text
    assert text.startswith("paramrules lock 2\n")
    assert "\nh.0..10..10\n  +0,2..3,5..6,8.a  (4,)  all\n  +1,4,7.b  (4,)  all\n  +9.c  (4,)  all\n" in text
    assert list(parse_lock(text)["model"].names) == [row["name"] for row in rows]


def test_two_sections_with_the_same_options(tmp_path: Path) -> None:
    with pytest.raises(paramrules.RulesError) as found:
        lock(0.5, 0.5)
    assert message(found) == (
        "error[E906]: the lock would have two sections of the model `net.json` with the same options\n"
        "  = help: lock the two apart, each into a file of its own"
    )
    with pytest.raises(paramrules.RulesError) as found:
        parse_lock(lock(0.5, 0.25).text.replace("option rate = 0.25", "option rate = 0.5"))
    assert message(found).startswith(
        "error[E906]: the model `net.json` has two sections with the same options\n"
    )


def test_a_model_with_several_sections_is_named_with_its_options() -> None:
    several = lock(0.5, 0.25)
    with pytest.raises(paramrules.RulesError) as found:
        several["net.json"]
    assert message(found) == (
        "error[E975]: the lock has 2 sections of the model `net.json`\n"
        "  = help: name one of them: `net.json (rate = 0.5)` and `net.json (rate = 0.25)`"
    )
    assert several.section(("other", "net.json"), {"rate": 0.25}) == several.models[1]
    assert lock(0.5).section(("net.json",), {"rate": 0.25}).options["rate"] == 0.5
    with pytest.raises(paramrules.RulesError) as found:
        several["net.json (rate = 0.3)"]
    assert message(found) == (
        "error[E907]: the lock has no model `net.json (rate = 0.3)`\n"
        "  = help: did you mean `net.json (rate = 0.5)`?"
    )


def test_rules_are_compared_with_the_section_of_their_options() -> None:
    several, rules = lock(0.5, 0.25), paramrules.parse(RULES, "net.rules")
    assert paramrules.diff(several, rules, NET, name="net.json", options={"rate": 0.25}).same
    assert paramrules.diff(several, rules, NET, name="net.json").same
    assert paramrules.diff(rules, several, NET, name="net.json (rate = 0.5)").same
    found = paramrules.diff(several, rules, NET, name="net.json (rate = 0.25)")
    assert found.options == {"rate": (0.25, 0.5)}
    more = paramrules.parse(RULES + "option more = 1\n", "net.rules")
    assert paramrules.diff(several, more, NET, name="net.json", options={"rate": 0.25}).same
    one, other = lock(0.5, 0.25), lock(0.25, 0.5)
    assert paramrules.diff(one, other, name="net.json", options={"rate": 0.25}).same
    with pytest.raises(paramrules.RulesError, match="E975"):
        paramrules.diff(one, other, name="net.json")


def test_sections_are_paired_by_their_options() -> None:
    """First those with the same options, then those of the model in order, then those of other models."""

    def pairs(old: Lock, new: Lock, **how: bool) -> object:
        found = diffs_of_locks(old, new, **how)
        rates = [(each.old.options["rate"], each.new.options["rate"]) for each in found.diffs]
        return rates, list(found.went), list(found.came)

    assert pairs(lock(0.5, 0.25), lock(0.25, 0.5)) == ([(0.25, 0.25), (0.5, 0.5)], [], [])
    assert pairs(lock(0.5, 0.25), lock(0.5, 0.125)) == ([(0.5, 0.5), (0.25, 0.125)], [], [])
    assert pairs(lock(0.5), lock(0.25, 0.5)) == ([(0.5, 0.5)], [], ["net.json (rate = 0.25)"])
    assert pairs(lock(0.5, 0.25), lock(0.125)) == ([(0.5, 0.125)], ["net.json (rate = 0.25)"], [])
    other = paramrules.lock({"net.py:Net": [assigned(rate=0.5), assigned(rate=0.25)]})
    assert pairs(lock(0.5, 0.25), other) == ([(0.5, 0.5), (0.25, 0.25)], [], [])
    assert pairs(lock(0.5), paramrules.lock({"net": assigned()}), by_name=True) == ([], ["net.json"], ["net"])


def test_locks_on_a_model_of_several_sections() -> None:
    one = lock(0.5, 0.25, other=assigned())
    target = Target("net.rules", Models((read_model_name("net.json"),)))
    found = diff_target(one, lock(0.5, 0.125), target, lambda models: [])
    assert found.names == ["net.json (rate = 0.5)", "net.json (rate = 0.125)"]
    assert [each.same for each in found.diffs] == [True, False]
    assert "### `net.rules` on `net.json (rate = 0.125)`\n" in found.markdown()


def test_each_section_is_written_and_checked_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "net.rules.lock"
    assert write_lock(path, lock(0.5, 0.25))
    assert not write_lock(path, lock(0.5, 0.25))
    assert check_lock(path, lock(0.5, 0.25), by_name=True).findings == ()
    (found,) = check_lock(path, lock(0.5, 0.125), by_name=True).findings
    model = f"{tmp_path}/net.json (rate = 0.125)"
    assert found.message.endswith(f"is stale: on `{model}`, 1 tensor with other settings")
    assert write_lock(path, lock(0.5))
    assert path.read_text().startswith("paramrules lock 1\n")
