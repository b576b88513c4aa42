"""Make the lock of one rule file, model by model."""

import os

from paramrules.assignment import Assignment
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.locks.lock_value import Lock, lock


class Locking:
    """The models of one lock, and what the rules find wrong with them.

    Args:
        path: the path of the lock; the names of models are written relative to its folder.

    Attributes:
        path: the path.
        findings: what the rules find wrong with the models.
        assignments: the assignments to the models, by their names in the lock.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.findings: list[Diagnostic] = []
        self.assignments: dict[str, Assignment] = {}

    @property
    def folder(self) -> str:
        """The folder of the lock."""
        return os.path.dirname(self.path)

    def add(self, name: str, assignment: Assignment) -> None:
        """Add the section of a model.

        Args:
            name: the name of the model in the lock.
            assignment: what `examine` made of the model.

        Raises:
            RulesError: E906 if there is a section of this name.
        """
        if name in self.assignments:
            raise RulesError(
                Diagnostic(
                    "E906",
                    f"`{self.path}` would have two sections of the model `{name}`",
                    help="lock the two apart, each into a file of its own: `-o FILE`",
                )
            )
        self.assignments[name] = assignment
        self.findings += [
            found for found in assignment.findings if found.severity != "note" and found not in self.findings
        ]

    def lock(self) -> Lock:
        """Return the lock."""
        return lock(self.assignments)
