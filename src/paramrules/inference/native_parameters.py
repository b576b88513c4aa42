"""A model's parameters by what code calls them: names, also those that wrappers change, or native objects."""

from collections.abc import Callable

from paramrules.diagnostics import did_you_mean
from paramrules.inventories import Inventory
from paramrules.inventories.parameter import is_below
from paramrules.registry import wrapper_names


class Parameters:
    """A model's parameters, found by name and by what the framework has in their place.

    Args:
        inventory: the model's parameters.
        name_of: returns the canonical name of a native parameter, None for anything else.
    """

    def __init__(self, inventory: Inventory, name_of: Callable[[object], str | None]) -> None:
        self.inventory = inventory
        self._name_of = name_of
        self._numbers: dict[str, list[int]] = {}
        for number, layer in enumerate(inventory.column("layer")):
            if layer:  # code sees the array that holds the layers
                self._numbers.setdefault(layer.array, []).append(number)
        for number in range(len(inventory)):
            for entry in inventory.entries(number):
                self._numbers[inventory.names[entry]] = [number]
        self._paths = {name[:end] for name in self._numbers for end, mark in enumerate(name) if mark == "."}

    def named(self, name: str) -> list[int]:
        """Return the numbers of the parameters with this name, all layers of an array; none if there is none.

        What wrappers add to names may be there.
        """
        if name in self._numbers:
            return self._numbers[name]
        plain = ".".join(part for part in name.split(".") if part not in wrapper_names())
        return self._numbers.get(plain, [])

    def is_path(self, path: str) -> bool:
        """Return whether there are parameters below a path."""
        return path in self._paths

    def below(self, path: str) -> list[int]:
        """Return the numbers of the parameters below a path."""
        if path not in self._paths:
            return []
        found = (n for name, numbers in self._numbers.items() if is_below(name, path) for n in numbers)
        return sorted(set(found))

    def native(self, value: object) -> list[int]:
        """Return the numbers of a parameter in the framework's form; none for anything else."""
        name = self._name_of(value)
        return [] if name is None else self.named(name)

    def near(self, name: str) -> str:
        """Return a help that suggests a name like this one, an empty text if there is none."""
        return did_you_mean(name, self._numbers)
