"""Completion, decided by the text from the start of a statement up to the cursor."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from lsprotocol import types

from paramrules.diagnostics import CODES
from paramrules.inventories import Inventory
from paramrules.inventories.vocabulary import vocabulary
from paramrules.language_server.document import Document
from paramrules.rules import meanings
from paramrules.rules.builtin_names import CONSTANTS
from paramrules.rules.keys import KEYS, PORTABLE
from paramrules.rules.meanings import Meaning
from paramrules.rules.mentions import captures
from paramrules.rules.shipped import definitions
from paramrules.syntax import nodes

TRIGGERS: Final = ("(", "|", "<", '"', "/", "{", ">", "=", ",", ":")
"""The characters after which an editor asks."""

_MOST: Final = 500
"""The most names of a model that are offered at one place."""

_SEEN: Final = 300
"""The characters before a place that decide what is compared or listed there."""

_ALLOW: Final = re.compile(r"#+[ \t]*allow:(?!.*--)")
_INCLUDE: Final = re.compile(r"include\s*([<\"'])([^<>\"']*)\Z")
_COMPARED: Final = re.compile(
    r"\b(name|leaf|module|dtype|role) *(?:[=!]=|(?:not +)?like) *[\"']?([^\"'\s(),]*)\Z"
)
_AMONG: Final = re.compile(r"\b(name|leaf|module|dtype|role) +(?:not +)?in *\Z")
_NAMED: Final = re.compile(r"(?:let|option|include|edition)\s+\w*\Z|\[")
_EXPECT: Final = re.compile(r"expect\s+(?:not\s+)?(\w*)\Z")
_HEAD: Final = re.compile(r"[^\s:\"'=]+\s*:\s*\w*\Z")
_GROUP: Final = re.compile(r"\(\?P?<([A-Za-z_]\w*)>")
_IN_BRACKETS: Final = re.compile(r"[^\s()|,\"']*\Z")
_WORD: Final = re.compile(r"\w*\Z")


class _Offer(NamedTuple):
    """A word that can be written."""

    word: str
    kind: types.CompletionItemKind
    detail: str = ""
    text: str = ""


def completions(document: Document, position: types.Position) -> list[types.CompletionItem]:
    """Return what can be written at a position, the likeliest first."""
    at = document.lines.offset(position)
    start = _statement_start(document.source.text, at)
    word, offers = _offered(document, document.source.text[start:at], start)
    range = document.lines.range(at - len(word), at)
    items: dict[str, types.CompletionItem] = {}
    for number, offer in enumerate(offers):
        items.setdefault(
            offer.word,
            types.CompletionItem(
                offer.word,
                kind=offer.kind,
                detail=offer.detail or None,
                documentation=types.MarkupContent(types.MarkupKind.Markdown, offer.text)
                if offer.text
                else None,
                sort_text=f"{number:05}",
                text_edit=types.TextEdit(range, offer.word),
            ),
        )
    return list(items.values())


def _statement_start(text: str, at: int) -> int:
    """Return where the statement at a place begins: in column 0, above lines that are indented."""
    start = text.rfind("\n", 0, at) + 1
    while start > 0 and text[start : start + 1] in (" ", "\t"):
        start = text.rfind("\n", 0, start - 1) + 1
        while start > 0 and text[start : start + 1] in ("#", "\n"):  # these never end a statement
            start = text.rfind("\n", 0, start - 1) + 1
    return start


def _offered(document: Document, before: str, start: int) -> tuple[str, Iterable[_Offer]]:
    """Return the word that has been begun, and what it may become."""
    word = _last(_WORD, before)
    if comment := _comment(before[before.rfind("\n") + 1 :]):
        return word, _codes() if _ALLOW.match(comment) else ()
    if found := _INCLUDE.match(before):
        return found[2], _library() if found[1] == "<" else _files(document)
    if found := _COMPARED.search(before[-_SEEN:]):
        return found[2], _words_of(document, found[1])
    if found := _EXPECT.match(before):
        return found[1], _labels(document, start)
    if _NAMED.match(before):  # a name of one's own
        return word, ()
    if word == before:
        return word, [*_labels(document, start), *_table(meanings.STATEMENTS, _KEYWORD)]
    function, inside = _brackets(before)
    if function in _MEMBERS:
        return _last(_IN_BRACKETS, inside), _members(document, function)
    if found := _AMONG.search(before[: len(before) - len(inside) - 1][-_SEEN:]):
        return _last(_IN_BRACKETS, inside), _words_of(document, found[1])
    return word, _of_expression(document, before, start)


def _last(pattern: re.Pattern[str], text: str) -> str:
    """Return what a pattern finds at the end of a text."""
    found = pattern.search(text[-_SEEN:])
    return found[0] if found else ""


def _comment(line: str) -> str:
    """Return the comment that a line ends in, "" if there is none."""
    quote = ""
    for number, character in enumerate(line):
        if quote or character in "\"'":
            quote = character if not quote else "" if character == quote else quote
        elif character == "#" and not line[number - 1 : number].strip():
            return line[number:]
    return ""


def _brackets(text: str) -> tuple[str, str]:
    """Return the word before the innermost bracket that is open, and what follows the bracket."""
    depth = 0
    for number in range(len(text) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[number], 0)
        if depth < 0:
            return _last(_WORD, text[:number]), text[number + 1 :]
    return "", ""


_KEYWORD: Final = types.CompletionItemKind.Keyword


def _of_expression(document: Document, before: str, start: int) -> Iterator[_Offer]:
    """Yield what can be written in a predicate, among settings, or in a hole of a label."""
    _, arrow, settings = before.rpartition("->")
    setting = re.split(r",(?![^()]*\))", settings)[-1] if arrow else ""
    key, equals, _ = setting.partition("=")
    if arrow and not equals:
        yield from _table(meanings.KEYS, types.CompletionItemKind.Property)
        others = (other for other in KEYS if other not in PORTABLE)
        yield from (_Offer(other, types.CompletionItemKind.Property, "of the optimizer") for other in others)
        return
    if "boolean" in KEYS.get(key.strip(), ()):
        yield from (_Offer(word, _KEYWORD) for word in ("true", "false"))
    if _HEAD.match(before) and not arrow:
        yield _offer("else", meanings.LOGIC["else"], _KEYWORD)
    yield from _names(document, before, start)
    yield from _table(meanings.FIELDS, types.CompletionItemKind.Field)
    yield from _table(meanings.FLAGS, types.CompletionItemKind.Field)
    yield from _table(meanings.FUNCTIONS, types.CompletionItemKind.Function)
    if not arrow:
        yield from (
            _offer(word, meanings.LOGIC[word], _KEYWORD) for word in ("and", "or", "not", "in", "like")
        )


def _names(document: Document, before: str, start: int) -> Iterator[_Offer]:
    """Yield the captures of the statement, and the lets and options that are defined above it."""
    loaded = document.understood.loaded
    words = set(re.findall(r"\w+", before))
    found = dict.fromkeys(_GROUP.findall(before))
    above = {
        name: to
        for name, to in document.known.items()
        if to.loaded is not loaded or to.statement.span.end <= start
    }
    for name in words & above.keys():
        found |= dict.fromkeys(captures(above[name].statement, above[name].loaded))
    yield from (_Offer(name, types.CompletionItemKind.Variable, "capture") for name in found)
    for name, to in above.items():
        statement = f"```paramrules\n{to.statement.span.text}\n```"
        is_let = isinstance(to.statement, nodes.Let)
        kind = types.CompletionItemKind.Variable if is_let else types.CompletionItemKind.Constant
        yield _Offer(name, kind, to.kind, statement)


def _offer(word: str, meaning: Meaning, kind: types.CompletionItemKind) -> _Offer:
    return _Offer(word, kind, meaning.form, meaning.text)


def _table(table: Mapping[str, Meaning], kind: types.CompletionItemKind) -> Iterator[_Offer]:
    return (_offer(word, meaning, kind) for word, meaning in table.items())


def _codes() -> Iterator[_Offer]:
    return (
        _Offer(code, types.CompletionItemKind.Constant, each.title)
        for code, each in CODES.items()
        if each.severity != "error"
    )


def _library() -> Iterator[_Offer]:
    return (_Offer(name, types.CompletionItemKind.File, "the shipped library") for name in definitions())


def _files(document: Document) -> Iterator[_Offer]:
    """Yield the rule files beside a document and below, without the document itself."""
    if document.path is None:
        return
    folder = os.path.dirname(document.path)
    for place, folders, files in os.walk(folder):
        folders[:] = [] if place.count(os.sep) - folder.count(os.sep) >= 2 else sorted(folders)[:50]
        for file in sorted(files):
            path = os.path.join(place, file)
            if file.endswith(".rules") and path != document.path:
                relative = os.path.relpath(path, folder).replace(os.sep, "/")
                yield _Offer(relative, types.CompletionItemKind.File)


def _words_of(document: Document, subject: str) -> Iterator[_Offer]:
    """Yield what a field can be compared with: constants, or names of the models."""
    if subject == "role":
        return _table(meanings.ROLES, types.CompletionItemKind.EnumMember)
    if subject == "dtype":
        return (_Offer(word, types.CompletionItemKind.EnumMember) for word in CONSTANTS[subject])
    names = _each(document, _TEXTS[subject])
    return (_Offer(name, types.CompletionItemKind.Value, "of the model") for name in names)


def _labels(document: Document, start: int) -> Iterator[_Offer]:
    """Yield the labels of the axis that a place is in."""
    statements = document.understood.loaded.file.statements
    axis = sum(isinstance(each, nodes.Axis) and each.span.start < start for each in statements)
    own = (each for each in document.mentions if each.kind == "label" and each.axis == axis)
    return (_Offer(each.name, types.CompletionItemKind.EnumMember, "label") for each in own)


def _members(document: Document, function: str) -> Iterator[_Offer]:
    """Yield the classes of the models and the families, or the attributes of the models' parameters."""
    is_class = function != "attr"
    kind = types.CompletionItemKind.Class if is_class else types.CompletionItemKind.Property
    for name in _each(document, _MEMBERS[function]):
        yield _Offer(name, kind, "of the model")
    for family in vocabulary().families if function in ("type", "within") else ():
        yield _Offer(family, kind, "family")


