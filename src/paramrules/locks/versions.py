"""The versions of the packages that a model came from."""

import re
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from paramrules.inventories import Inventory


def versions_of(inventory: Inventory) -> Mapping[str, str]:
    """Return the versions of the packages that define the modules around the parameters.

    Those of a saved inventory are not known: what is installed here may be others.
    """
    if inventory.is_saved:
        return {}
    owners = set(inventory.owners)
    classes = {cls.name for owner in owners if owner.known for cls in owner.around}
    found = {}
    for package in sorted({name.partition(".")[0] for name in classes} & sys.modules.keys()):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # the user's own module
            continue
    return {name: text for name, text in found.items() if re.fullmatch(r"[\w.+!-]+", text, re.ASCII)}
