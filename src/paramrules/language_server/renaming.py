"""Giving something another name, wherever it is written, or the reason why that cannot be."""

import os
import re
from collections.abc import Iterable, Sequence
from typing import Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from paramrules.diagnostics import Diagnostic, Source, Span
from paramrules.language_server.document import Document, as_uri, real_path
from paramrules.language_server.navigation import Use, all_uses
from paramrules.rules.load import read_text
from paramrules.rules.mentions import Mention, Target, known, mentions, target
from paramrules.syntax.nodes import Include

_FIXED: Final = {
    "field": "a fact about the parameter",
    "flag": "a flag",
    "function": "a function",
    "constant": "a word of the language",
    "key": "a setting, which the optimizer knows by this name",
    "class": "a class of the model",
    "attribute": "an attribute of the model",
    "axis": "an axis, whose name is part of locks and of calls",
    "name": "not defined",
}
"""Kinds of mentions that cannot be renamed, each in words."""


_HOLE: Final = re.compile(r"\{[^{}]*\}")


class RefusedError(JsonRpcException):
    """The reason why something cannot be renamed, which the editor shows."""

    CODE = -32803  # RequestFailed
    MESSAGE = "it cannot be renamed"


def renamed_word(document: Document, position: types.Position) -> types.PrepareRenamePlaceholder:
    """Return the place and the text of the word that would be renamed.

    Raises:
        RefusedError: it cannot be renamed.
    """
    mention = _mention(document, position)
    _require_ours(mention, document)
    span = _inner(mention) if isinstance(mention.statement, Include) else mention.span
    return types.PrepareRenamePlaceholder(document.lines.of(span), mention.name)


def rename(
    document: Document, position: types.Position, name: str, documents: Sequence[Document]
) -> types.WorkspaceEdit:
    """Return the edits that give what the word at a position means another name.

    Raises:
        RefusedError: it cannot be renamed, or the name is taken, or with it a file would have another error.
    """
    mention = _mention(document, position)
    to = _require_ours(mention, document)
    if to is None:
        return _renamed_file(mention, document, name, documents)
    if to.kind == "label" and _HOLE.findall(name) != _HOLE.findall(to.name):
        raise RefusedError(f"`{name}` has to keep the holes of `{to.name}`")
    found = all_uses(to, documents)
    _require_free(name, to, found)
    changes: dict[str, list[types.TextEdit]] = {}
    for use in found:
        changes.setdefault(use.location.uri, []).append(types.TextEdit(use.location.range, name))
    _require_no_error(name, to.name, found, documents)
    return types.WorkspaceEdit(changes)


def _mention(document: Document, position: types.Position) -> Mention:
    mention = document.mention(position)
    if mention is None:
        raise RefusedError("there is no name here")
    return mention


def _require_ours(mention: Mention, document: Document) -> Target | None:
    """Return what a word means, None for an include, or raise if that is not the user's to rename."""
    if isinstance(mention.statement, Include):
        if mention.statement.shipped:
            raise RefusedError(f"`<{mention.name}>` is shipped and keeps its name")
        return None
    to = target(mention, document.understood.loaded)
    if to is None:
        raise RefusedError(f"`{mention.name}` is {_FIXED[mention.kind]}, and cannot be renamed")
    if to.loaded.identity.startswith("<"):
        raise RefusedError(f"`{mention.name}` is defined in `{to.loaded.identity}`, which is shipped")
    return to


def _require_free(name: str, to: Target, found: Iterable[Use]) -> None:
    for use in found:
        loaded = next(each for each in use.document.files if each.source is use.mention.span.source)
        if loaded.identity.startswith("<"):
            raise RefusedError(f"`{to.name}` is also an option of `{loaded.identity}`, which is shipped")
        if to.kind == "label":
            same = (each for each in mentions(loaded.file) if each.axis == use.mention.axis)
            if name in {each.name for each in same if each.kind == "label"}:
                raise RefusedError(f"`{name}` is already a label of this axis")
        elif taken := known(loaded).get(name):
            raise RefusedError(f"`{name}` is already defined at {taken.span.location}")


def _require_no_error(name: str, old: str, found: Sequence[Use], documents: Iterable[Document]) -> None:
    """Raise if a document, or a file that it includes, would have an error that it does not have now."""
    texts = {use.location.uri: _renamed_text(use, name, found) for use in found}
    opened = {path: text for uri, text in texts.items() if (path := real_path(uri))}
    for document in documents:
        source = Source(document.source.name, texts.get(document.uri, document.source.text))
        after = read_text(source, document.path, opened).findings
        before = {_cause(each).replace(f"`{old}`", f"`{name}`") for each in document.understood.findings}
        for finding in after:
            if finding.is_error and _cause(finding) not in before:
                raise RefusedError(f"it cannot be renamed to `{name}`: {finding.message}")


def _renamed_text(one: Use, name: str, found: Iterable[Use]) -> str:
    """Return the text in which a use stands, with the new name in place of all uses."""
    text = one.mention.span.source.text
    spans = {each.mention.span[1:] for each in found if each.location.uri == one.location.uri}
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + name + text[end:]
    return text


def _cause(finding: Diagnostic) -> str:
    return f"{finding.code}: {finding.message}"


def _renamed_file(
    mention: Mention, document: Document, name: str, documents: Iterable[Document]
) -> types.WorkspaceEdit:
    """Return the edits that give an included file another path, in all documents that include it."""
    included = (each for at, each in document.understood.loaded.includes if at is mention.statement)
    old = next((each.identity for each in included), None)
    if old is None or document.path is None:
        raise RefusedError(f"there is no file `{mention.name}`")
    new = os.path.normpath(os.path.join(os.path.dirname(os.path.realpath(document.path)), name))
    if os.path.lexists(new):
        raise RefusedError(f"there is already a file `{name}`")
    changes: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    for each in documents:
        edits = [
            types.TextEdit(each.lines.of(_inner(word)), _relative(new, each))
            for word in each.mentions
            for at, loaded in each.understood.loaded.includes
            if at is word.statement and loaded.identity == old
        ]
        if edits:
            identifier = types.OptionalVersionedTextDocumentIdentifier(each.uri, each.version)
            changes.append(types.TextDocumentEdit(identifier, edits))
    changes.append(types.RenameFile(as_uri(old), as_uri(new)))
    return types.WorkspaceEdit(document_changes=changes)


def _inner(word: Mention) -> Span:
    """Return the place of a path without its quotes."""
    return Span(word.span.source, word.span.start + 1, word.span.end - 1)


def _relative(path: str, document: Document) -> str:
    """Return a path as a document includes it."""
    relative = os.path.relpath(path, os.path.dirname(os.path.realpath(document.path or ""))).replace(
        os.sep, "/"
    )
    if relative.startswith("../"):
        raise RefusedError(f"`{document.source.name}` includes it, and takes only files beside it or below")
    return relative
