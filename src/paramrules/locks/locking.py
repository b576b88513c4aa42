"""Make the lock of one rule file, model by model."""

import os
from collections.abc import Sequence

from paramrules.assignment import Assignment
from paramrules.diagnostics import Diagnostic
from paramrules.locks.lock_value import Lock, lock_of


class Locking:
    """The models of one lock, and what the rules find wrong with them.

    Args:
        path: the path of the lock; the names of models are written relative to its folder.

    Attributes:
        path: the path.
        findings: what the rules find wrong with the models.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.findings: list[Diagnostic] = []
        self._sections: list[tuple[str, Assignment]] = []

    @property
    def folder(self) -> str:
        """The folder of the lock."""
        return os.path.dirname(self.path)

    @property
    def assignments(self) -> Sequence[Assignment]:
        """The assignments to the models, one for each section of the lock."""
        return [assignment for _, assignment in self._sections]

    def add(self, name: str, assignment: Assignment) -> None:
        """Add a section.

        Args:
            name: the name of the model in the lock.
            assignment: what `examine` made of the model.
        """
        self._sections.append((name, assignment))
        self.findings += [
            found for found in assignment.findings if found.severity != "note" and found not in self.findings
        ]

    def lock(self) -> Lock:
        """Return the lock.

        Raises:
            RulesError: E906 if two sections of a model have the same options.
        """
        return lock_of(self._sections, f"`{self.path}`")
