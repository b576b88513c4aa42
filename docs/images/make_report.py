"""Take the picture of docs/report.md: `python docs/images/make_report.py`.

Needs Chromium, whose path may stand in `CHROMIUM`, and `pip install -e ".[report]"`.
"""

import json
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

import paramrules
from paramrules.html_report import View, page

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests"))
from support import golden_rows, inventory_of  # noqa: E402 - of the tests, which are not a package

OUTPUT = Path(__file__).with_name("report.png")
WIDTH, HEIGHT = 1040, 1040
RULES = """\
option rate = 0.75
let block = name ~ ^blocks\\.(?<i>\\d+)\\.
[decay]
no_decay: ndim <= 1 or name ~ ^(cls_token|pos_embed)$ -> weight_decay = 0
decay: else
[lr]
stem: name ~ ^(cls_token|pos_embed|patch_embed\\.) -> lr_scale = rate ** (count(block) + 1)
block_{i+1}: block -> lr_scale = rate ** (count(block) - i)
head: else
"""


def main() -> None:
    """Write the picture."""
    golden = json.loads((ROOT / "tests/golden/timm-vit_tiny_patch16_224.json").read_text("utf-8"))
    model = inventory_of(golden_rows(golden))
    assignment = paramrules.assign(paramrules.parse(RULES, "vit.rules"), model)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        shown.set_content(page([View(assignment, "vit.json")]))
        shown.add_style_tag(content=".groups { font-size: 14px } section .scroll { max-height: 236px }")
        shown.screenshot(path=OUTPUT)
        browser.close()


if __name__ == "__main__":
    main()
