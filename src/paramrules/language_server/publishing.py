"""Diagnostics sent to the editor after each change."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from paramrules.diagnostics import Diagnostic, printable
from paramrules.language_server.document import Document, as_uri
from paramrules.language_server.positions import Lines
from paramrules.language_server.published import in_settings, published
from paramrules.language_server.session import Session

_PATIENCE: Final = 0.1
"""Seconds to wait for what a model shows, before the findings of the file alone are sent."""


class Publisher:
    """Sends the findings about documents and settings, of the newest texts only."""

    def __init__(self, server: LanguageServer, session: Session) -> None:
        self._server, self._session = server, session
        self._on_models = ThreadPoolExecutor(1, "paramrules-models")
        self._settings: dict[str, Sequence[types.Diagnostic]] = {}
        self._told: set[str] = set()
        self._begun: dict[str, Document] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def soon(self, uris: Sequence[str]) -> None:
        """Send the findings of documents as soon as they are known."""
        task = asyncio.get_running_loop().create_task(self._all(uris))
        self._tasks.add(task)  # the loop itself holds on to no task
        task.add_done_callback(self._tasks.discard)

    async def _all(self, uris: Sequence[str]) -> None:
        for uri in uris:
            if self._session.is_open(uri):
                document = self._session.document(uri)
                if self._begun.get(uri) is not document:
                    self._begun[uri] = document
                    self._publish_settings()
                    await self._publish(document)

    async def _publish(self, document: Document) -> None:
        await asyncio.to_thread(lambda: document.file_findings)
        if not self._session.is_current(document):
            return
        loop = asyncio.get_running_loop()
        whole = loop.run_in_executor(self._on_models, self._assign, document)
        done, _ = await asyncio.wait({whole}, timeout=_PATIENCE)
        if not done and self._session.is_current(document):
            self._send(document, document.file_findings)
        await whole
        if self._session.is_current(document):
            self._send(document, document.findings)

    def _assign(self, document: Document) -> None:
        if self._session.is_current(document):
            _ = document.model_findings

    def _send(self, document: Document, findings: Sequence[Diagnostic]) -> None:
        diagnostics = [published(finding, document) for finding in findings]
        self._server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(document.uri, diagnostics, document.version)
        )

    def clear(self, uri: str) -> None:
        """Take back the findings of a document."""
        self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _publish_settings(self) -> None:
        """Send the findings about settings as those of their files; show what has no place in one."""
        found: dict[str, list[types.Diagnostic]] = {}
        for finding in self._session.faults():
            if finding.span:
                source = finding.span.source
                lines = Lines(source.text, self._session.units)
                found.setdefault(as_uri(source.name), []).append(in_settings(finding, lines))
            elif finding.message not in self._told:
                self._told.add(finding.message)
                self.show(finding)
        for uri in {**self._settings, **found}:
            if found.get(uri, []) != self._settings.get(uri, []):
                self._server.text_document_publish_diagnostics(
                    types.PublishDiagnosticsParams(uri, found.get(uri, []))
                )
        self._settings = dict(found)

    def show(self, *findings: Diagnostic) -> None:
        """Show findings as messages in the editor's window."""
        for finding in findings:
            lines = [
                f"{finding.code}: {finding.message}",
                *([f"help: {finding.help}"] if finding.help else []),
            ]
            self._server.window_show_message(
                types.ShowMessageParams(types.MessageType.Error, "\n".join(map(printable, lines)))
            )

    def close(self) -> None:
        """End the thread."""
        self._on_models.shutdown(wait=False, cancel_futures=True)
