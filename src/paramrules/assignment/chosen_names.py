"""Parameters by what a user types for them: names, paths of modules, globs and folded names."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from paramrules.diagnostics import Diagnostic, RulesError, listed
from paramrules.display import counted
from paramrules.folded_names import fold, unfold
from paramrules.inventories import Inventory
from paramrules.inventories.parameter import is_below

_CLOSE = 3
"""The most names that a help suggests."""


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
    known = set(inventory.names)
    if text in known:
        return [text]
    try:
        single = unfold(text)
    except ValueError as error:
        raise _unknown(text, (), str(error)) from None
    exact, others = known.intersection(single), [each for each in single if each not in known]
    found = [name for name in inventory.names if name in exact or any(_fits(name, other) for other in others)]
    if not found:
        raise _no_names(inventory, text)
    return list({inventory.index(name): name for name in reversed(found)}.values())[::-1]


def no_parameter(inventory: Inventory, name: str) -> RulesError:
    """Return the error (E214) for a name that no parameter has, with the names that are close."""
    ending = [known for known in inventory.names if known.endswith(f".{name}")]
    return _unknown(name, ending or _close(name, inventory.names))


def _no_names(inventory: Inventory, text: str) -> RulesError:
    """Return the error (E214) for a text that stands for no names."""
    if _is_glob(text):
        wider = [name for name in inventory.names if fnmatchcase(name, f"*{text}*")]
        finds = (
            f"a glob matches the whole name: `*{text}*` finds {counted(len(wider), 'name')}" if wider else ""
        )
        return _unknown(text, (), finds)
    ending = [name for name in inventory.names if name.endswith(f".{text}")]
    modules = (name[:end] for name in inventory.names for end, mark in enumerate(name) if mark == ".")
    return _unknown(text, [each.name for each in fold(ending)] or _close(text, (*inventory.names, *modules)))


def _unknown(text: str, close: Sequence[str], help: str = "") -> RulesError:
    if close:
        help = f"did you mean {listed(close[:_CLOSE], last='or')}?"
    return RulesError(
        Diagnostic(
            "E214",
            f"the model has no parameter `{text}`",
            help=help or "`paramrules show FILE --model M --names` lists all names",
        )
    )


def _fits(name: str, text: str) -> bool:
    return fnmatchcase(name, text) if _is_glob(text) else is_below(name, text)


def _is_glob(text: str) -> bool:
    return any(mark in text for mark in "*?[")


def _close(text: str, known: Iterable[str]) -> list[str]:
    """Return the names that are close, only those of the same layers if there are any."""
    from difflib import get_close_matches  # 10 ms that only a mistake pays for

    close = get_close_matches(text, dict.fromkeys(known), n=_CLOSE, cutoff=0.75)
    return [name for name in close if _layers(name) == _layers(text)] or close


def _layers(name: str) -> list[str]:
    return [part for part in name.split(".") if part.isdecimal()]
