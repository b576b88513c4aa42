"""Files of another kind, and statements that parse as arithmetic but are meant as a list or a path."""

import re

from paramrules.diagnostics import Diagnostic, Source, Span, write
from paramrules.syntax.statements import Piece, first_line
from paramrules.syntax.verbs import names_test

_FOREIGN = {
    "a JSON file": re.compile(r'\{[ \t]*(?:["}]|$)|\[[ \t\n]*\{', re.MULTILINE),
    "a YAML file": re.compile(
        r"---[ \t]*$|-[ \t]+\w|[\w-]+:[ \t]*(?:#.*)?\n"  # a key with a block below it that holds
        r"(?:[ \t]*(?:#.*)?\n|[ \t]+[\w-]+:.*\n)*?(?:[ \t]*-[ \t]+[\w-]+:"  # a list of mappings, or
        r"|[ \t]+[\w-]+:[ \t]*(?:[\"'\[{].*|-?[\d.]+(?:[eE]-?\d+)?|true|false|null|~)[ \t]*$)",  # a value
        re.MULTILINE,
    ),
    "a Python file": re.compile(
        r'import[ \t]+\w|from[ \t]+[\w.]+[ \t]+import\b|(?:def|class)[ \t]+\w+[ \t]*[(:]|@\w|"""|\'\'\''
    ),
    "an XML file": re.compile(r"<[?!a-z]"),
    "a lock": re.compile(r"paramrules lock [0-9]+$", re.MULTILINE),
}
_TOML = re.compile(  # `[decay]` begins an axis, and `[[decay]]` is a mistake for that
    r"\[(?:tool\.[\w.-]+|build-system)\][ \t]*(?:#.*)?$"
    r"|\[\[[\w.-]+\]\][ \t]*(?:#.*)?\n(?:[ \t]*(?:#.*)?\n)*[\w.-]+[ \t]*=(?!=)",
    re.MULTILINE,
)
_SETTINGS = re.compile(r"^\[{1,2}(?:tool\.paramrules\b|targets\])", re.MULTILINE)
_HELP = {"a lock": "`paramrules diff` compares it, and `paramrules lock` writes it from rules"}


def foreign(source: Source, first: Piece, start: int) -> Diagnostic | None:
    """Return one finding for a file of another kind, in place of one for each line.

    `first` is the first piece, `start` where the first statement begins that does not parse: a file whose
    first statement parses is a rule file, unless its name is that of TOML, where `[project]` may come first.
    """
    is_named_toml = source.name.endswith(".toml")
    if source.text[first.start : start].strip(" \t") and not is_named_toml:
        return None
    is_toml = is_named_toml or _TOML.match(source.text, start)
    kinds = (kind for kind, begins in _FOREIGN.items() if begins.match(source.text, start, first.end))
    kind = "a TOML file" if is_toml else next(kinds, None)
    if kind is None:
        return None
    help = _HELP.get(kind, "a rule is written `no_decay: ndim <= 1 -> weight_decay = 0`")
    if kind == "a TOML file" and _SETTINGS.search(source.text):
        help = "`paramrules check` without a file checks those that the settings name"
    line = first_line(source, start, len(source.text))
    return Diagnostic("E121", f"this is {kind}, not a rule file", line, help=help)


_ITEM = r"[ \t]+-[ \t]+[\"']?([\w.*?]+)[\"']?[ \t]*(?:#[^\n]*)?"
_YAML_LIST = re.compile(rf"([A-Za-z_]\w*):[ \t]*(?:#[^\n]*)?(?:\n(?:{_ITEM}|[ \t]*(?:#[^\n]*)?))+")
_PATH = re.compile(r"([A-Za-z_]\w*)\??:[ \t]*(\w+(?:/\w+)+)(?=[ \t]*(?:#|->|\n|$))")


def arithmetic(source: Source, piece: Piece) -> Diagnostic | None:
    """Return the finding for what parses as arithmetic and is meant as something else.

    That is a label with a YAML list of names below it, or a parameter's name with slashes.
    """
    listed = _YAML_LIST.fullmatch(source.text, piece.start, piece.end)
    if listed:
        start = source.text.index("-", listed.end(1))
        test = names_test(re.findall(rf"\n{_ITEM}", listed[0]))
        return Diagnostic(
            "E137",
            "a list is not written with `-`",
            Span(source, start, start + 1),
            help=write(f"{listed[1]}: {test}"),
        )
    path = _PATH.match(source.text, piece.start, piece.end)
    if path:
        return Diagnostic(
            "E141",
            f"`{path[2]}` is not a predicate",
            Span(source, *path.span(2)),
            help=f"a name has dots: write `name ~ ^{path[2].replace('/', chr(92) + '.')}`",
        )
    return None
