"""E403: a regex that matches the empty string is found in every name."""

from paramrules.regex.facts import nullable
from paramrules.regex.faults import Refused
from paramrules.regex.nodes import Anchor, Capture, Choice, Node, Repeat
from paramrules.regex.parse import Parsed


def refuse_empty(text: str, parsed: Parsed) -> None:
    """Refuse what matches everywhere."""
    if nullable(parsed.tree):
        raise Refused(
            "E403",
            f"`{text}` matches the empty string, so it is found in every name" if text else "the regex is empty",
            0,
            len(text),
            help=_mend(text, parsed.tree),
        )


def _mend(text: str, tree: Node) -> str:
    """What to write instead: without the empty branches, with a repeat that takes at least one."""
    node = tree
    while isinstance(node, Capture):
        node = node.item
    if isinstance(node, Choice):
        kept = [branch for branch in node.branches if not nullable(branch)]
        if kept and all(branch.start == branch.end for branch in node.branches if nullable(branch)):
            inner = "|".join(text[branch.start : branch.end] for branch in kept)
            bar = "`|`" if len(node.branches) - len(kept) == 1 else "`|`s that stand before or after nothing"
            return f"drop the {bar}: `{text[: node.start]}{inner}{text[node.end :]}`"
    if isinstance(node, Repeat) and not nullable(node.item):
        sign = text[node.item.end : node.end]
        if sign.endswith("?") and len(sign) > 1:
            pass
    if isinstance(tree, Anchor):
        return "write `true` for a test that holds for every parameter"
    return "make it take at least one character"
