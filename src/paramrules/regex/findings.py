"""Findings about a regex that can be read: E403, it matches the empty string; W402, an unescaped dot."""

from collections.abc import Iterator

from paramrules.diagnostics import helping, write
from paramrules.regex.analysis import children, nullable
from paramrules.regex.characters import DOT, WORD, subset
from paramrules.regex.nodes import Anchor, Capture, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.regex.parse import parse
from paramrules.regex.refusal import Fault, Refused


def refuse_empty(text: str, tree: Node) -> None:
    """Refuse a regex that matches the empty string; most of these are found in every name."""
    if not nullable(tree):
        return
    if not text:
        message = "the regex is empty"
    elif nullable(tree, "^b") or nullable(tree, "$b"):  # at the beginning or the end of a name
        message = f"`{text}` matches the empty string, so it is found in every name"
    else:
        message = f"`{text}` matches the empty string"
    raise Refused("E403", message, 0, len(text), _mended(text, tree))


def _mended(text: str, tree: Node) -> str:
    """Suggest the regex without its empty branches, or with a repeat that takes at least one character."""
    node = tree
    while isinstance(node, Capture):
        node = node.item
    before, inside, after = text[: node.start], text[node.start : node.end], text[node.end :]
    if isinstance(node, Choice):
        kept = [text[branch.start : branch.end] for branch in node.branches if branch.start < branch.end]
        mended = f"{before}{'|'.join(kept)}{after}"
        bars = "the `|`" if len(node.branches) - len(kept) == 1 else "each `|` beside nothing"
        if _takes_something(mended):
            return helping(f"drop {bars}: `{mended}`", mended)
    if isinstance(node, Repeat):
        for sign, instead in (("*", "+"), ("*?", "+?"), ("??", ""), ("?", "")):
            mended = f"{before}{inside.removesuffix(sign)}{instead}{after}"
            if inside.endswith(sign) and _takes_something(mended):
                return write(mended)
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


def warn_dots(text: str, tree: Node) -> Iterator[Fault]:
    """Yield one warning for a regex, at its first unescaped dot between name characters.

    The help shows the regex with all of its dots escaped.
    """
    dots = sorted(_dots(tree)) if "." in text else []
    if not dots:
        return
    mended, at = "", 0
    for dot in dots:
        mended += text[at:dot] + "\\"
        at = dot
    mended += text[at:]
    yield Fault(
        "W402",
        "an unescaped `.` stands for any character",
        dots[0],
        dots[0] + 1,
        label="this also matches a letter, a digit or `_`",
        help=write(mended, safe=True),
    )


def _dots(node: Node) -> Iterator[int]:
    items = children(node)
    for index, item in enumerate(items):
        if (
            isinstance(node, Sequence)
            and isinstance(item, Characters)
            and item.ranges == DOT
            and 0 < index < len(items) - 1
            and _borders(items[index - 1], last=True)
            and _borders(items[index + 1], last=False)
        ):
            yield item.start
        else:
            yield from _dots(item)


def _borders(node: Node, *, last: bool) -> bool:
    """Return whether the last (or first) character of every match of the node is a letter, a digit or `_`."""
    match node:
        case Literal():
            letter = node.text[-1:] if last else node.text[:1]
            return letter.isascii() and (letter.isalnum() or letter == "_")
        case Characters():
            return subset(node.ranges, WORD)
        case Anchor():
            return False
        case Sequence():
            return bool(node.items) and _borders(node.items[-1 if last else 0], last=last)
        case Choice():
            return all(_borders(branch, last=last) for branch in node.branches)
        case Repeat():
            return node.least > 0 and not nullable(node.item) and _borders(node.item, last=last)
        case _:
            return _borders(node.item, last=last)
