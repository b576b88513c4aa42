"""E403: a regex that matches the empty string is found in every name."""

import re

from paramrules.regex.facts import nullable
from paramrules.regex.faults import Refused
from paramrules.regex.nodes import Anchor, Capture, Choice, Node, Repeat, Sequence
from paramrules.regex.parse import Parsed, parse


def refuse_empty(text: str, parsed: Parsed) -> None:
    """Refuse what matches everywhere."""
    if not nullable(parsed.tree):
        return
    if not text:
        message = "the regex is empty"
    elif re.search(parsed.python, "x", re.ASCII):
        message = f"`{text}` matches the empty string, so it is found in every name"
    else:
        message = f"`{text}` matches only the empty string"
    raise Refused("E403", message, 0, len(text), help=_mend(text, parsed.tree))


def _mend(text: str, tree: Node) -> str:
    """What to write instead: without the empty branches, or with a repeat that takes at least one."""
    node = tree
    while isinstance(node, Capture):
        node = node.item
    before, inside, after = text[: node.start], text[node.start : node.end], text[node.end :]
    if isinstance(node, Choice):
        kept = [text[branch.start : branch.end] for branch in node.branches if branch.start < branch.end]
        mended = f"{before}{'|'.join(kept)}{after}"
        bars = "the `|`" if len(node.branches) - len(kept) == 1 else "each `|` beside nothing"
        if _takes_something(mended):
            return f"drop {bars}: `{mended}`"
    if isinstance(node, Repeat):
        for sign, instead in (("*", "+"), ("*?", "+?"), ("??", ""), ("?", "")):
            mended = f"{before}{inside.removesuffix(sign)}{instead}{after}"
            if inside.endswith(sign) and _takes_something(mended):
                return f"write `{mended}`"
    if isinstance(node, Anchor):
        return "write `true` for a test that holds for every parameter"
    if isinstance(node, Sequence) and all(isinstance(item, Anchor) for item in node.items):
        return 'write `== ""` for a text that is empty'
    return "make it take at least one character"


def _takes_something(text: str) -> bool:
    try:
        return not nullable(parse(text).tree)
    except Refused:
        return False
