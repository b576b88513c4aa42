"""The report of a large model, its size and how soon it answers: `python benchmarks/bench_report.py`.

The model is that of bench_torch.py: 45,244 tensors on the meta device. The page is opened in Chromium several
times; it is usable when the first page of the list and the map are drawn, and a search when its result is.
Medians are printed. The aims are 3 MB and 2 s.

Needs Chromium, whose path may stand in `CHROMIUM`, and `pip install -e ".[report,torch]"`.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from bench_lock import LAYERED
from bench_torch import CARD, LAYERS, THREE_AXES, Model
from measuring import needed

with needed():
    import torch
    from playwright.sync_api import sync_playwright

    import paramrules
    from paramrules.html_report import View, page

ROUNDS = 5
SEARCHED = """async () => {
    const input = document.querySelector("[data-part=search]");
    const status = document.querySelector(".parameters [data-part=status]");
    const before = status.textContent;
    const start = performance.now();
    input.value = "experts 37 w2";
    input.dispatchEvent(new Event("input"));
    while (status.textContent === before) await new Promise(requestAnimationFrame);
    return performance.now() - start;
}"""


def opened(browser: Any, file: Path) -> tuple[float, float]:
    """Return the seconds until a page is usable, and those of a search."""
    shown = browser.new_page(viewport={"width": 1200, "height": 900})
    start = time.perf_counter()
    shown.goto(file.as_uri())
    shown.wait_for_selector(".list tr.row")
    usable = time.perf_counter() - start
    searched = shown.evaluate(SEARCHED) / 1000
    shown.close()
    return usable, searched


def main() -> None:
    """Print a row for each rule file."""
    with torch.device("meta"):
        inventory = paramrules.inventory(Model(LAYERS))
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    print(f"{'rules':8} {'groups':>6} {'write s':>8} {'MB':>6} {'usable s':>9} {'search s':>9}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        file = Path(folder) / "report.html"
        for name, rules in {"card": CARD, "layers": LAYERED, "axes": paramrules.parse(THREE_AXES)}.items():
            assignment = paramrules.examine(rules, inventory)
            start = time.process_time()
            text = page([View(assignment, "mixture.json")])
            written = time.process_time() - start
            file.write_text(text, "utf-8")
            times = [opened(browser, file) for _ in range(ROUNDS)]
            usable, searched = (median(each) for each in zip(*times, strict=True))
            megabytes = len(text.encode()) / 1e6
            groups = len(assignment.groups)
            print(f"{name:8} {groups:6} {written:8.1f} {megabytes:6.2f} {usable:9.2f} {searched:9.2f}")
        browser.close()


if __name__ == "__main__":
    main()
