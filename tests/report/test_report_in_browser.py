"""The page in Chromium: clicks and keys that answer."""

import pytest
from report_pages import DEEP, Opener, assigned, deep, listed

import paramrules
from paramrules.html_report import View


def test_the_list_holds_every_parameter_in_order(opened: Opener) -> None:
    view = deep(40)
    shown = opened(view)
    names, pages = listed(shown), 1
    while shown.get_by_role("button", name="next").is_enabled():
        shown.get_by_role("button", name="next").click()
        names += listed(shown)
        pages += 1
    assert names == list(view.assignment.inventory.names[: len(view.assignment.inventory)])
    assert pages == 3
    assert shown.locator("[data-part=status]").inner_text().endswith(": 101 to 123")
    shown.get_by_role("button", name="first").click()
    assert listed(shown)[0] == "wte.weight"
    shown.get_by_role("button", name="last").click()
    assert listed(shown)[-1] == "frozen.weight"
    shown.get_by_role("button", name="previous").click()
    assert listed(shown)[0] == names[50]


def test_a_click_on_a_row_shows_what_explain_says(opened: Opener) -> None:
    assignment = assigned()
    shown = opened(View(assignment, "m", state=[1536] * len(assignment.inventory)))
    for name in ("blocks.2.fc.weight", "wte.weight", "head.weight"):
        shown.get_by_label("search parameters").fill(name)
        row = shown.get_by_role("button", name=name, exact=True)
        row.click()
        assert row.get_attribute("aria-expanded") == "true"
        why = shown.locator("tr.why")
        explanation = assignment.explain(name)
        heads = [head for head, _ in explanation.verdicts()]
        assert why.locator("h4").all_inner_texts() == [*heads, "Facts"]
        verdicts = [row for _, table in explanation.verdicts() for row in table.rows]
        cells = [cell for verdict, rule, place, why_so in verdicts for cell in (verdict, rule, why_so, place)]
        assert why.locator("td td").all_inner_texts() == cells
        facts = [*explanation.facts(), ("optimizer state", "1.50 KiB")]
        assert why.locator("dt").all_inner_texts() == [fact for fact, _ in facts]
        assert why.locator("dd").all_inner_texts() == [value for _, value in facts]
        row.click()
        assert why.count() == 0


def test_a_reason_leads_to_the_line_of_its_rule(opened: Opener) -> None:
    shown = opened(View(assigned(), "m"))
    shown.get_by_role("button", name="blocks.0.norm.weight", exact=True).click()
    shown.locator("tr.won a").first.click()
    assert (
        shown.locator("tr:target")
        .inner_text()
        .endswith("no_decay: type(LayerNorm) or role == bias -> weight_decay = 0")
    )


def test_search_by_name_group_role_and_class(opened: Opener) -> None:
    shown = opened(View(assigned(), "m"))
    search, status = shown.get_by_label("search parameters"), shown.locator("[data-part=status]")
    for text, count in (
        ("norm", 3),
        ("NORM blocks.1", 1),
        ("fc.bias block_2", 1),
        ("embedding", 1),
        ("still", 1),
    ):
        search.fill(text)
        assert status.inner_text().startswith(f"{count} tensor")
    assert listed(shown) == ["frozen.weight"]
    assert "(not trained)" in shown.locator(".list tr.row").inner_text()
    search.fill("nothing of this name")
    assert status.inner_text() == "no parameter is found"
    assert listed(shown) == []


def test_orders_and_groups_of_the_list(opened: Opener) -> None:
    shown = opened(View(assigned(), "m"))
    shown.locator("[data-part=order]").select_option("size")
    assert listed(shown)[:2] == ["wte.weight", "blocks.0.fc.weight"]
    shown.locator("[data-part=order]").select_option("name")
    assert listed(shown)[:2] == ["blocks.0.fc.bias", "blocks.0.fc.weight"]
    shown.locator("[data-part=group]").select_option(label="no_decay/block_3")
    assert listed(shown) == ["blocks.2.fc.bias", "blocks.2.norm.weight"]
    shown.locator(".groups").get_by_role("button", name="decay/head", exact=True).click()
    assert listed(shown) == ["head.weight"]


def test_a_click_on_a_tile_lists_its_parameters(opened: Opener) -> None:
    shown = opened(deep())
    shown.locator('.tile[data-path="wte.weight"]').click()
    assert listed(shown) == ["wte.weight"]
    assert shown.locator("tr.why").count() == 1
    assert (
        shown.locator(".model [data-part=about]")
        .inner_text()
        .startswith("wte.weight: 160 parameters, decay/rest")
    )
    shown.get_by_label("search parameters").fill("bias")
    assert listed(shown) == [f"blocks.{number}.fc.bias" for number in range(3)]


def test_zooming_with_the_mouse_and_with_keys(opened: Opener) -> None:
    shown = opened(deep())
    shown.locator('.strip[data-path="blocks"]').click()
    assert listed(shown) == [
        f"blocks.{number}.{leaf}" for number in range(3) for leaf in ("norm.weight", "fc.weight", "fc.bias")
    ]
    crumbs = shown.locator("[data-part=crumbs]")
    assert crumbs.get_by_role("button").all_inner_texts() == ["deep.json", "blocks"]
    assert shown.locator('.tile[data-path="wte.weight"]').count() == 0
    shown.keyboard.press("Escape")
    assert shown.locator('.tile[data-path="wte.weight"]').count() == 1
    assert crumbs.get_by_role("button").all_inner_texts() == ["deep.json"]
    shown.locator('.strip[data-path="blocks"]').click()
    crumbs.get_by_role("button", name="deep.json").click()
    assert shown.locator('.tile[data-path="wte.weight"]').count() == 1
    assert len(listed(shown)) == 12


