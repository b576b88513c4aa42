"""The words of a rule file with their kinds, as the parser's own terminals and tree imply them."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import lark
import paramrules_grammar
from docs.pages import all_pages, blocks
from lark.exceptions import UnexpectedInput

from paramrules.rule_files import rule_files
from paramrules.rules.builtin_names import CONSTANTS, FIELDS, FLAGS, FUNCTIONS
from paramrules.rules.keys import PORTABLE
from paramrules.syntax.decode import normalised
from paramrules.syntax.language import ATTRIBUTES, RESERVED
from paramrules.syntax.statements import Piece, cut
from paramrules.syntax.tables import OPTIONS

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = ("benchmarks", "docs", "examples", "grammar", "src", "tests", "backends")

_BY_TERMINAL: Final = {
    **dict.fromkeys(("EDITION", "INCLUDE", "LET", "OPTION", "EXPECT"), "statement"),
    **dict.fromkeys(("TRUE", "FALSE", "NONE"), "truth"),
    **dict.fromkeys(("OR", "AND", "NOT", "IN", "LIKE"), "word"),
    "ELSE": "else",
    "ARROW": "arrow",
    "MEMBER": "function",
    "PIECE": "label",
    "LIBRARY": "library",
    "NUMBER": "number",
    "STRING": "string",
    "BARE_REGEX": "regex",
    "BARE_GLOB": "glob",
}
"""Kinds that follow from the terminal alone; a sign is punctuation or an operator."""
_BY_PRODUCTION: Final = {
    "let": "definition",
    "option": "definition",
    "axis": "axis",
    "label_start": "label",
}
"""Kinds of a name that follow from the production that it stands in."""

BROKEN: Final = [
    *("type(", "a: type(LayerNorm", "a: attr(", "a: name ~", "a: name ~ (((", 'a: name ~ "x', "a: name like"),
    *(
        "a: dtype ==",
        "a: dtype in (",
        "a: role not",
        "[",
        "[lr",
        "let",
        "let x",
        "let in",
        "option =",
        "expect",
    ),
    *(
        "expect not",
        "include",
        "include <a",
        "a: b ->",
        "a: b -> lr =",
        "a{",
        "a{i",
        "a{i}",
        "a {",
        "a: (((",
        "!",
    ),
    *('"a": b', "->", "a: ) -> ]", "a: b; c", "é: ü", "@x", "or b", "else"),
]
"""Statements that nobody finished, or that are no statements."""

ODD: Final = {
    r"a: name ~ ^h\.(?P<i>\d)": {"^h": "regex", r"\.": "escape", "i": "capture", r"\d": "escape"},
    r'a: name ~ "^h (?<j>x)"': {'"^h ': "regex", "j": "capture"},
    "a: name ~\n    # why\n    ^b or tied": {
        "~": "operator",
        "# why": "comment",
        "^b": "regex",
        "tied": "fact",
    },
    "a: name like\n    # why\n    *.b or tied": {
        "like": "word",
        "# why": "comment",
        "*.b": "glob",
        "tied": "fact",
    },
    "a: name ~ -> x": {"~": "operator", "->": "arrow"},
    "a: name like -> x": {"like": "word", "->": "arrow"},
    "let in = 3": {"in": "misplaced"},
    "a: let": {"let": "misplaced"},
    "in: tied": {"in": "misplaced", "tied": "fact"},
    "expect not in: tied": {"not": "word", "in": "misplaced", "tied": "fact"},
    'a: type("B") or attr("c")': {'"B"': "string", '"c"': "string"},
    "a # why\n    : tied": {"# why": "comment", "tied": "fact"},
    "a b: tied": {"a": "label", "b": "name"},
    "a: max(x, ndim) < foo(tied) and within": {
        "max": "function",
        "foo": "unknown_function",
        "ndim": "fact",
        "tied": "fact",
        "x": "name",
        "within": "name",
    },
}
"""Words that the parser does not tell apart, or that are mistakes, with the kinds they should have."""


class Word(NamedTuple):
    """A word of a text with its kind."""

    start: int
    end: int
    kind: str


def texts() -> Iterator[tuple[str, str]]:
    """Yield every rule file of the repository, and every block of rules on its pages, with its name."""
    for path in rule_files(str(ROOT / folder) for folder in FOLDERS):
        yield path.removeprefix(f"{ROOT}/"), normalised(Path(path).read_bytes().decode("utf-8", "replace"))
    for page in all_pages():
        for block in blocks(page.read_text("utf-8")):
            if block.language == "rules":
                yield f"{page.name}:{block.line}", block.text


def lark_words(text: str) -> Iterator[Word]:
    """Yield the words of the statements that parse, and all comments, in no order."""
    at = 0
    for piece in [*cut(text), Piece(len(text), len(text))]:
        for comment in re.finditer(r"#.*", text[at : piece.start]):
            yield Word(at + comment.start(), at + comment.end(), _comment(comment[0]))
        at = piece.end
        try:
            tree, comments = _parsed(text[piece.start : piece.end])
        except UnexpectedInput:
            continue
        for token, kind in [*_words(tree), *((comment, _comment(comment)) for comment in comments)]:
            assert token.start_pos is not None
            assert token.end_pos is not None
            yield Word(piece.start + token.start_pos, piece.start + token.end_pos, kind)


def _comment(text: str) -> str:
    return "allow" if re.match(r"#+ *allow *:", text) else "comment"


@cache
def _parser() -> tuple[lark.Lark, list[lark.Token]]:
    comments: list[lark.Token] = []
    callbacks = {"COMMENT": comments.append}
    return lark.Lark(paramrules_grammar.text(), lexer_callbacks=callbacks, **OPTIONS), comments


def _parsed(statement: str) -> tuple[lark.Tree[lark.Token], list[lark.Token]]:
    """Return the tree of a statement and its comments."""
    lark, comments = _parser()
    comments.clear()
    return lark.parse(statement), comments


def _words(tree: lark.Tree[lark.Token]) -> Iterator[tuple[lark.Token, str]]:
    """Yield the tokens of a tree with their kinds."""
    todo = [(tree, "")]
    while todo:
        tree, role = todo.pop()
        roles = _roles(tree, role)
        for number, child in enumerate(tree.children):
            if isinstance(child, lark.Tree):
                todo.append((child, roles.get(number, "")))
            elif child.type != "NAME" or child not in RESERVED:  # which the builder refuses
                yield child, _kind(tree, child, role)


def _roles(tree: lark.Tree[lark.Token], role: str) -> dict[int, str]:
    """Return the roles of the children that have one, by their numbers."""
    every = range(len(tree.children))
    if tree.data in ("compare", "among", "not_among"):
        left = tree.children[0]
        if isinstance(left, lark.Tree) and left.data == "reference" and str(left.children[0]) in CONSTANTS:
            return dict.fromkeys(every[1:], "constant")
    elif tree.data == "member":
        return dict.fromkeys(every, "attribute" if str(tree.children[0]) in ATTRIBUTES else "class")
    elif tree.data in ("one", "more", "first", "alternative", "more_alternatives"):
        return dict.fromkeys(every, role)
    elif tree.data in ("matches", "like", "not_like"):
        return {every[-1]: "regex" if tree.data == "matches" else "glob"}
    return {}


def _kind(tree: lark.Tree[lark.Token], token: lark.Token, role: str) -> str:
    word = str(token)
    if token.type == "ALTERNATIVE" or (role in ("regex", "glob") and tree.data in ("bare", "quoted")):
        return role
    if token.type != "NAME":
        sign = "punctuation" if word in "()[]{}|,:" else "operator"
        return _BY_TERMINAL.get(token.type, sign)
    if tree.data == "setting":
        return "portable_setting" if word in PORTABLE else "setting"
    if tree.data == "call":
        return "function" if word in FUNCTIONS else "unknown_function"
    if tree.data == "reference" and role:
        return role
    fact = "fact" if word in FIELDS | FLAGS else "name"
    return _BY_PRODUCTION.get(tree.data, fact)
