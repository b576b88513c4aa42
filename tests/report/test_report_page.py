"""The page of a report: what it shows without a script, and that no name or network gets in."""

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest
from report_pages import HOSTILE, RULES, assigned, hostile, read, small
from support import inventory_of

import paramrules
from paramrules.diagnostics import printable
from paramrules.html_report import View, page
from paramrules.html_report.depth import places


def test_groups_are_a_table() -> None:
    found = read(View(assigned(), "small.json"))
    rows = found.rows("groups")
    assert rows[0] == ["group", "settings", "tensors", "parameters", "share"]
    assert rows[1] == ["no_decay/block_1", "weight_decay=0, lr_scale=0.125", "2", "24", "3.7%"]
    assert ["decay/still", "freeze=true", "0", "0", "frozen"] in rows
    assert rows[-1] == ["total", "", "11", "648", ""]
    assert {cell.attributes["scope"] for cell in found.all("th")} <= {"col", "row", "colgroup"}


def test_state_has_a_column_and_a_total() -> None:
    assignment = assigned("a: ndim > 1\nb: else\n")
    rows = read(View(assignment, "m", state=[1024] * len(assignment.inventory))).rows("groups")
    assert [row[-1] for row in rows] == ["state", "6.00 KiB", "6.00 KiB", "12.0 KiB"]


def test_the_head_says_what_is_shown() -> None:
    found = read(View(assigned(), "small.json"))
    assert [each.text for each in found.all("h2")] == ["small.rules on small.json"]
    assert [each.text for each in found.all("title") if each.within("head")] == [
        "small.rules: parameter groups"
    ]
    assert "12 tensors, 664 parameters (torch)" in found.text
    assert "rate = 0.5" in found.text
    cards = {each.text for each in found.all("div") if str(each.attributes.get("class")).startswith("card ")}
    assert cards == {
        "groups9",
        "trained parameters648",
        "trained tensors11",
        "not trained1",
        "dead rule1",
        "left to default1",
    }


def test_dead_rules_link_to_their_line() -> None:
    found = read(View(assigned(), "m"))
    assert found.section("Dead rules") == (
        "Dead rulesThey took no parameter of this model.[decay] never: ndim > 5 at small.rules:5"
    )
    links = [each.attributes["href"] for each in found.all("a") if each.text == "small.rules:5"]
    ids = [each.attributes["id"] for each in found.elements if "id" in each.attributes]
    assert links == ["#v0-small.rules:5"] * 2  # the dead rule, and the finding about it
    assert "v0-small.rules:5" in ids
    assert len(ids) == len(set(ids))


def test_findings_have_their_code_and_help() -> None:
    found = read(View(assigned(), "m")).section("Findings")
    assert "warning W201 " in found
    assert " at small.rules:5" in found
    plain = read(View(assigned("a: else\n"), "m"))
    assert plain.section("Findings") == ""
    assert plain.section("Dead rules") == ""


def test_notes_are_about_who_is_left_tied_or_frozen() -> None:
    assert read(View(assigned(), "m")).section("Notes") == (
        "Notesleft to default in [lr]: 1 tensor (wte.weight)"
        "frozen: 1 tensor (frozen.weight)tied: wte.weight = out.weight"
    )
    skipped = assigned("a: else -> skip = true\n", inventory_of(["a.w"]))
    assert read(View(skipped, "m")).section("Notes") == "Notesskipped: 1 tensor (a.w)"
    nothing = assigned("a: else\n", inventory_of(["a.w"]))
    assert read(View(nothing, "m")).section("Notes") == ""


def test_rules_have_their_counts() -> None:
    rows = read(View(assigned(), "m")).rows("source")
    assert rows[4] == ["6", "4", "no_decay: type(LayerNorm) or role == bias -> weight_decay = 0"]
    assert rows[5] == ["0", "5", "never: ndim > 5"]
    assert rows[6] == ["6", "6", "decay: else"]
    assert rows[2][0] == ""


def test_rates_over_depth_are_plots_and_tables() -> None:
    found = read(View(assigned(), "m"))
    captions = [each.text for each in found.all("figcaption")]
    assert captions == [
        "learning rate, in shares of the optimizer's own",
        "learning rate",
        "weight decay, in shares of the optimizer's own",
    ]
    dots = [
        each
        for each in found.all("circle")
        if each.parents[-1].attributes["aria-label"].startswith(captions[0])
    ]
    assert {each.attributes["data-place"] for each in dots} == {"wte", "blocks.0", "blocks.1", "blocks.2"}
    words = [each.text for each in found.all("title")]
    assert "blocks.0: 0.125 of base, 3 tensors, 152 parameters, no_decay/block_1, decay/block_1" in words
    tables = [each for each in found.all("table") if any(one.tag == "figure" for one in each.parents)]
    assert len(tables) == 3


