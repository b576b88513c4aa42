r"""Calls whose arguments cannot be understood: `count(blocks\.(\d+))`, `isinstance(module, nn.LayerNorm)`."""

import re

from paramrules.diagnostics import Diagnostic
from paramrules.syntax.hints.mistake import Mistake

_CLASSES = re.compile(r"\([ \t]*\w+[ \t]*,[ \t]*\(?([\w. \t,|]+?),?[ \t]*\)")


def call(mistake: Mistake) -> Diagnostic | None:
    """The mistake in the innermost call of these functions that is still open."""
    kinds = mistake.kinds
    for place in range(len(kinds) - 2, -1, -1):
        if kinds[place : place + 2] != ("NAME", "LPAR") or "MATCH" in kinds[place:]:
            continue
        function = mistake.stack[place]
        if function in ("count", "index") and not mistake.ended:
            return _counted(mistake, str(function), mistake.stack[place + 1].start_pos)
        if function in ("isinstance", "issubclass"):
            return _classes(mistake, function.start_pos, function.end_pos)
    return None


def _counted(mistake: Mistake, function: str, bracket: int) -> Diagnostic:
    depth, end = 0, bracket
    for end in range(bracket, len(mistake.text)):
        depth += {"(": 1, ")": -1}.get(mistake.text[end], 0)
        if mistake.text[end] == "\n" or not depth:
            break
    regex = mistake.text[bracket + 1 : end].strip().removeprefix("~").strip()
    if depth or re.search(r"[\s\"'#]", regex):
        regex = "..."
    return mistake.finding(
        f"`{function}` takes a match", help=f"write `{function}(name ~ {regex})`", start=bracket + 1, end=end
    )


def _classes(mistake: Mistake, start: int, end: int) -> Diagnostic:
    written = _CLASSES.match(mistake.text, end)
    classes = [name.rpartition(".")[2] for name in re.findall(r"[\w.]+", written[1])] if written else ["..."]
    return mistake.finding(
        f"there is no function `{mistake.text[start:end]}`",
        help=f"write `type({'|'.join(classes)})`",
        start=start,
        end=end,
    )
