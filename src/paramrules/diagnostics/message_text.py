"""The wording of messages: text that is safe to print, lists of names, `did you mean ...?`, `a` or `an`."""

import re
from collections.abc import Iterable, Sequence
from typing import Final
from unicodedata import combining, east_asian_width

from paramrules.diagnostics.helps import Help, helping

_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Characters that `str.isprintable` accepts and nobody sees: fillers, variation selectors, blanks."""

_MOST: Final = 12
"""The names in a message; nobody reads more."""
_FEW: Final = 4
"""The names that a sentence begins with."""


def printable(text: str) -> str:
    r"""Return the text on one line, with every character that a reader cannot see as an escape.

    Control characters can move a terminal's cursor or end a line, bidirectional ones reorder it, and
    zero-width ones make two names look alike. A tab becomes a space. All output passes through this function,
    in a terminal and in a pipe.

    >>> printable("a\x1b[2Jb\u202e")
    'a\\x1b[2Jb\\u202e'
    """
    if text.isprintable() and (text.isascii() or not _INVISIBLE.search(text)):
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character == "\t":
        return " "
    if character.isprintable() and not _INVISIBLE.match(character):
        return character
    return character.encode("unicode_escape").decode()


def said_by(error: BaseException) -> str:
    """Return the class of an error of foreign code and the first line of its text, whatever its text does.

    >>> said_by(ValueError("too large"))
    'ValueError: too large'
    """
    name = type(error).__name__
    try:
        text = str(error).strip()
    except Exception:  # `__str__` is foreign code too, and may raise anything
        return name
    return f"{name}: {text}".splitlines()[0].rstrip(": .")


def width(text: str) -> int:
    """Return how many columns of a terminal a printable text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a help line that names the nearest known word, or an empty text where none is near.

    It carries the edit, which is safe where no second word is near.

    Most words of up to four letters are a letter away from another, as `moe` is from `mode`. They have to be
    nearer: without a vowel or the last letter (`ndm`), with a letter doubled, or with two swapped.

    >>> did_you_mean("LayrNorm", ["LayerNorm", "Linear"])
    'did you mean `LayerNorm`?'
    """
    from difflib import get_close_matches  # 10 ms that only a mistake pays for

    candidates = sorted(set(known))
    folded = {name.lower(): name for name in reversed(candidates)}
    if word.lower() in folded:
        return meant(word, folded[word.lower()])
    swapped = [name for name in candidates if len(word) < 4 and _letters(name) == _letters(word)]
    close = get_close_matches(word, candidates, n=5, cutoff=0.7)
    near = swapped or [name for name in close if _near(word, name)]
    return meant(word, near[0], safe=len(near) == 1) if near else ""


def _letters(word: str) -> list[str]:
    return sorted(word.lower())


def meant(word: str, known: str, *, safe: bool = True) -> Help:
    """Return the help for a word in whose place another was meant."""
    return helping(f"did you mean `{known}`?", known, safe=safe, word=word)


def _near(word: str, known: str) -> bool:
    """Return whether a short word is a slip away from a known one; any longer word is near enough."""
    shorter, longer = sorted((word, known), key=len)
    if len(shorter) + len(longer) > 8:
        return True
    if len(shorter) == len(longer):
        return _letters(shorter) == _letters(longer)
    return any(
        longer[:at] + longer[at + 1 :] == shorter
        and (letter in "aeiou" or at == len(longer) - 1 or letter == longer[at - 1])
        for at, letter in enumerate(longer)
    )


def listed(names: Sequence[str], most: int = _MOST, last: str = "and") -> str:
    """Return names in backticks, with a count in place of those after the first `most`.

    >>> listed(["a", "b", "c"])
    '`a`, `b` and `c`'
    >>> listed(["a", "b", "c", "d"], most=2)
    '`a`, `b` and 2 more'
    """
    return enumerated([f"`{name}`" for name in names], most, last)


def plural(word: str, names: Sequence[str]) -> str:
    """Return a few names in backticks behind a noun in the singular or plural, with a count of the others.

    >>> plural("group", ["decay"])
    'the group `decay`'
    """
    return f"the {word}{'s' if len(names) > 1 else ''} {listed(names, _FEW)}"


def enumerated(phrases: Sequence[str], most: int = _MOST, last: str = "and") -> str:
    """Return phrases one after the other, with a count in place of those after the first `most`.

    >>> enumerated(["2 rules", "1 option", "1 axis"])
    '2 rules, 1 option and 1 axis'
    """
    shown = list(phrases[:most])
    if len(shown) < len(phrases):
        shown.append(f"{len(phrases) - len(shown)} more")
    return f" {last} ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def class_name(cls: type) -> str:
    """Return the full name of a class, that of a builtin without its module.

    >>> class_name(list)
    'list'
    """
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def a(word: str) -> str:
    """Return the word in backticks with its article.

    >>> a("Embedding")
    'an `Embedding`'
    """
    return f"{'an' if word.lstrip('*?')[:1].lower() in tuple('aeiou') else 'a'} `{word}`"
