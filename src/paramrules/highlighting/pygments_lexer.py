"""The lexer of rule files for Pygments, which finds it through an entry point: `pygmentize -l paramrules`.

It follows the parser: the place of a text decides how it is read, so `name ~ a+|b` holds a regex and `a + b`
a sum. A statement ends before the next line that starts in column 0, so a mistake spoils no other statement.
"""

from typing import Any, ClassVar, Final

from pygments.lexer import RegexLexer, bygroups, default, include, this, using
from pygments.token import Error, Whitespace, string_to_tokentype

from paramrules.highlighting.kinds import KINDS
from paramrules.highlighting.words import ALLOW, CAPTURE, WORDS, any_of, terminals

__all__ = ["RulesLexer"]

_LOOKS: Final = {kind: string_to_tokentype(look.token) for kind, look in KINDS.items()}
_NAME: Final = terminals()["NAME"]
_OPENS: Final = r"(?=[ \t\n]*\()"
_IS_SET: Final = r"(?=[ \t\n]*=(?!=))"
_AFTER_HOLE: Final = bygroups(_LOOKS["punctuation"], Whitespace, _LOOKS["label"])


def _as(kind: str, *names: str, then: str | tuple[str, ...] = ()) -> tuple[Any, ...]:
    """Return a rule: any of some terminals is of a kind, and leads to a state."""
    return ("|".join(terminals()[name] for name in names), _LOOKS[kind], then)


def _words(
    kind: str, look: str = "", *, before: str = "", then: str | tuple[str, ...] = ()
) -> tuple[Any, ...]:
    """Return a rule for the words of a kind: they look like `look`, and lead to a state."""
    return (any_of(WORDS[kind]) + before, _LOOKS[look or kind], then)


def _pattern(bare: str, state: str) -> list[Any]:
    """Return the rules for what follows `~` or `like`: a pattern with or without quotes."""
    pattern = "|".join(terminals()[name] for name in ("STRING", bare))
    return [include("space"), (pattern, using(this, state=state), "#pop"), default("#pop")]


class RulesLexer(RegexLexer):  # type: ignore[misc]  # Pygments has no types
    """A lexer of rule files.

    >>> [text for _, text in RulesLexer().get_tokens("rest: else")]
    ['rest', ':', ' ', 'else', '\\n']
    """

    name = "paramrules"
    url = "https://github.com/paramrules/paramrules"
    aliases: ClassVar = ["paramrules", "rules"]
    filenames: ClassVar = ["*.rules"]
    mimetypes: ClassVar = ["text/x-paramrules"]
    tokens: ClassVar = {
        "root": [
            include("blank"),
            _as("statement", "EDITION", then="body"),
            _as("statement", "INCLUDE", then="include"),
            _as("statement", "LET", "OPTION", then="definition"),
            _as("statement", "EXPECT", then="expect"),
            _as("punctuation", "LSQB", then="axis"),
            _words("reserved", "misplaced", then="label"),
            _as("label", "NAME", then="label"),
            (r"[^ \t\n#]", Error, "body"),
        ],
        "blank": [(ALLOW, _LOOKS["allow"]), _as("comment", "COMMENT"), (r"[ \t\n]+", Whitespace)],
        # inside a statement, up to the next one
        "space": [(r"^(?=[^ \t\n#])", bygroups(), "#pop"), include("blank")],
        "include": [include("space"), _as("library", "LIBRARY"), _as("string", "STRING")],
        "axis": [
            include("space"),
            _as("axis", "NAME"),
            _as("punctuation", "RSQB", then="#pop"),
        ],
        "definition": [
            include("space"),
            _words("reserved", "misplaced", then=("#pop", "body")),
            _as("definition", "NAME", then=("#pop", "body")),
            default(("#pop", "body")),
        ],
        "expect": [
            include("space"),
            _as("word", "NOT"),
            _words("reserved", "misplaced", then=("#pop", "label")),
            _as("label", "NAME", then=("#pop", "label")),
            default(("#pop", "body")),
        ],
        "label": [
            include("space"),
            _as("punctuation", "LBRACE", then="hole"),
            _as("operator", "OPTIONAL"),
            _as("punctuation", "COLON", then=("#pop", "body")),
            default(("#pop", "body")),
        ],
        "hole": [
            (rf"(\}})([ \t\n]*)({terminals()['PIECE']})", _AFTER_HOLE, "#pop"),
            _as("punctuation", "RBRACE", then="#pop"),
            include("expression"),
        ],
        "body": [_as("arrow", "ARROW", then=("#pop", "settings")), include("expression")],
        "settings": [
            include("space"),
            _words("portable_setting", before=_IS_SET),
            (_NAME + _IS_SET, _LOOKS["setting"]),
            include("expression"),
        ],
        "expression": [
            include("space"),
            _as("else", "ELSE"),
            _as("truth", "TRUE", "FALSE", "NONE"),
            _as("word", "OR", "AND", "NOT", "IN"),
            _as("word", "LIKE", then="like"),
            _as("operator", "MATCH", then="match"),
            _words("reserved", "misplaced"),
            _words("class_test", "function", before=_OPENS, then="classes"),
            _words("attribute_test", "function", before=_OPENS, then="attribute"),
            _words("function", before=_OPENS),
            (_NAME + _OPENS, _LOOKS["unknown_function"]),
            _words("constant_fact", "fact", then="compared"),
            _words("fact"),
            _as("name", "NAME"),
            _as("number", "NUMBER"),
            _as("string", "STRING"),
            (r"\*\*|//", _LOOKS["operator"]),
            _as("operator", "COMPARE", "EQUAL", "PLUS", "MINUS", "STAR", "SLASH", "PERCENT"),
            _as("punctuation", "LPAR", "RPAR", "LSQB", "RSQB", "COMMA"),
        ],
        "classes": [include("names"), _as("class", "ALTERNATIVE")],
        "attribute": [include("names"), _as("attribute", "ALTERNATIVE")],
        "names": [
            include("space"),
            _as("string", "STRING"),
            _as("punctuation", "LPAR", "VBAR"),
            _as("punctuation", "RPAR", then="#pop"),
        ],
        # `dtype` and `role` are compared with bare words
        "compared": [
            include("space"),
            _as("word", "NOT"),
            _as("operator", "COMPARE", then=("#pop", "constant")),
            _as("word", "IN", then=("#pop", "constants")),
            default("#pop"),
        ],
        "constant": [include("space"), _as("constant", "NAME", then="#pop"), default("#pop")],
        "constants": [
            include("space"),
            _as("constant", "NAME"),
            _as("string", "STRING"),
            _as("punctuation", "LPAR", "COMMA"),
            _as("punctuation", "RPAR", then="#pop"),
            default("#pop"),
        ],
        "match": _pattern("BARE_REGEX", "regex"),
        "like": _pattern("BARE_GLOB", "glob"),
        "regex": [
            (CAPTURE, bygroups(_LOOKS["regex"], _LOOKS["capture"], _LOOKS["regex"])),
            (r"\\.", _LOOKS["escape"]),
            (r"[^\\(]+|\(", _LOOKS["regex"]),
        ],
        "glob": [(r"(?s:.)+", _LOOKS["glob"])],
    }
