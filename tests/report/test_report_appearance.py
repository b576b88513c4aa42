"""The page in Chromium: hostile names, no script, narrow and wide windows, dark, light and print."""

import pytest
from report_pages import DEEP, HOSTILE, Opener, assigned, deep, hostile, listed, small
from support import inventory_of

from paramrules.diagnostics import printable
from paramrules.html_report import View


def test_attacks_do_nothing(opened: Opener) -> None:
    shown = opened(View(hostile(), HOSTILE[0]))
    assert listed(shown) == list(map(printable, HOSTILE))
    for button in shown.locator(".list tr.row button").all():
        button.click()
    assert shown.locator("tr.why").count() == len(HOSTILE)
    shown.get_by_role("button", name="Tree").click()
    for item in shown.get_by_role("treeitem").all():
        item.click(position={"x": 30, "y": 8})
    assert shown.locator("img, .list script, .model script, .list b").count() == 0


def test_without_a_script_groups_and_dead_rules_can_be_read(opened: Opener) -> None:
    shown = opened(View(assigned(), "m"), java_script_enabled=False)
    assert shown.locator(".groups tbody tr").count() == 9
    assert shown.get_by_role("heading", name="Dead rules").is_visible()
    assert not shown.locator(".model").is_visible()
    assert not shown.locator(".parameters").is_visible()


@pytest.mark.parametrize("width", [400, 1200])
def test_nothing_stands_beyond_the_edge(opened: Opener, width: int) -> None:
    shown = opened(View(assigned(), "a_model_with_a_name_that_is_very_long_indeed.json"), width=width)
    shown.locator(".list tr.row button").first.click()
    assert shown.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_light_and_print(opened: Opener) -> None:
    back = "getComputedStyle(document.body).backgroundColor"
    light, dark = (opened(deep(), color_scheme=scheme) for scheme in ("light", "dark"))
    assert light.evaluate(back) != dark.evaluate(back)
    dark.emulate_media(media="print")
    assert dark.evaluate(back) == "rgb(255, 255, 255)"
    assert not dark.locator(".parameters").is_visible()
    assert dark.locator(".groups").is_visible()


def test_two_views_are_apart(opened: Opener) -> None:
    shown = opened(deep(3), View(assigned(DEEP, small(2)), "b.json"), width=1800)
    first, second = (shown.locator(f"#v{number}") for number in range(2))
    second.get_by_label("search parameters").fill("blocks.1")
    assert second.locator("tr.row").count() == 3
    assert first.locator("tr.row").count() == 12
    boxes = [each.bounding_box() for each in (first, second)]
    assert boxes[0]["y"] == boxes[1]["y"]
    shown.set_viewport_size({"width": 900, "height": 900})
    shown.wait_for_function("document.getElementById('v1').getBoundingClientRect().left < 100")


def test_every_control_has_a_name(opened: Opener) -> None:
    shown = opened(deep())
    unnamed = (
        "[...document.querySelectorAll('button')].filter(b => !b.hidden && !b.textContent && !b.ariaLabel)"
    )
    assert shown.evaluate(f"{unnamed}.length") == 0
    assert shown.locator("[tabindex]:not([tabindex='0']):not([tabindex='-1'])").count() == 0


def test_many_experts_are_one_tile_until_they_are_zoomed_into(opened: Opener) -> None:
    names = [f"h.{layer}.experts.{expert}.w" for layer in range(30) for expert in range(300)]
    assignment = assigned("a: else\n", inventory_of([{"name": name, "shape": (4, 4)} for name in names]))
    shown = opened(View(assignment, "moe"))
    assert shown.locator(".tile").count() == 30
    shown.locator('.tile[data-path="h.3.experts"]').dblclick()
    assert shown.locator(".tile").count() == 300
    assert shown.locator(".parameters [data-part=status]").inner_text().startswith("300 tensors")
