"""The server: which message of the protocol is answered by what."""

import asyncio
import logging
from typing import Final

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from paramrules import __version__
from paramrules.diagnostics import RulesError
from paramrules.language_server import completion, counts, hover, navigation, outline, renaming, text_edits
from paramrules.language_server.models import REBUILD, build
from paramrules.language_server.publishing import Publisher
from paramrules.language_server.session import Session

_PYGLS: Final = ("pygls.server", "pygls.protocol.json_rpc")
"""The loggers that report an exception of an answer, with its traceback."""
_WATCHED: Final = ("**/pyproject.toml", "**/paramrules.toml", "**/*.rules", "**/*.json", "**/*.py")


def make_server() -> LanguageServer:
    """Return a language server that is ready to be started, as `make_server().start_io()`."""
    for name in _PYGLS:
        logging.getLogger(name).addFilter(_is_a_failure)
    server = LanguageServer(
        "paramrules", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full
    )
    session = Session(lambda text: server.workspace.position_codec.client_num_units(text))
    publisher = Publisher(server, session)
    _synchronise(server, session, publisher)
    _edit(server, session, publisher)
    _navigate(server, session)
    _show(server, session)
    _build(server, session, publisher)
    return server


def _is_a_failure(record: logging.LogRecord) -> bool:
    """Return whether a record tells of more than a refusal, which is an answer to the editor."""
    told = (*(record.args or ()), *(record.exc_info or ()))
    return not any(isinstance(each, renaming.RefusedError) for each in told)


def _synchronise(server: LanguageServer, session: Session, publisher: Publisher) -> None:
    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:
        watching = server.client_capabilities.workspace
        watched = watching and watching.did_change_watched_files
        if watched and watched.dynamic_registration:
            watchers = [types.FileSystemWatcher(glob) for glob in _WATCHED]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
            server.client_register_capability(
                types.RegistrationParams([types.Registration("watched", method, options)]), lambda _: None
            )

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        take_in(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        take_in(params.text_document.uri)

    def take_in(uri: str) -> None:
        publisher.soon(session.put(server.workspace.get_text_document(uri)))

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        publisher.clear(params.text_document.uri)
        publisher.soon(session.close(params.text_document.uri))

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        _read_again(server, session, publisher)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        _read_again(server, session, publisher)

    @server.feature(types.SHUTDOWN)
    def shut_down(params: None) -> None:
        publisher.close()


def _read_again(server: LanguageServer, session: Session, publisher: Publisher) -> None:
    """Read again what is on the disk, and ask for what the editor asks for only when a text changes."""
    publisher.soon(session.forget())
    able = server.client_capabilities.workspace
    if able and able.inlay_hint and able.inlay_hint.refresh_support:
        server.workspace_inlay_hint_refresh(None, lambda _: None)


def _edit(server: LanguageServer, session: Session, publisher: Publisher) -> None:
    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        document = session.document(params.text_document.uri)
        try:
            return text_edits.formatting(document)
        except RulesError as error:
            shown = {finding.code for finding in document.file_findings}
            publisher.show(*(each for each in error.diagnostics if each.is_error and each.code not in shown))
            return None

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions([types.CodeActionKind.QuickFix, text_edits.FIX_ALL]),
    )
    def actions(params: types.CodeActionParams) -> list[text_edits.Action]:
        return text_edits.actions(
            session.document(params.text_document.uri), params.range, params.context.only
        )


def _navigate(server: LanguageServer, session: Session) -> None:
    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(params: types.DefinitionParams) -> types.Location | None:
        return navigation.definition(session.document(params.text_document.uri), params.position)

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def references(params: types.ReferenceParams) -> list[types.Location]:
        document = session.document(params.text_document.uri)
        return navigation.references(
            document,
            params.position,
            session.around(document),
            with_definition=params.context.include_declaration,
        )

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder:
        return renaming.renamed_word(session.document(params.text_document.uri), params.position)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def rename(params: types.RenameParams) -> types.WorkspaceEdit:
        document = session.document(params.text_document.uri)
        return renaming.rename(document, params.position, params.new_name, session.around(document))


def _show(server: LanguageServer, session: Session) -> None:
    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(list(completion.TRIGGERS)))
    def complete(params: types.CompletionParams) -> list[types.CompletionItem]:
        return completion.completions(session.document(params.text_document.uri), params.position)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(params: types.HoverParams) -> types.Hover | None:
        return hover.hover(session.document(params.text_document.uri), params.position)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        return outline.symbols(session.document(params.text_document.uri))

    @server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    def folds(params: types.FoldingRangeParams) -> list[types.FoldingRange]:
        return outline.folds(session.document(params.text_document.uri))

    @server.feature(
        types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL,
        types.SemanticTokensLegend(list(outline.TOKENS), list(outline.DEFINITION)),
    )
    def tokens(params: types.SemanticTokensParams) -> types.SemanticTokens:
        return outline.tokens(session.document(params.text_document.uri))

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        return counts.hints(session.document(params.text_document.uri), params.range)


def _build(server: LanguageServer, session: Session, publisher: Publisher) -> None:
    @server.command(REBUILD)
    async def rebuild(uri: str) -> int:
        """Build the models of a document; return how many could be built."""
        built = 0
        for model in session.document(uri).targets:
            if not model.name.is_saved:
                try:
                    await asyncio.to_thread(build, model)
                    built += 1
                except RulesError as error:
                    publisher.show(*error.diagnostics)
        _read_again(server, session, publisher)
        return built
