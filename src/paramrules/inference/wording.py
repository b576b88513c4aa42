"""Wording: predicates and labels as a person writes them."""

import re
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Final, TypeAlias

from paramrules.inference.block_tests import OF_BLOCK
from paramrules.inference.cover import Branch, Cover, Literal
from paramrules.inference.quoting import quoted_pattern
from paramrules.rules.builtin_names import taken
from paramrules.syntax.language import RESERVED

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""The places between the words of a class's name."""

_MOST_JOINED: Final = 40
"""The most regexes that are written as one."""

Fill: TypeAlias = Callable[[Literal], str]


def predicate_text(cover: Cover, block: str = "", fill: Fill = attrgetter("text")) -> str:
    """Return a predicate; `block` is the name of the match without which it does not hold.

    `fill` puts the names of lets into a literal.

    >>> predicate_text(cover)
    'type(LayerNorm|Embedding) or name ~ bias|mem_k'
    """
    parts = _parts(cover.branches, fill, block)
    if not block:
        return " or ".join(parts)
    if not parts:
        return block
    inner = " or ".join(parts)
    return f"{block} and ({inner})" if len(parts) > 1 else f"{block} and {inner}"


def _parts(branches: Sequence[Branch], fill: Fill, block: str) -> list[str]:
    parts: list[tuple[str, list[str]]] = []
    for branch in sorted(branches, key=_rank):
        literal = branch.literals[0]
        join = literal.test.join if len(branch.literals) == 1 and literal.positive else ""
        known = next((items for kind, items in parts if join and kind == join), None)
        if known is not None:
            known.append(literal.test.item)
        else:
            parts.append((join, [literal.test.item if join else _conjunction(branch, fill, block)]))
    return [_together(join, items) for join, items in parts]


def _conjunction(branch: Branch, fill: Fill, block: str) -> str:
    """Return the literals of a branch joined by `and`; each match that numbers blocks stands there once."""
    texts, known = [], {block}
    for literal in branch.literals:
        text = fill(literal)
        if literal.test.text.startswith(OF_BLOCK):
            match, _, comparison = text.partition(" and ")
            text = comparison if match in known else text
            known.add(match)
        texts.append(text)
    return " and ".join(texts)


def _rank(branch: Branch) -> tuple[int, float, str]:
    """Sort facts and classes before names."""
    text = branch.text
    return (1 if "name" in text or "leaf" in text else 0, branch.cost, text)


def _together(join: str, items: Sequence[str]) -> str:
    match join:
        case "type" | "within" | "variable":
            return f"{join}({'|'.join(items)})"
        case "role":
            return f"role == {items[0]}" if len(items) == 1 else f"role in ({', '.join(items)})"
        case "leaf" | "full":
            subject = "leaf" if join == "leaf" else "name"
            quoted = [f'"{item}"' for item in items]
            return f"{subject} == {quoted[0]}" if len(items) == 1 else f"{subject} in ({', '.join(quoted)})"
        case "name":
            parts = [items[at : at + _MOST_JOINED] for at in range(0, len(items), _MOST_JOINED)]
            return " or ".join(f"name ~ {quoted_pattern(_alternatives(part))}" for part in parts)
        case _:
            return items[0]


def _alternatives(patterns: Sequence[str]) -> str:
    """Join regexes, with what all begin and end with written once: `^layer\\d+\\.(?:conv|bn)\\.`."""
    if len(patterns) == 1:
        return patterns[0]
    end = r"\." if all(pattern.endswith(r"\.") for pattern in patterns) else ""
    middles = [pattern.removesuffix(end) for pattern in patterns]
    begin = next((b for b in ("^", r"(?:^|\.)") if all(m.startswith(b) for m in middles)), "")
    components = [middle.removeprefix(begin).split(r"\.") for middle in middles]
    while all(len(parts) > 1 and parts[0] == components[0][0] for parts in components):
        begin += components[0][0] + r"\."
        components = [parts[1:] for parts in components]
    joined = "|".join(r"\.".join(parts) for parts in components)
    return f"{begin}(?:{joined}){end}" if begin or end else joined


def words_of(cover: Cover | None) -> list[str]:
    """Return what a predicate is about, for a label and a comment."""
    found: dict[str, None] = {}
    for branch in cover.branches if cover else ():
        words = [
            literal.test.words if literal.positive else f"not {literal.test.words}"
            for literal in branch.literals
        ]
        found[" and ".join(words)] = None
    return list(found)


def identifier(text: str) -> str:
    """Return a name made from a text; "" if nothing is left."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", _HUMP.sub("_", text)).strip("_").lower()
    return name if name and not name[0].isdigit() and name not in RESERVED else ""


def unused(name: str, used: Iterable[str]) -> str:
    """Return a name that is not used, and that the language does not define."""
    taken_already = set(used)
    candidate, number = name, 2
    while candidate in taken_already or taken(candidate) or candidate in RESERVED:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
