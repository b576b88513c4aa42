"""Draw the terminal pictures in docs/pictures, by `python docs/site/pictures.py`.

A picture is an SVG of what real commands print, in the colours of a terminal. It names no font and no other
file, is dark where the reader's system is, and shows its commands one after another unless the reader prefers
no motion.
"""

import contextlib
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner
from rich.console import Console
from rich.style import Style
from rich.text import Text

from paramrules.cli import main

DOCS = Path(__file__).parents[1]
PICTURES = DOCS / "pictures"

WIDTH, HEIGHT, EDGE = 8.4, 19, 16
"""The width of a character, the height of a line and the margin, in pixels."""

_COLORS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
"""The colours of a terminal, by their numbers."""

_RULES = r"""let block = name ~ ^blocks\.(?<i>\d+)\.

[decay]
no_decay: type(LayerNorm) or role == bias -> weight_decay = 0
decay:    else

[lr]
block_{i}: block -> lr_scale = 0.5 ** (count(block) - i)
rest:      else
"""


class Scene(NamedTuple):
    """Commands to show in a picture, run one after another in a folder with vit.json and vit.rules."""

    title: str
    rules: str
    commands: tuple[str, ...]


SCENES = {
    "show": Scene(
        "paramrules show prints the groups of a model, and points at a misspelt class",
        _RULES.replace("LayerNorm", "LayrNorm"),
        ("paramrules show vit.rules --model vit.json",),
    ),
    "session": Scene(
        "paramrules check points at a misspelt setting and mends it, and paramrules show prints the groups",
        _RULES.replace("weight_decay", "weight_deacy"),
        (
            "paramrules check vit.rules",
            "paramrules check vit.rules --fix",
            "paramrules show vit.rules --model vit.json",
        ),
    ),
}


def drawn(scene: Scene) -> str:
    """Run the commands of a scene, and return its SVG."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("vit.json").symlink_to(DOCS / "models" / "vit.json")
        Path("vit.rules").write_text(scene.rules, "utf-8")
        steps = [[_prompt(command), *_printed(command)] for command in scene.commands]
    return _svg(scene.title, steps)


def _prompt(command: str) -> Text:
    return Text.assemble(("$ ", "dim"), command)


def _printed(command: str) -> list[Text]:
    """Return the lines that a command prints, with their colours."""
    environment = {"FORCE_COLOR": "1", "NO_COLOR": None, "COLUMNS": None, "GITHUB_ACTIONS": None}
    arguments = shlex.split(command)[1:]
    ran = CliRunner().invoke(main, arguments, color=True, env=environment, catch_exceptions=False)
    lines = [Text.from_ansi(line) for line in ran.output.rstrip().splitlines()]
    return [*lines, Text()]


def _svg(title: str, steps: list[list[Text]]) -> str:
    lines = [line for step in steps for line in step][:-1]
    width = round(2 * EDGE + WIDTH * max(line.cell_len for line in lines))
    height = 2 * EDGE + HEIGHT * len(lines)
    body: list[str] = []
    row = 0
    for number, step in enumerate(steps):
        body.append(f'<g style="animation-delay:{1.5 * number:g}s">')
        for line in step:
            body += runs(line, EDGE + HEIGHT * row + 14)
            row += 1
        body.append("</g>")
    return framed(title, width, height, body)


def framed(title: str, width: int, height: int, body: Sequence[str], style: str = "") -> str:
    """Return an SVG of a window with a body in it; `style` extends the common style sheet."""
    inside = "\n".join(body)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<title>{escape(title)}</title>
<style>
svg {{ color-scheme: light dark; --bg: #f6f8fa; --fg: #1f2328; --line: #d0d7de; --dim: #59636e;
  --cyan: #1b7c83; --yellow: #9a6700; --blue: #0550ae; --green: #116329; --red: #cf222e }}
@media (prefers-color-scheme: dark) {{ svg {{ --bg: #161b22; --fg: #e6edf3; --line: #30363d; --dim: #9198a1;
  --cyan: #56d4dd; --yellow: #e3b341; --blue: #79c0ff; --green: #7ee787; --red: #ff7b72 }} }}
@media (prefers-reduced-motion: no-preference) {{ g + g {{ animation: appear .4s both }} }}
@keyframes appear {{ from {{ opacity: 0 }} }}
rect {{ fill: var(--bg); stroke: var(--line) }}
text {{ fill: var(--fg); font: 14px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  white-space: pre }}
.bold {{ font-weight: bold }} .dim {{ fill: var(--dim) }}
.cyan {{ fill: var(--cyan) }} .yellow {{ fill: var(--yellow) }} .blue {{ fill: var(--blue) }}
.green {{ fill: var(--green) }} .red {{ fill: var(--red) }}{style}
</style>
<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>
{inside}
</svg>
"""


def runs(line: Text, y: int) -> Iterator[str]:
    """Yield a `text` for each stretch of one style, stretched to its columns whatever the font."""
    column = 0
    for text, classes in _styled(line):
        shown = text.strip()
        if shown:
            x = EDGE + WIDTH * (column + len(text) - len(text.lstrip()))
            length = f"{WIDTH * len(shown):.1f}"
            kind = f' class="{classes}"' if classes else ""
            yield f'<text x="{x:.1f}" y="{y}" textLength="{length}"{kind}>{escape(shown, quote=False)}</text>'
        column += len(text)


def _styled(line: Text) -> Iterator[tuple[str, str]]:
    """Yield the stretches of one style, each with the names of its classes."""
    text, classes = "", ""
    for segment in line.render(Console()):
        now = _classes(segment.style or Style())
        if now != classes:
            yield text, classes
            text, classes = "", now
        text += segment.text
    yield text, classes


def _classes(style: Style) -> str:
    color = _COLORS[style.color.number or 0] if style.color else ""
    return " ".join(filter(None, ["bold" if style.bold else "", "dim" if style.dim else "", color]))


if __name__ == "__main__":
    for name, scene in SCENES.items():
        (PICTURES / f"{name}.svg").write_text(drawn(scene), "utf-8")