def test_arrow_keys_move_between_tiles(opened: Opener) -> None:
    shown = opened(deep())
    shown.locator(".map button[tabindex='0']").focus()
    focused = "document.activeElement.dataset.path"
    met = {shown.evaluate(focused)}
    for key in ("ArrowDown", "ArrowRight", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft"):
        shown.keyboard.press(key)
        met.add(shown.evaluate(focused))
    assert len(met) >= 4
    assert shown.locator(".map button[tabindex='0']").count() == 1
    shown.keyboard.press("Enter")
    assert "parameters, " in shown.locator(".model [data-part=about]").inner_text()


def test_colours_and_areas_can_be_switched(opened: Opener) -> None:
    shown = opened(deep())
    tile = shown.locator('.tile[data-path="wte.weight"]')
    legend = shown.locator("[data-part=legend] li")
    fills = {tile.get_attribute("style")}
    legends = {
        "group": ["no_decay/block_0 … no_decay/block_2", "decay/block_0 … decay/block_2", "decay/rest"],
        "rate": ["0.25 of base", "0.5 of base", "base"],
        "decay": ["0", "base"],
        "optimizer": ["default", "muon"],
    }
    for mode, words in legends.items():
        shown.locator("[data-part=color]").select_option(mode)
        assert legend.all_inner_texts() == words
        fills.add(tile.get_attribute("style"))
    assert len(fills) >= 3
    before = tile.bounding_box()["width"]
    shown.locator("[data-part=area]").select_option("tensors")
    assert shown.locator('.tile[data-path="wte.weight"]').bounding_box()["width"] < before
    shown.locator("[data-part=area]").select_option("parameters")
    assert shown.locator('.tile[data-path="wte.weight"]').bounding_box()["width"] == pytest.approx(before)


def test_the_tree_says_the_same_with_keys_alone(opened: Opener) -> None:
    shown = opened(deep())
    shown.get_by_role("button", name="Tree").click()
    items = shown.get_by_role("treeitem")
    assert items.all_inner_texts() == [
        "wte.weight\n160",
        "blocks\n9 tensors, 456",
        "head.weight\n32",
        "frozen.weight\n16",
    ]
    items.first.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
        shown.keyboard.press(key)
    assert items.count() == 4 + 3 + 2
    assert listed(shown) == ["blocks.0.norm.weight"]
    assert shown.evaluate("document.activeElement.getAttribute('aria-level')") == "3"
    shown.keyboard.press("ArrowLeft")
    shown.keyboard.press("ArrowLeft")
    assert items.count() == 4 + 3
    shown.keyboard.press("End")
    assert "frozen" in shown.evaluate("document.activeElement.textContent")
    shown.keyboard.press("Home")
    assert "wte" in shown.evaluate("document.activeElement.textContent")
    items.nth(1).click(position={"x": 30, "y": 8})
    assert items.count() == 4
    shown.get_by_role("button", name="Zoom in").click()
    assert shown.locator(".map").is_visible()
    assert shown.locator('.strip[data-path="blocks.0"], .tile[data-path^="blocks.0"]').count() >= 1


def test_the_list_with_keys_alone(opened: Opener) -> None:
    shown = opened(deep())
    shown.get_by_label("search parameters").focus()
    focused = "document.activeElement.textContent"
    for key, name in (
        ("ArrowDown", "wte.weight"),
        ("ArrowDown", "blocks.0.norm.weight"),
        ("End", "frozen.weight"),
        ("ArrowUp", "head.weight"),
        ("Home", "wte.weight"),
    ):
        shown.keyboard.press(key)
        assert shown.evaluate(focused) == name
    shown.keyboard.press("Enter")
    assert shown.locator("tr.why").count() == 1
    shown.keyboard.press("Space")
    assert shown.locator("tr.why").count() == 0


def test_a_dot_of_the_plot_lists_its_place(opened: Opener) -> None:
    shown = opened(deep())
    shown.locator('.dot[data-place="blocks.1"]').first.click()
    assert listed(shown) == ["blocks.1.norm.weight", "blocks.1.fc.weight", "blocks.1.fc.bias"]
    shown.get_by_role("button", name="show more than blocks.1").click()
    assert len(listed(shown)) == 12


def test_what_moved_has_a_colour_and_words(opened: Opener) -> None:
    view = deep()
    diff = paramrules.diff(assigned(DEEP.replace("0.5", "0.25")), view.assignment)
    shown = opened(View(view.assignment, "deep.json", diff, "old.rules"))
    shown.locator("[data-part=color]").select_option("moved")
    assert shown.locator("[data-part=legend] li").all_inner_texts() == ["moved", "as before"]
    still, moved = (shown.locator(f'.tile[data-path="{at}.weight"]') for at in ("wte", "blocks.1.fc"))
    assert still.get_attribute("title") == "wte.weight: 160 parameters, as before"
    assert moved.get_attribute("title") == "blocks.1.fc.weight: 128 parameters, moved"
    shown.get_by_label("search parameters").fill("other settings")
    leaves = ("norm.weight", "fc.weight", "fc.bias")
    assert listed(shown) == [f"blocks.{number}.{leaf}" for number in (1, 2) for leaf in leaves]
    assert shown.locator(".moved").first.inner_text() == "other settings, lr_scale 0.25 -> 0.5"
    without = opened(deep())
    assert without.locator("[data-part=color] option").count() == 4
