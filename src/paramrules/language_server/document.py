"""An open rule file, and all that is known of it."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from lsprotocol import types
from pygls.uris import to_fs_path

from paramrules.assignment import Assignment, examine
from paramrules.diagnostics import Diagnostic, RulesError, Source, Span, listed, to_json
from paramrules.inventories import Inventory
from paramrules.language_server.models import ModelOf, Models
from paramrules.language_server.positions import Lines, Units
from paramrules.projects import Project
from paramrules.projects.naming import model_names
from paramrules.rules.includes import Loaded
from paramrules.rules.load import Understood, read_text
from paramrules.rules.mentions import Mention, Target, known, mentions
from paramrules.rules.shipped import file_of
from paramrules.syntax.decode import normalised


class OnModel(NamedTuple):
    """A document assigned to one of its models.

    Attributes:
        model: the model's name.
        assignment: None if there are errors.
        findings: those that only the model shows.
    """

    model: str
    assignment: Assignment | None
    findings: Sequence[Diagnostic]


class Document:
    """A rule file as the editor holds it. It never changes: each edit makes another one.

    Args:
        uri: its address.
        path: its path; None if it is not on the disk.
        text: its text.
        version: its version in the editor.
        units: counts the code units of a text.
        project: the settings that hold for it.
        models: finds the inventories of its models.
        opened: the texts of other files that are open, by their real paths.
    """

    def __init__(
        self,
        uri: str,
        path: str | None,
        text: str,
        version: int | None,
        *,
        units: Units,
        project: Project | None,
        models: Models,
        opened: Mapping[str, str],
    ) -> None:
        self.uri, self.path, self.text, self.version = uri, path, text, version
        self.units, self.project = units, project
        self.lines = Lines(text, units)
        self.source = Source(os.path.basename(path or uri) or uri, normalised(text))
        self._models, self._opened = models, opened

    @property
    def place(self) -> str:
        """The path beside which it includes others."""
        return self.path or self.source.name

    @cached_property
    def understood(self) -> Understood:
        """The text as it is read, with what it includes."""
        return read_text(self.source, self.path, self._opened)

    @cached_property
    def file_findings(self) -> Sequence[Diagnostic]:
        """Findings that need no model."""
        return self._graded(self.understood.findings)

    @cached_property
    def targets(self) -> Sequence[ModelOf]:
        """Its models, by the project's settings."""
        return self._models.of(self.path, self.project)

    @cached_property
    def on_models(self) -> Sequence[OnModel]:
        """The rules on each of its models; none if the rules have errors or no axes."""
        rules = self.understood.rules
        if not rules or not rules.axes:
            return []
        names = model_names((each.target, rules, each.text) for each in self.targets)
        return [self._on(*each) for each in zip(self.targets, names, strict=True)]

    def _on(self, model: ModelOf, name: str) -> OnModel:
        rules = self.understood.rules
        assert rules is not None
        own = len(rules.findings)
        try:
            inventory = self._models.inventory(model)
            options = model.target.options_for(rules)
            assignment = examine(rules, inventory, options=options, strict=model.target.strict)
        except RulesError as error:
            return OnModel(name, None, error.diagnostics)
        return OnModel(name, assignment, [*assignment.findings[own:], *self._models.remarks(model)])

    @cached_property
    def model_findings(self) -> Sequence[Diagnostic]:
        """Findings from the models. One that only some of several models have names them."""
        found: dict[str, tuple[Diagnostic, list[str]]] = {}
        for each in self.on_models:
            for finding in each.findings:
                _, models = found.setdefault(repr(to_json(finding)), (finding, []))
                models.append(each.model)
        return self._graded([self._named(finding, models) for finding, models in found.values()])

    def _named(self, finding: Diagnostic, models: Sequence[str]) -> Diagnostic:
        """Return a finding with the names of the models that show it, unless all do or it names them."""
        if len(models) == len(self.on_models) or all(model in finding.message for model in models):
            return finding
        return replace(finding, message=f"{finding.message} (on {listed(models)})")

    @property
    def findings(self) -> Sequence[Diagnostic]:
        """All findings."""
        return [*self.file_findings, *self.model_findings]

    def _graded(self, findings: Sequence[Diagnostic]) -> Sequence[Diagnostic]:
        return self.project.graded(findings) if self.project else findings

    @cached_property
    def included(self) -> frozenset[str]:
        """The real paths of the files that it includes, directly or not."""
        return frozenset(each.identity for each in self.understood.loaded.files())

    @cached_property
    def files(self) -> Sequence[Loaded]:
        """The file and those that it includes."""
        return [self.understood.loaded, *self.understood.loaded.files()]

    @cached_property
    def mentions(self) -> Sequence[Mention]:
        """The words that name something."""
        return mentions(self.understood.loaded.file)

    @cached_property
    def known(self) -> Mapping[str, Target]:
        """The lets and options that it can use, by name."""
        return known(self.understood.loaded)

    def mention(self, position: types.Position) -> Mention | None:
        """Return the word at a position: of several inside one another, the smallest."""
        at = self.lines.offset(position)
        around = [each for each in self.mentions if each.span.start <= at <= each.span.end]
        return min(around, key=lambda each: each.span.end - each.span.start, default=None)

    @cached_property
    def inventories(self) -> Sequence[Inventory]:
        """The inventories of its models, as far as they can be read, also while the rules have errors."""
        found = []
        for model in self.targets:
            with suppress(RulesError):  # which `on_models` reports
                found.append(self._models.inventory(model))
        return found

    @property
    def assignments(self) -> Sequence[tuple[str, Assignment]]:
        """The models that the rules can be assigned to, by name."""
        return [(each.model, each.assignment) for each in self.on_models if each.assignment]

    def include_of(self, source: Source) -> Span:
        """Return the `include` statement through which a text comes."""
        for include, loaded in self.understood.loaded.includes:
            if source in (loaded.source, *(each.source for each in loaded.files())):
                return include.span
        return Span(self.source, 0, 0)

    def location(self, span: Span) -> types.Location | None:
        """Return the place of a span in one of its files as the editor knows it; None if it is in none."""
        if span.source is self.source:
            return types.Location(self.uri, self.lines.of(span))
        uri = next((address(each) for each in self.files if each.source is span.source), None)
        return types.Location(uri, Lines(span.source.text, self.units).of(span)) if uri else None


def address(loaded: Loaded) -> str | None:
    """Return the address of a file, None if it is not on the disk."""
    shipped = loaded.identity.startswith("<")
    path = str(file_of(loaded.identity.strip("<>"))) if shipped else loaded.identity
    return as_uri(path) if path else None


def as_uri(path: str) -> str:
    """Return the address of the file at a path."""
    return Path(os.path.abspath(path)).as_uri()


def path_of(uri: str) -> str | None:
    """Return the path at an address; None if no file can have it."""
    path = to_fs_path(uri)
    return None if path is None or "\0" in path else path


def real_path(uri: str) -> str:
    """Return the real path of the file at an address; "" if it is not a file."""
    path = path_of(uri)
    return os.path.realpath(path) if path else ""
