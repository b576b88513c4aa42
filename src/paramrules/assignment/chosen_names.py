"""Parameters by what a user types for them: names, paths of modules, globs and folded names."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from paramrules.diagnostics import Diagnostic, RulesError, listed
from paramrules.display import counted
from paramrules.folded_names import fold, pieces
from paramrules.globs import regex
from paramrules.inventories import Inventory

_CLOSE: Final = 3
"""The most names that a help suggests."""

_LEAST: Final = 0.75
_BESIDE: Final = 0.04
"""The least likeness of a suggested name, from 0 to 1, and its greatest distance from the best one."""

_END: Final = len(r"\Z")
"""The length of the anchor that `fnmatch.translate` puts at the end."""


def names_like(inventory: Inventory, text: str) -> list[str]:
    """Return the names that a text stands for, in the model's order, one for each parameter.

    Args:
        inventory: the model's parameters.
        text: a name; the path of a module, for all parameters below it; a glob, in which `*` crosses dots;
            any of these with numbers folded, as in `blocks.{0..3}.norm1`.

    Raises:
        RulesError: E214 if it stands for none.

    >>> names_like(inventory, "blocks.0.norm1")
    ['blocks.0.norm1.weight', 'blocks.0.norm1.bias']
    """
    if text in set(inventory.names):
        return [text]
    try:
        fits = _pattern(text).fullmatch
    except ValueError as error:
        raise _unknown(text, (), str(error)) from None
    found = {inventory.index(name): name for name in reversed(inventory.names) if fits(name)}
    if not found:
        raise _no_names(inventory, text)
    return list(found.values())[::-1]


def no_parameter(inventory: Inventory, name: str) -> RulesError:
    """Return the error (E214) for a name that no parameter has, with the names that are close."""
    ending = [n for n in inventory.names if n.endswith(f".{name}") or n.startswith(f"{name}.")]
    firsts = (folded.names[0] for folded in fold(inventory.names))
    return _unknown(name, ending or _close(name, inventory.names, firsts))


def _no_names(inventory: Inventory, text: str) -> RulesError:
    """Return the error (E214) for a text that stands for no names."""
    if _is_glob(text):
        return _unknown(text, (), _wider(inventory, text))
    ending = [name for name in inventory.names if name.endswith(f".{text}")]
    modules = (name[:end] for name in inventory.names for end, mark in enumerate(name) if mark == ".")
    known = dict.fromkeys((*inventory.names, *modules))
    firsts = (folded.name for folded in fold(known))
    close = [each.name for each in fold(ending)] or _close(text, known, firsts)
    return _unknown(text, close, "" if close else _wider(inventory, text))


def _wider(inventory: Inventory, text: str) -> str:
    """Return a help with the glob that finds a text anywhere in a name, an empty text if no name has it."""
    wider = f"*{text.strip('*')}*"
    fits = _pattern(wider).fullmatch
    found = sum(1 for name in inventory.names if fits(name))
    which = f"a glob matches the whole name: `{wider}`" if _is_glob(text) else f"the glob `{wider}`"
    return f"{which} finds {counted(found, 'name')}" if found else ""


def _unknown(text: str, close: Sequence[str], help: str = "") -> RulesError:
    if close:
        help = f"did you mean {listed(close[:_CLOSE], last='or')}?"
    return RulesError(
        Diagnostic(
            "E214",
            f"the model has no parameter `{text}`",
            help=help or "`paramrules show FILE --model M --names` lists all names",
            project_help="" if help else "`paramrules show --names` lists all names",
        )
    )


def _pattern(text: str) -> re.Pattern[str]:
    """Return a regex for the names that a text stands for.

    Raises:
        ValueError: something other than numbers stands in braces.
    """
    translated = "".join(
        f"(?:{'|'.join(part)})" if isinstance(part, list) else regex(part)[:-_END] for part in pieces(text)
    )
    return re.compile(translated if _is_glob(text) else rf"{translated}(?:\..*)?")


def _is_glob(text: str) -> bool:
    return any(mark in text for mark in "*?[")


def _close(text: str, known: Iterable[str], otherwise: Iterable[str]) -> list[str]:
    """Return the names that are close: of the same layers if there are any, else some of all layers.

    A model has thousands of names and few that differ in more than numbers, and comparing takes its time.
    """
    from difflib import SequenceMatcher, get_close_matches  # 10 ms that only a mistake pays for

    beside = [name for name in known if _layers(name) == _layers(text)]
    for names in (beside, dict.fromkeys(otherwise)):
        if close := get_close_matches(text, names, n=_CLOSE, cutoff=_LEAST):
            likeness = [SequenceMatcher(None, name, text).ratio() for name in close]
            return [n for n, alike in zip(close, likeness, strict=True) if alike >= likeness[0] - _BESIDE]
    return []


def _layers(name: str) -> list[str]:
    return [part for part in name.split(".") if part.isdecimal()]