def _each(document: Document, of: Callable[[Inventory], Iterable[str]]) -> list[str]:
    """Return the different words that the models give, the most of them that are offered."""
    return list(dict.fromkeys(word for each in document.inventories for word in of(each)))[:_MOST]


def _whole(inventory: Inventory) -> Iterable[str]:
    return inventory.names


def _leaves(inventory: Inventory) -> Iterable[str]:
    return (name.rpartition(".")[2] for name in inventory.names)


def _modules(inventory: Inventory) -> Iterable[str]:
    return (name.rpartition(".")[0] for name in inventory.names)


def _owners(inventory: Inventory) -> Iterable[str]:
    return (owner.cls.short for owner in inventory.owners if owner.known)


def _around(inventory: Inventory) -> Iterable[str]:
    return (cls.short for owner in inventory.owners for cls in reversed(owner.around))


def _variables(inventory: Inventory) -> Iterable[str]:
    return () if "variable" in inventory.unknown else (cls.short for cls in inventory.column("variable"))


def _attributes(inventory: Inventory) -> Iterable[str]:
    attributes = () if "attr" in inventory.unknown else inventory.column("attributes")
    return (name for each in attributes for name in each)


_TEXTS: Final = {"name": _whole, "leaf": _leaves, "module": _modules}
_MEMBERS: Final = {"type": _owners, "within": _around, "variable": _variables, "attr": _attributes}
