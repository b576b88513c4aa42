"""`no_weight_decay()`: the method by which a module names parameters that should not decay.

References:
    timm and Swin Transformer introduced it: https://github.com/microsoft/Swin-Transformer/blob/main/optimizer.py
"""

from collections.abc import Iterable, Sequence
from reprlib import repr as shown

from paramrules.diagnostics import Diagnostic, RulesError, said_by
from paramrules.globs import glob

METHOD = "no_weight_decay"


def undecayed(modules: Iterable[tuple[str, object]], names: Sequence[str]) -> frozenset[int]:
    """Return the numbers of the names that a module's `no_weight_decay()` lists.

    What it lists is relative to the module: a whole name (`pos_embed`) or a glob (`rel.*.weight`). Modules
    without the method are passed over.

    Args:
        modules: canonical name and module.
        names: the canonical names of parameters.

    Raises:
        RulesError: E516 if a method raises, E523 if it returns something other than names.
    """
    found: set[int] = set()
    place: dict[str, int] = {}
    for at, module in modules:
        if not callable(getattr(module, METHOD, None)):
            continue
        prefix = f"{at}." if at else ""
        place = place or {name: number for number, name in enumerate(names)}
        for wanted in _listed(at, module):
            if prefix + wanted in place:
                found.add(place[prefix + wanted])
            if any(wildcard in wanted for wildcard in "*?["):
                matches, start = glob(wanted).match, len(prefix)
                found.update(
                    number
                    for name, number in place.items()
                    if name.startswith(prefix) and matches(name[start:])
                )
    return frozenset(found)


def _listed(at: str, module: object) -> list[str]:
    method = f"`no_weight_decay()` of the `{type(module).__name__}`{f' at `{at}`' if at else ''}"
    try:
        given = getattr(module, METHOD)()
        is_collection = isinstance(given, Iterable) and not isinstance(given, str)
        listed = list(given) if is_collection else []
    except Exception as error:
        raise RulesError(
            Diagnostic(
                "E516",
                f"{method} raises {said_by(error)}",
                help="it is called without arguments and returns a set of names, such as `{'pos_embed'}`",
            )
        ) from error
    if not is_collection or not all(isinstance(name, str) for name in listed):
        raise RulesError(
            Diagnostic(
                "E523",
                f"{method} returns {shown(given)}, not a collection of names",
                help="return a set of names, such as `{'pos_embed'}`, or `set()`",
            )
        )
    return listed
