"""The values that settings hold."""

import os
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from paramrules.diagnostics import Diagnostic, RulesError, Span
from paramrules.rules.shipped import file_name, names_shipped

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from paramrules.assignment.value_evaluator import Scalar
    from paramrules.inventories import Inventory
    from paramrules.named_models import ExampleInput, ModelName
    from paramrules.rules import Rules

Where: TypeAlias = Callable[..., Span]
"""Returns the place in the settings of a key of a target: `where("options", "rate")`."""

_KEYS: Final = {"E507": "stacked", "E517": "inputs"}
"""The keys that errors about models are about, other than `models`."""


@dataclass(frozen=True, slots=True)
class Models:
    """Models, and all that has to be known to describe them.

    Attributes:
        names: the models.
        inputs: arguments for those that have no parameters before they run.
        stacked: for paths in them, how many leading axes of all arrays below are layers.
        vocabulary: the files that say what their classes are.
        where: the places of their keys, if settings name them.
    """

    names: "tuple[ModelName, ...]" = ()
    inputs: "tuple[ExampleInput, ...]" = ()
    stacked: Mapping[str, int] = field(default_factory=dict)
    vocabulary: "tuple[str | Traversable, ...]" = ()
    where: Where | None = field(default=None, compare=False, repr=False)

    def inventories(self) -> "list[Inventory]":
        """Build the models and return their inventories.

        Raises:
            RulesError: see `paramrules.named_models.inventories_of`. An error without a place has that of
                the settings.
        """
        from paramrules.named_models import inventories_of

        try:
            return inventories_of(self.names, self.stacked, self.vocabulary or None, self.inputs)
        except RulesError as error:
            where = self.where
            if where is None:
                raise
            found = [
                each if each.span else replace(each, span=where(_KEYS.get(each.code, "models")))
                for each in error.diagnostics
            ]
            raise RulesError(found) from error.__cause__


@dataclass(frozen=True, slots=True)
class Target:
    """A rule file and the models that it is for.

    Attributes:
        rules: the path of the rule file, seen from the current folder, or the name of a shipped policy.
        models: its models.
        options: values of its options.
        given: further ones as typed on a command line, which go first.
        mapping: a file of pairs for `parity`.
        strict: True if dead rules and left-over parameters are errors.
        folder: the folder of the settings, seen from the current one.
        where: the places of its keys in the settings, if it is from there.
        missing: errors (E934) for the files other than the rule file that it names and that do not exist.
    """

    rules: str
    models: Models = field(default_factory=Models)
    options: "Mapping[str, Scalar]" = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    mapping: str | None = None
    strict: bool = False
    folder: str = "."
    where: Where | None = field(default=None, compare=False, repr=False)
    missing: tuple[Diagnostic, ...] = ()

    @property
    def lock(self) -> str:
        """The lock beside the rule file; a shipped policy has one of its name beside the settings."""
        if not names_shipped(self.rules):
            return f"{self.rules}.lock"
        return os.path.normpath(os.path.join(self.folder, f"{file_name(self.rules)}.lock"))

    def options_for(self, rules: "Rules", others: Container[str] = ()) -> "dict[str, Scalar]":
        """Return the values of all options that are set, with the types that the rule file declares.

        Args:
            rules: the rule file.
            others: options that another file declares, which also takes them.

        Raises:
            RulesError: E211 and E213 for options of the settings that do not fit; points at them.
        """
        from paramrules.assignment import parse_options
        from paramrules.assignment.option_values import unfit_in_settings

        if self.where is not None:
            options = {name: value for name, value in self.options.items() if name not in self.given}
            wrong = unfit_in_settings(rules, options, self.where, others)
            if wrong:
                raise RulesError(wrong)
        return {**self.options, **parse_options(rules, self.given)}


@dataclass(frozen=True, slots=True)
class Project:
    """The settings of a repository.

    Attributes:
        file: the file that holds them, seen from the current folder.
        targets: the rule files and their models, in the order written.
        severity: for codes, `error`, `warning`, `note` or `off`.
    """

    file: str
    targets: tuple[Target, ...] = ()
    severity: Mapping[str, str] = field(default_factory=dict)

    @property
    def own_files(self) -> tuple[str, ...]:
        """Those of the rule files that are not of the shipped library."""
        return tuple(file for file in self.rule_files if not names_shipped(file))

    @property
    def rule_files(self) -> tuple[str, ...]:
        """The rule files of all targets, each once."""
        return tuple(dict.fromkeys(target.rules for target in self.targets))

    def graded(self, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
        """Return findings with the severities that the settings give them, without those that are off."""
        return [
            replace(finding, level=self.severity.get(finding.code, finding.level))
            for finding in findings
            if self.severity.get(finding.code) != "off"
        ]
