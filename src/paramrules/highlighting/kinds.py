"""The kinds of words in a rule file, and the look of each: a token of Pygments and a scope of TextMate.

The scopes are those that colour themes know (https://macromates.com/manual/en/language_grammars#naming-conventions).
"""

from typing import Final, NamedTuple


class Look(NamedTuple):
    """The look of a kind of words.

    Attributes:
        token: the type of token in Pygments, below `Token`.
        scope: the scope in TextMate grammars, without the language at its end.
    """

    token: str
    scope: str


KINDS: Final = {
    "comment": Look("Comment.Single", "comment.line.number-sign"),
    "allow": Look("Comment.Special", "comment.line.number-sign.allow"),
    # the first word of a statement, and `else`
    "statement": Look("Keyword.Declaration", "keyword.control"),
    "else": Look("Keyword", "keyword.control.else"),
    "misplaced": Look("Keyword.Reserved", "invalid.illegal.reserved"),
    # names where they are defined
    "axis": Look("Name.Namespace", "entity.name.section"),
    "label": Look("Name.Tag", "entity.name.function.label"),
    "definition": Look("Name.Variable", "entity.name.variable"),
    # names in expressions
    "fact": Look("Name.Builtin.Pseudo", "variable.language"),
    "function": Look("Name.Builtin", "support.function"),
    "unknown_function": Look("Name.Function", "entity.name.function"),
    "name": Look("Name", "variable.other"),
    "constant": Look("Name.Constant", "support.constant"),
    "class": Look("Name.Class", "entity.name.type.class"),
    "attribute": Look("Name.Property", "variable.other.property"),
    # keys of settings: those that mean the same under every framework, and an optimizer's own
    "portable_setting": Look("Name.Attribute", "support.type.property-name"),
    "setting": Look("Name.Attribute", "entity.other.attribute-name"),
    # values
    "truth": Look("Keyword.Constant", "constant.language"),
    "number": Look("Number", "constant.numeric"),
    "string": Look("String", "string.quoted"),
    "library": Look("String.Other", "string.other.library"),
    "glob": Look("String.Other", "string.unquoted.glob"),
    "regex": Look("String.Regex", "string.regexp"),
    "escape": Look("String.Escape", "constant.character.escape"),
    "capture": Look("Name.Variable", "variable.parameter.capture"),
    # the rest
    "word": Look("Operator.Word", "keyword.operator.word"),
    "operator": Look("Operator", "keyword.operator"),
    "arrow": Look("Operator", "keyword.operator.arrow"),
    "punctuation": Look("Punctuation", "punctuation"),
}
"""The look of each kind of words."""
