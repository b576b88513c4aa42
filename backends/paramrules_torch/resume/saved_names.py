"""Which parameter of the model a name in a file means, however the model was wrapped when it was saved."""

from collections.abc import Sequence
from typing import NamedTuple

from paramrules.diagnostics import Diagnostic
from paramrules.inventories import Inventory
from paramrules_torch.resume.refusal import listed
from paramrules_torch.wrappers import WRAPPERS


class Match(NamedTuple):
    """For each saved name the number of its parameter in the inventory, None where there is none."""

    numbers: list[int | None]
    findings: list[Diagnostic]


def match(saved: Sequence[str], inventory: Inventory, raw: Sequence[str]) -> Match:
    """Finds the parameters that saved names mean.

    Two names mean one parameter if they are equal without all components that wrappers add. A model may
    have modules of such names itself: where several of its parameters, or several of the file's, would
    then be one, only whole names count, those without this model's wrappers or those with them.
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
    for core, places in asked.items():
        own = alike.get(core, set())
        if len(own) == 1 and len(places) == 1:
            numbers[places[0]] = next(iter(own))
        elif own:
            names = [saved[at] for at in places]
            ways = [[way[name] for name in names] for way in (canonical, wrapped) if way.keys() >= set(names)]
            if len(set(names)) == len(names) and ways and all(way == ways[0] for way in ways):
                for at, parameter in zip(places, ways[0], strict=True):
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
        f"{listed(names)} of the saved state may each be {listed(own)} of the model",
        help="wrap the model as it was wrapped when the state was saved, or mend `param_names` in the state",
    )
