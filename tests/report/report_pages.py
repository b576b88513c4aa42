"""Reports for tests: made of small models, read back with `html.parser`, or opened in a browser."""

import json
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from support import Row, inventory_of

import paramrules
from paramrules.html_report import View, page

HOSTILE = [
    "</script><script>alert(1)</script>.weight",
    'a"b\'c<img src=x onerror="alert(2)">.0.bias',
    "<!--.weight",
    "${title}.$data.gewicht_größe.\u202eweight",
    "日本.7.\ud800.weight",
    "\U0001f917.0.weight",
    "\U0001f917.1.weight",
    "tab\tnew\nline.weight",
]
LINEAR = "torch.nn.modules.linear.Linear"
NORM = "torch.nn.modules.normalization.LayerNorm"

DEEP = """\
[decay]
no_decay: role == bias or ndim == 1 -> weight_decay = 0
decay: else
[lr]
block_{i}: name ~ ^blocks\\.(?<i>\\d+)\\. -> lr_scale = 0.5 ** i
rest: else -> optimizer = "muon"
"""
RULES = """\
option rate = 0.5
let block = name ~ ^blocks\\.(?<i>\\d+)\\.
[decay]
no_decay: type(LayerNorm) or role == bias -> weight_decay = 0
never: ndim > 5
decay: else
[lr]
block_{i+1}: block -> lr_scale = rate ** (count(block) - i)
head: name ~ ^head -> lr = 0.001
still: name ~ ^frozen -> freeze = true
"""


def block(number: int) -> list[Row]:
    """Return the parameters of a small block."""
    at = f"blocks.{number}"
    return [
        {"name": f"{at}.norm.weight", "owner": NORM, "shape": (8,), "role": "scale"},
        {"name": f"{at}.fc.weight", "owner": LINEAR, "shape": (16, 8), "role": "weight"},
        {"name": f"{at}.fc.bias", "owner": LINEAR, "shape": (16,), "role": "bias"},
    ]


def small(blocks: int = 3) -> paramrules.Inventory:
    """Return a model of some blocks with a tied embedding, a head, and a frozen weight."""
    return inventory_of(
        [
            {
                "name": "wte.weight",
                "owner": "torch.nn.modules.sparse.Embedding",
                "shape": (20, 8),
                "role": "embedding",
                "also": [{"name": "out.weight", "owner": LINEAR, "role": "weight"}],
            },
            *(row for number in range(blocks) for row in block(number)),
            {"name": "head.weight", "owner": LINEAR, "shape": (4, 8), "role": "weight"},
            {"name": "frozen.weight", "owner": LINEAR, "shape": (4, 4)},
        ]
    )


def assigned(rules: str = RULES, inventory: paramrules.Inventory | None = None) -> paramrules.Assignment:
    """Return rules assigned to a model, by default the small one."""
    return paramrules.examine(paramrules.parse(rules, "small.rules"), inventory or small())


def hostile() -> paramrules.Assignment:
    """Return rules on a model whose names are attacks on a page."""
    rules = (
        'weights: name like *weight -> tag = "</script><b>\'"\nt_{n}?: name ~ (?<n>on) -> x = 1\nrest: else\n'
    )
    return assigned(rules, inventory_of(HOSTILE))


class Element:
    """An element: tag, attributes, and all text inside it."""

    def __init__(self, tag: str, attributes: dict[str, str | None], parents: Iterable["Element"]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parents = list(parents)
        self.text = ""

    def within(self, tag: str, **attributes: str) -> bool:
        """Return whether it stands in an element that has these attributes."""
        return any(each.tag == tag and attributes.items() <= each.attributes.items() for each in self.parents)


class Page(HTMLParser):
    """A page as its elements in order. Fails if tags do not fit together."""

    VOID = ("meta", "input", "br", "line")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), self._open)
        assert len(attrs) == len(element.attributes), f"<{tag}> has an attribute twice"
        self.elements.append(element)
        if tag not in self.VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs), self._open))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Return the elements of a tag that have these attributes."""
        return [
            each
            for each in self.elements
            if each.tag == tag and attributes.items() <= each.attributes.items()
        ]

    def section(self, title: str) -> str:
        """Return the text of the sections with a title; "" if there is none."""
        return "".join(each.text for each in self.all("section") if each.text.strip().startswith(title))

    def rows(self, table: str) -> list[list[str]]:
        """Return the cells of all rows of the tables of a class."""
        rows = [
            each
            for each in self.all("tr")
            if any(one.tag == "table" and one.attributes.get("class") == table for one in each.parents)
        ]
        return [[cell.text for cell in self.elements if cell.parents[-1:] == [row]] for row in rows]

    @property
    def data(self) -> Any:
        """The data in the page."""
        (script,) = self.all("script", id="data")
        return json.loads(script.text)


def read(*views: View) -> Page:
    """Return the page of views."""
    return Page(page(views))


def names(view: Any) -> list[str]:
    """Return the names of all parameters in the data of a view."""
    lengths = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    found: list[str] = []
    for line in view["names"].split("\n"):
        before = found[-1] if found else ""
        found.append(before[: lengths.index(line[0])] + line[1:])
    return found


def texts(view: Any, at: int, numbers: Iterable[int]) -> list[str]:
    """Return texts about one parameter, with the numbers of its name put back."""
    digits = re.findall("[0-9]+", names(view)[at])
    return [
        re.sub("\x01([0-9]+)\x01", lambda place: digits[int(place[1])], view["texts"][number])
        for number in numbers
    ]


class Opener:
    """Opens reports, and keeps what they say and ask."""

    def __init__(self, browser: Any, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self.trouble: list[str] = []
        self._pages: list[Any] = []

    def __call__(self, *views: View, width: int = 1200, **options: Any) -> Any:
        file = self._folder / "report.html"
        file.write_text(page(views), "utf-8")
        shown = self._browser.new_page(viewport={"width": width, "height": 900}, **options)
        self._pages.append(shown)
        shown.set_default_timeout(10_000)
        shown.on("console", lambda message: self.trouble.append(message.text))
        shown.on("pageerror", lambda error: self.trouble.append(str(error)))
        shown.on("dialog", lambda dialog: self.trouble.append(dialog.message))
        shown.on("request", lambda request: self._ask(request.url, file))
        shown.goto(file.as_uri())
        return shown

    def _ask(self, url: str, file: Path) -> None:
        if url.partition("#")[0] != file.as_uri():
            self.trouble.append(url)

    def close(self) -> None:
        """Close all pages."""
        for each in self._pages:
            each.close()


def listed(shown: Any) -> list[str]:
    """Return the names in the list."""
    found: list[str] = shown.locator(".list tr.row th").all_inner_texts()
    return found


def deep(blocks: int = 3) -> View:
    """Return a view without anything special in it."""
    return View(assigned(DEEP, small(blocks)), "deep.json")
