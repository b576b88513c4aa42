"""The words of a lock: names, values, and texts in which numbers depend on the numbers of layers.

A word that is not plain is quoted as JSON quotes it, in ASCII and without braces. So a lock shows no
character that a reader cannot see, and a brace is always a number to fill in: `block_{i+1}`.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Final, NamedTuple

NUMBER: Final = re.compile(r"(?<![0-9])(?:0|[1-9][0-9]{0,8})(?![0-9])")
"""A number as it is written without leading zeros, so that it can be written again."""

QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
BARE: Final = r"[A-Za-z0-9_-]+"

_PLAIN: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_COMPONENT: Final = re.compile(BARE)
_NAME: Final = re.compile(rf"{BARE}(?:\.{BARE})*")
_TOKEN: Final = re.compile(rf"\s*(?:({QUOTED})|([(),])|([^\s(),\"]+))")
_TERM: Final = re.compile(r"([+-]?)(?:([0-9]{1,12})\*)?([a-z][0-9]*|[0-9]{1,18})")
_HOLE: Final = re.compile(r"\{([^{}]*)\}")
_KEY: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*) = ")
_WORDS: Final = {"true": True, "false": False, "none": None}
_DEEPEST: Final = 50

Reader = Callable[[str, int], tuple[Any, int]]

VARIABLES: Final = "ijkmnpqrst"
"""The letters of the numbers in a name, from left to right."""


def quoted(text: str) -> str:
    """Return a text in quotes, in ASCII, without braces."""
    return json.dumps(text).replace("{", "\\u007b").replace("}", "\\u007d").replace("\x7f", "\\u007f")


def component(text: str) -> str:
    """Return a component of a name as a lock writes it."""
    return text if _COMPONENT.fullmatch(text) else quoted(text)


def name(text: str) -> str:
    """Return a whole name as a lock writes it."""
    return text if _NAME.fullmatch(text) else quoted(text)


def line(text: str) -> str:
    """Return a text that takes the rest of a line, quoted if it is not plain."""
    plain = _PLAIN.fullmatch(text) and not text.startswith('"')
    return text if plain else quoted(text)


def unquoted(text: str) -> str:
    """Return what a word stands for.

    Raises:
        ValueError: the quotes hold something other than a JSON string.
    """
    if not text.startswith('"'):
        return text
    read: str = json.loads(text)
    return read


def value(given: object) -> str:
    """Return a setting's value as a lock writes it, so that `read_value` returns the same again.

    >>> value((0.9, "a", True, None))
    '(0.9, "a", true, none)'
    """
    if given is None or isinstance(given, bool):
        return {None: "none", True: "true", False: "false"}[given]
    if isinstance(given, tuple):
        return f"({', '.join(map(value, given))}{',' if len(given) == 1 else ''})"
    if isinstance(given, str):
        return quoted(given)
    return repr(given) if isinstance(given, int | float) else str(given)


def settings(given: Mapping[str, Any]) -> str:
    """Return settings as a lock writes them: `lr_scale = 0.5, weight_decay = 0`, or `-`."""
    return ", ".join(f"{key} = {value(each)}" for key, each in given.items()) or "-"


def read_settings(text: str, read: "Reader | None" = None) -> dict[str, Any]:
    """Return the settings that `settings` wrote.

    Args:
        text: the settings.
        read: reads the value at a place of the text, and returns it with the place behind it.

    Raises:
        ValueError: the text is something else.
    """
    if text == "-":
        return {}
    found: dict[str, Any] = {}
    at = 0
    while True:
        key = _KEY.match(text, at)
        if key is None or key[1] in found:
            raise ValueError(text)
        found[key[1]], at = (read or value_at)(text, key.end())
        if at == len(text):
            return found
        if not text.startswith(", ", at):
            raise ValueError(text)
        at += 2


def read_value(text: str) -> Any:
    """Return the value that `value` wrote.

    Raises:
        ValueError: the text is something else.
    """
    found, end = value_at(text, 0)
    if end != len(text):
        raise ValueError(text)
    return found


def value_at(text: str, at: int, depth: int = 0) -> tuple[Any, int]:
    """Return the value at a place of a text, and the place behind it. Raises ValueError if there is none."""
    token = _TOKEN.match(text, at)
    if token is None or depth > _DEEPEST:
        raise ValueError(text)
    if token[1]:
        return unquoted(token[1]), token.end()
    if token[3]:
        return _WORDS[token[3]] if token[3] in _WORDS else number(token[3]), token.end()
    if token[2] != "(":
        raise ValueError(text)
    items: list[Any] = []
    at = token.end()
    while not text.startswith(")", at):
        item, at = value_at(text, at, depth + 1)
        items.append(item)
        if text.startswith(",", at):
            at += 2 if text.startswith(", ", at) else 1
        elif not text.startswith(")", at):
            raise ValueError(text)
    return tuple(items), at + 1


def number(text: str) -> int | float:
    """Return a number. Raises ValueError for any other text."""
    if re.fullmatch(r"-?[0-9]{1,400}", text):
        return int(text)
    if not re.fullmatch(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:e[+-]?[0-9]{1,3})?", text):
        raise ValueError(text)
    found = float(text)
    if not isfinite(found):
        raise ValueError(text)
    return found


class Affine(NamedTuple):
    """A whole number that depends on those in a name: `constant`, and one factor for each of them."""

    constant: int
    factors: tuple[int, ...] = ()

    def __str__(self) -> str:
        """Return a number, or an expression in braces: `{i+1}`, `{12-i}`, `{3*i+j}`."""
        terms = [(factor, variable(at)) for at, factor in enumerate(self.factors) if factor]
        if not terms:
            return str(self.constant)
        ups = [_times(factor, letter) for factor, letter in terms if factor > 0]
        downs = [f"-{_times(-factor, letter)}" for factor, letter in terms if factor < 0]
        first = [str(self.constant)] if self.constant > 0 else []
        last = str(self.constant) if self.constant < 0 else ""
        return f"{{{'+'.join(ups + first)}{''.join(downs)}{last}}}"

    def at(self, numbers: Sequence[int]) -> int:
        """Return its value where the numbers in the name are these."""
        return self.constant + sum(map(int.__mul__, self.factors, numbers))


def variable(at: int) -> str:
    """Return the letter of the number at a place in a name."""
    return VARIABLES[at] if at < len(VARIABLES) else f"i{at}"


def _times(factor: int, letter: str) -> str:
    return letter if factor == 1 else f"{factor}*{letter}"


def read_affine(text: str, places: Mapping[str, int]) -> Affine:
    """Return the expression between two braces, in which the numbers of the name have these places.

    Raises:
        ValueError: the text is something else.
    """
    constant, factors = 0, [0] * len(places)
    at = 0
    while at < len(text):
        term = _TERM.match(text, at)
        if term is None or (at and not term[1]):
            raise ValueError(text)
        sign = -1 if term[1] == "-" else 1
        factor = sign * int(term[2] or 1)
        if term[3].isdigit():
            constant += factor * int(term[3])
        elif term[3] in places:
            factors[places[term[3]]] += factor
        else:
            raise ValueError(text)
        at = term.end()
    if not text:
        raise ValueError(text)
    return Affine(constant, tuple(factors))


class Template(NamedTuple):
    """A text with numbers to fill in: `texts` around `numbers`."""

    texts: tuple[str, ...]
    numbers: tuple[Affine, ...]

    def fill(self, numbers: Sequence[int]) -> str:
        """Return the text where the numbers in the name are these.

        Raises:
            ValueError: a number comes out negative.
        """
        if not self.numbers:
            return self.texts[0]
        found = [self.texts[0]]
        for text, each in zip(self.texts[1:], self.numbers, strict=True):
            filled = each.at(numbers)
            if filled < 0:
                raise ValueError("".join(self.texts))
            found += (str(filled), text)
        return "".join(found)


def read_template(text: str, count: int) -> Template:
    """Return a text whose braces hold expressions. Raises ValueError if they hold something else."""
    parts = _HOLE.split(text)
    if any("{" in part or "}" in part for part in parts[::2]):
        raise ValueError(text)
    places = {variable(at): at for at in range(count)} if len(parts) > 1 else {}
    return Template(tuple(parts[::2]), tuple(read_affine(each, places) for each in parts[1::2]))
