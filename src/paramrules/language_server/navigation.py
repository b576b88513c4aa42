"""Where a word is defined, and where it is used."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lsprotocol import types

from paramrules.diagnostics import Span
from paramrules.language_server.document import Document
from paramrules.rules.mentions import Mention, Target, target, uses
from paramrules.syntax.nodes import Include


class Use(NamedTuple):
    """A place at which something is written.

    Attributes:
        document: the document through which its file was read.
        mention: the word.
        location: its place as the editor knows it.
    """

    document: Document
    mention: Mention
    location: types.Location


def definition(document: Document, position: types.Position) -> types.Location | None:
    """Return where the word at a position is defined; of an include, the beginning of its file."""
    mention = document.mention(position)
    if mention is None:
        return None
    if isinstance(mention.statement, Include):
        included = (each for at, each in document.understood.loaded.includes if at is mention.statement)
        return next((document.location(Span(each.source, 0, 0)) for each in included), None)
    to = target(mention, document.understood.loaded)
    return document.location(to.span) if to else None


def references(
    document: Document, position: types.Position, documents: Iterable[Document], *, with_definition: bool
) -> list[types.Location]:
    """Return where what the word at a position means is written, in this document and others."""
    mention = document.mention(position)
    to = target(mention, document.understood.loaded) if mention else None
    if to is None:
        return []
    defined = document.location(to.span)
    found = (use.location for use in all_uses(to, documents))
    return [location for location in found if with_definition or location != defined]


def all_uses(to: Target, documents: Iterable[Document]) -> Sequence[Use]:
    """Return the uses of something in documents and the files that they include, each once."""
    found: dict[tuple[str, int], Use] = {}
    for document in documents:
        for mention in uses(to, document.files):
            if location := document.location(mention.span):
                place = location.uri, mention.span.start
                found.setdefault(place, Use(document, mention, location))
    return list(found.values())
