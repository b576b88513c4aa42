"""An editor that talks to the server inside this process, through pipes in memory."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

from lsprotocol import types
from pygls.io_ import run_async
from pygls.lsp.client import LanguageClient
from pygls.lsp.server import LanguageServer

T = TypeVar("T")


class Editor:
    """A client of the server, and what the server has sent to it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, client: LanguageClient) -> None:
        self.loop, self.client = loop, client
        self.published: dict[str, types.PublishDiagnosticsParams] = {}
        self.history: list[types.PublishDiagnosticsParams] = []
        self.messages: list[str] = []
        self.registered: list[str] = []
        self.refreshed = 0
        self._versions: dict[str, int] = {}

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.published[params.uri] = params
            self.history.append(params)

        @client.feature(types.WINDOW_SHOW_MESSAGE)
        def message(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)

        @client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def register(params: types.RegistrationParams) -> None:
            self.registered += [each.method for each in params.registrations]

        @client.feature(types.WORKSPACE_INLAY_HINT_REFRESH)
        def refresh(params: None) -> None:
            self.refreshed += 1

    def wait(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(asyncio.wait_for(work, 60))

    def until(self, holds: Callable[[], bool]) -> None:
        """Let the server work until something holds."""

        async def waiting() -> None:
            while not holds():
                await asyncio.sleep(0.001)

        self.wait(waiting())

    def initialize(self, **capabilities: Any) -> types.InitializeResult:
        params = types.InitializeParams(types.ClientCapabilities(**capabilities))
        result = self.wait(self.client.initialize_async(params))
        self.client.initialized(types.InitializedParams())
        return result

    def open(self, path: Path | str, text: str | None = None) -> str:
        """Open a document, and wait for its diagnostics; return its address."""
        uri = path if isinstance(path, str) else path.as_uri()
        if text is None:
            assert isinstance(path, Path)
            text = path.read_text()
        self.published.pop(uri, None)
        self._versions[uri] = 1
        item = types.TextDocumentItem(uri, "paramrules", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        self.until(lambda: uri in self.published)
        return uri

    def change(self, uri: str, text: str) -> list[types.Diagnostic]:
        """Change a whole document, and wait for the new diagnostics."""
        self.send(uri, text)
        self.until(lambda: self.published[uri].version == self._versions[uri])
        return self.diagnostics(uri)

    def send(self, uri: str, text: str) -> None:
        """Change a whole document, and wait for nothing."""
        self._versions[uri] += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._versions[uri], uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def save(self, uri: str) -> None:
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def close(self, uri: str) -> None:
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
        )
        self.until(lambda: not self.published[uri].diagnostics)

    def diagnostics(self, uri: str) -> list[types.Diagnostic]:
        return list(self.published[uri].diagnostics)

    def found(self, uri: str) -> list[tuple[str, str]]:
        """Return the code of each diagnostic and the place where it begins: `1:5`, both from 0."""
        return [
            (str(each.code), f"{each.range.start.line}:{each.range.start.character}")
            for each in self.diagnostics(uri)
        ]


class _Pipe:
    """Takes what one side writes to the other one's reader."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    def write(self, data: bytes) -> None:
        self._reader.feed_data(data)

    def close(self) -> None:
        self._reader.feed_eof()


def connect(
    loop: asyncio.AbstractEventLoop, server: LanguageServer
) -> tuple[Editor, list[asyncio.Task[None]]]:
    """Return an editor that is connected with a server, and the tasks of both."""
    client = LanguageClient("editor", "1")
    editor = Editor(loop, client)
    to_server, to_client = asyncio.StreamReader(loop=loop), asyncio.StreamReader(loop=loop)
    server.protocol.set_writer(_Pipe(to_client))
    client.protocol.set_writer(_Pipe(to_server))
    logger = logging.getLogger("paramrules.tests")
    sides = ((to_server, server.protocol), (to_client, client.protocol))
    return editor, [loop.create_task(run_async(Event(), reader, each, logger)) for reader, each in sides]
