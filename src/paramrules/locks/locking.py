"""Make the lock of one rule file, model by model."""

import os
from collections.abc import Mapping

from paramrules.assignment import Assignment, examine
from paramrules.assignment.value_evaluator import Scalar
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inventories import Inventory
from paramrules.locks.lock_value import Lock, lock
from paramrules.rules import Rules


class Locking:
    """The models of one lock, and what the rules find wrong with them.

    Args:
        path: the path of the lock; the names of models are written relative to its folder.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.findings: list[Diagnostic] = []
        self._assignments: dict[str, Assignment] = {}

    @property
    def folder(self) -> str:
        """The folder of the lock."""
        return os.path.dirname(self.path)

    def add(
        self,
        rules: Rules,
        name: str,
        inventory: Inventory,
        options: Mapping[str, Scalar],
        *,
        strict: bool = False,
    ) -> None:
        """Assign the rules to a model, and add its section.

        Args:
            rules: the rules.
            name: the name of the model in the lock.
            inventory: the model.
            options: values for the file's options, by name.
            strict: report dead rules, and parameters that no rule of an axis takes, as errors.

        Raises:
            RulesError: E906 if there is a section of this name; what `assign` raises, but for expectations
                and strictness, whose errors are among `findings`.
        """
        if name in self._assignments:
            raise RulesError(
                Diagnostic(
                    "E906",
                    f"`{self.path}` would have two sections of the model `{name}`",
                    help="lock the two apart, each into a file of its own: `-o FILE`",
                )
            )
        assignment = examine(rules, inventory, options=options, strict=strict)
        self._assignments[name] = assignment
        self.findings += [
            found for found in assignment.findings if found.severity != "note" and found not in self.findings
        ]

    def lock(self) -> Lock:
        """Return the lock."""
        return lock(self._assignments)
