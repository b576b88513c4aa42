"""A part of a model, such as a pipeline stage, held against the assignment that was made of the whole."""

from collections.abc import Mapping

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inventories import Inventory


def places(whole: Inventory, part: Inventory) -> Mapping[int, int]:
    """For each of the whole's parameters that the part has, by number, its number in the part.

    Parameters are matched by canonical name, and by none of what a stage may have lost of the whole: the
    order, the modules' classes (a traced stage has none), further names of a tied tensor. The shapes compared
    are the stored ones, since what a bias is comes from the class.

    Raises RulesError: E601 where the part has a name that the whole has not, another shape, or ties other
    tensors.
    """
    shapes, own_shapes = whole.column("stored"), part.column("stored")
    found: dict[int, int] = {}
    for number in range(len(part)):
        names = [part.names[entry] for entry in part.entries(number)]
        try:
            places = [whole.index(name) for name in names]
        except KeyError as missing:
            raise _refusal(f"it has no `{missing.args[0]}`") from None
        place = places[0]
        for name, other in zip(names, places, strict=True):
            if other != place:
                raise _refusal(f"here `{names[0]}` and `{name}` are one tensor, and there two")
        if place in found:
            first = part.names[found[place]]
            raise _refusal(f"there `{first}` and `{names[0]}` are one tensor, and here two")
        shape, own = tuple(shapes[place]), tuple(own_shapes[number])
        if shape != own:
            raise _refusal(f"there `{names[0]}` is of shape {shape}, and here of {own}")
        found[place] = number
    return found


def _refusal(how: str) -> RulesError:
    return RulesError(
        Diagnostic(
            "E601",
            f"this is no part of the model that the assignment was made of: {how}",
            help="give the parts of a model the names and shapes that they have in the whole, "
            "and assign the rules to that",
        )
    )
