"""Globs as regexes of rule files."""

import re


def regex(glob: str) -> str:
    """Return a regex that is found in the texts that the glob matches whole.

    >>> regex("blocks.*.bias")
    '^blocks\\\\.[\\\\s\\\\S]*\\\\.bias$'
    """
    found, at = "^", 0
    while at < len(glob):
        character = glob[at]
        at += 1
        end = glob.find("]", at + (2 if glob[at : at + 1] == "!" else 1)) if character == "[" else -1
        if character == "*":
            found += r"[\s\S]*"
        elif character == "?":
            found += r"[\s\S]"
        elif end > 0:
            inside, at = glob[at:end], end + 1
            negated, inside = inside.startswith("!"), inside.removeprefix("!")
            inside = _inside(inside)
            if inside:
                found += f"[{'^' if negated else ''}{inside}]"
            else:
                found += r"[\s\S]" if negated else r"[^\s\S]"
        else:
            found += re.escape(character)
    return found + "$"


def whole(text: str) -> str:
    """Return a regex that is found in one text alone."""
    return f"^{re.escape(text)}$"


def _inside(text: str) -> str:
    """Return what stands in the brackets of a glob as a regex has it; only a `-` between two is a range."""
    pieces: list[str] = []
    at = 0
    while at < len(text):
        if text[at + 1 : at + 2] == "-" and at + 2 < len(text):
            low, high = text[at], text[at + 2]
            pieces += [f"{re.escape(low)}-{re.escape(high)}"] if low <= high else []
            at += 3
        else:
            pieces.append(re.escape(text[at]))
            at += 1
    return "".join(pieces)
