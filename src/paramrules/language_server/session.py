"""All open documents, the settings of their projects, and the inventories of their models."""

import os
from collections.abc import Iterator, Sequence

from pygls.workspace import TextDocument

from paramrules.diagnostics import Diagnostic, RulesError, Source
from paramrules.language_server.document import Document, as_uri, path_of, real_path
from paramrules.language_server.models import Models
from paramrules.language_server.positions import Units
from paramrules.projects import Project, find_project
from paramrules.syntax.decode import open_source


class Session:
    """The state of the server between two messages.

    Attributes:
        units: counts the code units of a text, as client and server have agreed.
        broken: the findings about the settings of a folder, if they cannot be used.
    """

    def __init__(self, units: Units) -> None:
        self.units = units
        self.broken: dict[str, Sequence[Diagnostic]] = {}
        self._models = Models()
        self._projects: dict[str, Project | None] = {}
        self._open: dict[str, TextDocument] = {}
        self._documents: dict[str, Document] = {}

    def put(self, text: TextDocument) -> Sequence[str]:
        """Take in a document that was opened or has changed; return it and the open ones that include it."""
        if text.uri not in self._open:  # its settings may have changed, and not all editors watch them
            folder = os.path.dirname(path_of(text.uri) or "")
            self._projects.pop(folder, None)
            self.broken.pop(folder, None)
        self._open[text.uri] = text
        return self._outdated(text.uri)

    def close(self, uri: str) -> Sequence[str]:
        """Forget a document, whose file on the disk counts again; return the open ones that include it."""
        self._open.pop(uri, None)
        return self._outdated(uri)[1:]

    def forget(self) -> Sequence[str]:
        """Forget what was read from the disk; return the open documents."""
        self._documents.clear()
        self._projects.clear()
        self.broken.clear()
        return list(self._open)

    def _outdated(self, uri: str) -> Sequence[str]:
        path = real_path(uri)
        uris = [uri, *(at for at in self._open if at != uri and path in self.document(at).included)]
        for each in uris:
            self._documents.pop(each, None)
        return uris

    def is_open(self, uri: str) -> bool:
        """Return whether a document is open."""
        return uri in self._open

    def is_current(self, document: Document) -> bool:
        """Return whether a document has not changed, nor what it depends on."""
        return self._documents.get(document.uri) is document

    def document(self, uri: str) -> Document:
        """Return an open document; of one that is not open, such as one just closed, an empty text."""
        if uri not in self._open:
            return self._document(uri, "", None)
        if uri not in self._documents:
            text = self._open[uri]
            self._documents[uri] = self._document(uri, text.source, text.version)
        return self._documents[uri]

    def _document(self, uri: str, text: str, version: int | None) -> Document:
        path = path_of(uri)
        return Document(
            uri,
            path,
            text,
            version,
            units=self.units,
            project=self._project(os.path.dirname(path)) if path else None,
            models=self._models,
            opened={real_path(at): each.source for at, each in self._open.items() if at != uri},
        )

    def around(self, document: Document) -> Sequence[Document]:
        """Return the open documents, this one first, and the other rule files of its project."""
        found = [document, *(self.document(uri) for uri in self._open if uri != document.uri)]
        seen = {real_path(each.uri) for each in found}
        for file in document.project.own_files if document.project else ():
            source = None if os.path.realpath(file) in seen else open_source(os.path.abspath(file), file)
            if isinstance(source, Source):
                found.append(self._document(as_uri(file), source.text, None))
        return found

    def _project(self, folder: str) -> Project | None:
        if folder not in self._projects:
            self._projects[folder] = None
            try:
                self._projects[folder] = find_project(folder)
            except RulesError as error:
                self.broken[folder] = error.diagnostics
        return self._projects[folder]

    def faults(self) -> Iterator[Diagnostic]:
        """Yield the findings about settings, each once however many folders they hold for."""
        seen = set()
        for findings in self.broken.values():
            for finding in findings:
                where = (finding.span and finding.span.source.name, finding.message)
                if where not in seen:
                    seen.add(where)
                    yield finding