def test_a_rate_that_all_have_is_a_line() -> None:
    found = read(View(assigned("a: else\n"), "m"))
    assert (
        found.section("Rates over depth")
        == "Rates over depthlearning rate: base for allweight decay: base for all"
    )
    assert not found.all("figure")


def test_nothing_is_trained() -> None:
    found = read(View(assigned("a: else -> freeze = true\n"), "m"))
    assert found.section("Rates over depth") == ""


def test_far_rates_are_plotted_on_a_logarithmic_axis() -> None:
    rules = (
        "let block = name ~ ^blocks\\.(?<i>\\d+)\\.\n"
        "b{i}: block -> lr_scale = 0.1 ** i\nzero: name ~ ^head -> lr_scale = 0\nrest: else\n"
    )
    found = read(View(assigned(rules), "m"))
    assert len(found.all("svg")) == 1
    ticks = [
        each.text
        for each in found.all("text", **{"text-anchor": "end"})
        if "transform" not in each.attributes
    ]
    assert ticks == ["0", "0.01", "0.0316", "0.1", "0.316", "1"]
    heights = {each.attributes["data-place"]: each.attributes["cy"] for each in found.all("circle")}
    assert heights["blocks.0"] == "30.0"
    assert heights["head"] == "200.0"
    assert float(heights["blocks.1"]) - float(heights["blocks.0"]) == pytest.approx(
        float(heights["blocks.2"]) - float(heights["blocks.1"]), abs=0.2
    )


def test_rates_that_are_all_zero() -> None:
    rules = "a: ndim > 1 -> lr = 0\nb: else -> lr_scale = 0, lr = 1\n"
    assert "learning rate: 0 for all" in read(View(assigned(rules), "m")).section("Rates over depth")
    both = "a: ndim > 1 -> weight_decay = 0\nb: else -> weight_decay = 0.1\n"
    captions = [each.text for each in read(View(assigned(both), "m")).all("figcaption")]
    assert captions == ["weight decay, in shares of the optimizer's own", "weight decay"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["wte.weight", "h.0.fc.weight", "h.11.fc.bias"], ["wte", "h.0", "h.11"]),
        (["cls_token"], ["cls_token"]),
        (["stages.0.blocks.1.fc.weight", "stages.3.down.weight"], ["stages.0.blocks.1", "stages.3"]),
        ([f"h.{at}.experts.{at % 2}.w" for at in range(9)], [f"h.{at}" for at in range(9)]),
        ([f"h.0.experts.{at}.w" for at in range(201)], ["h.0"] * 201),
    ],
)
def test_places_in_the_depth_of_a_model(names: list[str], expected: list[str]) -> None:
    assert places(names) == expected


def test_many_places_are_named_now_and_then() -> None:
    found = read(View(assigned(inventory=small(60)), "m"))
    (first, *_) = found.all("svg")
    shown = [
        each.text for each in found.all("text") if "transform" in each.attributes and first in each.parents
    ]
    assert len(shown) == 21
    assert shown[:3] == ["wte", "blocks.2", "blocks.5"]


def test_long_places_and_many_groups_are_cut() -> None:
    rules = "".join(f'g{at}: leaf == "w{at}" -> lr_scale = 0.5\n' for at in range(4)) + "rest: else\n"
    names = [f"a_module_with_a_long_name.w{at}" for at in range(4)]
    found = read(View(assigned(rules, inventory_of([*names, "b.w"])), "m"))
    assert "…_with_a_long_name" in [each.text for each in found.all("text")]
    assert any(each.text.endswith("g0, g1, g2 and 1 more") for each in found.all("title"))


def test_two_views_stand_side_by_side() -> None:
    other = assigned(RULES, small(2))
    found = read(View(assigned(), "a.json"), View(other, "b.json"))
    assert [each.text for each in found.all("nav")[0].parents[-1:]] == [
        "Parameter groupssmall.rules on a.jsonsmall.rules on b.json"
    ]
    rows = found.rows("compare")
    assert rows[0] == ["group", "a.json (torch)", "b.json (torch)"]
    assert rows[1] == ["settings", "tensors", "parameters"] * 2
    assert rows[2] == [
        *("no_decay/block_1", "weight_decay=0, lr_scale=0.125", "2", "24"),
        *("weight_decay=0, lr_scale=0.25", "2", "24"),
    ]
    assert ["no_decay/block_3", "weight_decay=0, lr_scale=0.5", "2", "24", "-", "-", "-"] in rows
    marked = [each.text for each in found.all("td") if "differs" in str(each.attributes.get("class"))]
    assert marked[:2] == ["weight_decay=0, lr_scale=0.125", "weight_decay=0, lr_scale=0.25"]
    assert {each.attributes["id"] for each in found.all("article")} == {"v0", "v1"}
    assert read(View(other, "b.json")).rows("compare") == []


