"""Match the names in a saved state to parameters, however the model was wrapped when it was saved."""

from collections.abc import Sequence
from typing import NamedTuple

from paramrules.backends import Diagnostic, Inventory, some_names
from paramrules_torch.wrappers import WRAPPERS


class Match(NamedTuple):
    """For each saved name, the number of its parameter in the inventory; None if there is none."""

    numbers: list[int | None]
    findings: list[Diagnostic]


def match(saved: Sequence[str], inventory: Inventory, raw: Sequence[str]) -> Match:
    """Find the parameters that saved names refer to.

    Two names refer to the same parameter if they are equal without the components that wrappers add. The
    model's own modules may have such names. If several parameters of the model or of the file are equal in
    this sense, only whole names count: canonical ones, or those with this model's wrappers.

    Args:
        saved: the names in the file.
        inventory: the model's inventory.
        raw: the parameters' names in torch.
    """
    number = {}
    for parameter in range(len(inventory)):
        number.update(dict.fromkeys(inventory.entries(parameter), parameter))
    canonical = {name: number[entry] for entry, name in enumerate(inventory.names)}
    wrapped = {name: number[entry] for entry, name in enumerate(raw)}
    alike: dict[str, set[int]] = {}
    for name, parameter in canonical.items():
        alike.setdefault(_core(name), set()).add(parameter)
    asked: dict[str, list[int]] = {}
    for at, name in enumerate(saved):
        asked.setdefault(_core(name), []).append(at)

    numbers: list[int | None] = [None] * len(saved)
    findings = []
    for core, positions in asked.items():
        own = alike.get(core, set())
        if len(own) == 1 and len(positions) == 1:
            numbers[positions[0]] = next(iter(own))
        elif own:
            names = [saved[at] for at in positions]
            ways = [[way[name] for name in names] for way in (canonical, wrapped) if way.keys() >= set(names)]
            if len(set(names)) == len(names) and ways and all(way == ways[0] for way in ways):
                for at, parameter in zip(positions, ways[0], strict=True):
                    numbers[at] = parameter
            else:
                findings.append(_unclear(names, [inventory.names[n] for n in sorted(own)]))
    return Match(numbers, findings)


def _core(name: str) -> str:
    """Return a name without all components that wrappers may have added: a file does not tell classes."""
    added = WRAPPERS.values()
    return ".".join(part for part in name.split(".") if part not in added)


def _unclear(names: Sequence[str], own: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "E626",
        f"{some_names(names)} of the saved state may be any of {some_names(own)} of the model",
        help="wrap the model as it was when the state was saved, or correct `param_names` in the state",
    )
