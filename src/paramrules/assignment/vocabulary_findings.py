"""Findings about a model's own vocabulary: classes that look misspelt."""

from collections.abc import Iterator

from paramrules.diagnostics import Diagnostic, did_you_mean
from paramrules.inventories import Inventory
from paramrules.inventories.owner import named


def classes_not_in_the_model(inventory: Inventory) -> Iterator[Diagnostic]:
    """Yield N217 for each class of the model's own vocabulary that looks misspelt.

    Other classes that the model lacks are not reported: one vocabulary may serve several models.
    """
    if not inventory.own:
        return
    classes = {cls for owner in set(inventory.owners) if owner.known for cls in owner.around}
    names = sorted({name for cls in classes for name in (cls.name, *cls.bases)})
    for file in inventory.own:
        tables = file.tables
        written = [cls for listed in tables.families.values() for cls in listed]
        written += [cls for table in tables.roles for cls in table.classes]
        for cls in dict.fromkeys([*written, *tables.layouts]):
            near = "" if any(named(cls, name) for name in names) else did_you_mean(cls, names)
            if near:
                message = f"the vocabulary `{file.name}` names `{cls}`, and the model has no such class"
                yield Diagnostic("N217", message, help=near)