def test_two_rule_files_are_told_apart() -> None:
    one = paramrules.examine(paramrules.parse("a: else\n", "one.rules"), small())
    head, *_ = read(View(one, "m.json"), View(assigned(), "m.json")).rows("compare")
    assert head == ["group", "one.rules on m.json (torch)", "small.rules on m.json (torch)"]


def test_what_moved_stands_in_tables() -> None:
    old = paramrules.examine(paramrules.parse("no_decay: ndim <= 1\ndecay: else\n"), small())
    new = paramrules.examine(paramrules.parse("no_decay: role == bias\ndecay: else\n"), small())
    moved = read(View(new, "m", paramrules.diff(old, new), "main")).section("What moved")
    assert moved.startswith("What movedCompared with main: 3 tensors moved.")
    assert "blocks.{0..2}.norm.weight" in moved
    same = read(View(new, "m", paramrules.diff(new, new), "main")).section("What moved")
    assert same == "What movedCompared with main: the same groups."
    gone = read(View(new, "m", None, "main")).section("What moved")
    assert gone == "What movedNothing to compare: main does not have <rules>."
    assert read(View(new, "m")).section("What moved") == ""


def test_no_name_becomes_markup() -> None:
    found = read(View(hostile(), HOSTILE[0], None, HOSTILE[1]))
    scripts = found.all("script")
    assert [each.attributes for each in scripts] == [{"type": "application/json", "id": "data"}, {}]
    assert not found.all("img")
    assert not found.all("b", onerror="alert(2)")
    assert printable(HOSTILE[0]) in found.all("h2")[0].text
    attributes = {name for each in found.elements for name in each.attributes}
    assert not [name for name in attributes if name.startswith("on")]
    assert found.text.isprintable() or not re.search("[\u202a-\u202e\ud800-\udfff]", found.text)


def test_the_page_allows_its_own_script_and_no_network() -> None:
    found = read(View(assigned(), "m"))
    (policy,) = (each.attributes["content"] for each in found.all("meta") if "http-equiv" in each.attributes)
    digest = b64encode(sha256(found.all("script")[1].text.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    assert not [each for each in found.elements if {"src", "srcset", "poster"} & set(each.attributes)]
    assert all(str(each.attributes["href"]).startswith("#") for each in found.all("a"))
    assert not re.findall(r"url\(|@import|https?:", found.text)


def test_panels_that_need_a_script_are_hidden_without_one() -> None:
    found = read(View(assigned(), "m"))
    panels = [each for each in found.all("section") if "needs-script" in str(each.attributes.get("class"))]
    assert len(panels) == 2
    assert all("hidden" in each.attributes for each in panels)


def test_controls_have_names() -> None:
    found = read(View(assigned(), "m"))
    for control in [*found.all("select"), *found.all("input")]:
        assert "aria-label" in control.attributes or control.within("label")
    assert all(each.text.strip() or "data-part" in each.attributes for each in found.all("button"))
    assert all(each.text for each in found.all("caption"))


def test_a_page_is_one_text_that_can_be_written() -> None:
    assert page([View(hostile(), "m")]).encode("utf-8")


@pytest.mark.parametrize(
    ("views", "kind", "message"),
    [
        (
            assigned(),
            TypeError,
            "`views` is an `Assignment`, and should be a list",
        ),
        (
            View(assigned(), "m"),
            TypeError,
            "`views` is a `View`, and should be a list",
        ),
        ([], ValueError, "`views` is empty"),
        (
            [assigned()],
            TypeError,
            "`views` holds an `Assignment`, and should hold views",
        ),
        ([View(3, "m")], TypeError, "a view's `assignment` is an `int`, and should come from `assign`"),
    ],
)
def test_what_is_no_list_of_views(views: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as raised:
        page(views)
    example = 'write `page([View(paramrules.assign("vit.rules", model), "vit.py:ViT")])`'
    assert str(raised.value) == f"{message}: {example}"
