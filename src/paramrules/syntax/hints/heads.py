"""What stands before the `:` of a rule or an expectation: its label, or none."""

import re

from paramrules.diagnostics import Diagnostic, did_you_mean
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.reserved import reserved

_KEYWORDS = ("let", "option", "include", "edition", "expect")
_OTHER = frozenset(
    {"if", "elif", "while", "for", "import", "from", "def", "class", "return", "with", "del", "set"}
)
_DEFINE = frozenset({"const", "var", "val", "def", "define", "set", "param", "float", "int"})
_SECTIONS = frozenset({"axis", "section", "partition", "group", "table"})
_LABEL = re.compile(r"([\w{}]+(?:[-.+/ ][\w{}]+)+)[ \t]*\??[ \t]*:(?!=)")
_LABEL_LAST = re.compile(r"(.+?)[ \t]*(?:->|:|=>)[ \t]*([A-Za-z_]\w*)")
_SETTINGS_LAST = re.compile(r"([^:]+?)[ \t]*:[ \t]*(\w+[ \t]*=[^=].*)")
_TEST = re.compile(r"[~<>=!(\[.]|->|(?:and|or|in|like|not[ \t]+(?:in|like))\b")


def head(mistake: Mistake) -> Diagnostic | None:
    """`no-decay: ...`, `no_decay ndim <= 1`, `type(LayerNorm)`, `else -> lr = 1`, `lr = 3`."""
    kinds = mistake.kinds
    if not kinds or kinds[0] not in ("NAME", "Label", "EXPECT") or "COLON" in kinds:
        return None
    if kinds[-1] in ("EXPECT", "NOT"):
        return mistake.finding("an expectation begins with a label", help="write `expect label: predicate`")
    if kinds[-1] == "PIECE" and mistake.text[mistake.stack[-1].start_pos - 1].isspace():
        return _add_colon(mistake, 0, mistake.stack[-1].start_pos)
    if "LBRACE" in kinds and "RBRACE" not in kinds:
        return _hole(mistake)
    start = int(getattr(mistake.stack[-1], "start_pos", 0) or 0) if kinds[0] == "EXPECT" else 0
    name = re.match(r"\w*", mistake.text[start:])
    word = name[0] if name else ""
    if kinds == ("NAME",):
        finding = _no_label(mistake, word)
        if finding:
            return finding
    loose = _LABEL.match(mistake.text, start)
    if loose:
        good = re.sub(r"[-.+/ ]", "_", loose[1])
        return mistake.finding(
            f"`{loose[1]}` is no label",
            start=start,
            end=loose.end(1),
            help=f"labels are made of letters, digits and `_`: `{good}`",
        )
    if kinds[-1] in ("NAME", "RBRACE", "Label") and _TEST.match(mistake.after) and not _spaced(mistake):
        return _add_label(mistake)
    return _add_colon(mistake, start, mistake.at)


def _add_colon(mistake: Mistake, start: int, at: int) -> Diagnostic:
    if mistake.found in ("$", "\\", "%") and not mistake.text[at - 1].isspace():
        return mistake.finding(
            f"`{mistake.found}` cannot stand in a label", help="a capture is written into it as `{i}`"
        )
    return mistake.finding(
        f"a `:` is missing behind `{mistake.text[start:at].strip()}`",
        start=at,
        end=at + len(mistake.found) if at == mistake.at else mistake.at,
        help="a rule is written `label: predicate -> settings`",
    )


def _no_label(mistake: Mistake, word: str) -> Diagnostic | None:
    """What a statement may be that begins with a name which is no label."""
    end = len(word)
    if word == "else":
        return mistake.finding("`else` has no label", help="write `rest: else`", start=0, end=end)
    if word in ("and", "or"):
        return mistake.finding(
            f"`{word}` begins no statement",
            help="indent the line, so that it continues the one above",
            start=0,
            end=end,
        )
    if word in _SECTIONS and (
        name := re.fullmatch(r"\w+[ \t]+[\"']?([A-Za-z_]\w*)[\"']?[ \t]*:?", mistake.text)
    ):
        return mistake.finding(
            f"`{word}` begins no statement", help=f"an axis is written `[{name[1]}]`", start=0, end=end
        )
    defined = re.match(r"([A-Za-z_]\w*)[ \t]*=(?!=)", mistake.after)
    if word in _DEFINE and defined:
        help = f"write `let {defined[1]} = ...`"
        return mistake.finding(f"`{word}` begins no statement", help=help, start=0, end=end)
    if word in ("assert", "check", "test", "require") and re.match(r"[A-Za-z_]", mistake.after):
        help = "write `expect label: predicate`"
        return mistake.finding(f"`{word}` begins no statement", help=help, start=0, end=end)
    if word in _OTHER:
        imports = word in ("import", "from")
        help = 'write `include "file.rules"`' if imports else "a rule is written `label: predicate`"
        return mistake.finding(f"`{word}` begins no statement", help=help, start=0, end=end)
    if re.match(r"=(?!=)", mistake.after):
        return mistake.finding(
            f"`{word} = ...` is no statement",
            help=f"to name something write `let {word} = ...`; settings stand behind the `->` of a rule",
            start=0,
            end=end,
        )
    keyword = did_you_mean(word, _KEYWORDS)
    if keyword and re.match(r"[\w\"'<]", mistake.after) and ":" not in mistake.text:
        return mistake.finding(f"`{word}` begins no statement", help=keyword, start=0, end=end)
    if mistake.ended:
        return mistake.finding(
            f"`{word}` alone is no statement",
            start=0,
            end=end,
            help="a rule is written `label: predicate -> settings`",
        )
    return None


def _add_label(mistake: Mistake) -> Diagnostic:
    first = mistake.stack[0] if mistake.kinds[0] == "EXPECT" else ""
    line = mistake.text[len(first) :].partition("\n")[0].strip()
    shown = line if len(line) <= 60 else f"{line[:57]}..."
    start = mistake.text.index(line)
    rule = f"no_decay: {shown}"
    if label := _LABEL_LAST.fullmatch(line):
        rule = f"{label[2]}: {label[1]}"
    elif settings := _SETTINGS_LAST.fullmatch(line):
        rule = f"no_decay: {settings[1]} -> {settings[2]}"
    return mistake.finding(
        "the expectation has no label" if first else "the rule has no label",
        start=start,
        end=start + len(line),
        help=f"write `{'expect ' if first else ''}{rule}`",
    )


def _spaced(mistake: Mistake) -> bool:
    """Whether a bracket stands apart: `no_decay (a or b)` lacks its colon, `type(A)` its label."""
    return mistake.after[0] == "(" and mistake.text[mistake.at - 1].isspace()


def _hole(mistake: Mistake) -> Diagnostic | None:
    """`block_{}`, `block_{i: ...`, `block_{i:02d}`."""
    if mistake.found == "}" and mistake.last == "LBRACE":
        return mistake.finding("`{}` is empty", help="write a capture or a number into it: `{i}`")
    if mistake.found == ":" and re.match(r":[^\s{}]*\}", mistake.after):
        return mistake.finding("a label has no formats", help="write `{i}`")
    if mistake.found == ":" and not mistake.wants_operand:
        start = mistake.open[-1].start_pos or 0
        return mistake.finding("`{` is not closed", start=start, end=start + 1, help="write `}` behind it")
    return None


def statement_word(mistake: Mistake) -> Diagnostic | None:
    """`let: ndim <= 1`: a word that begins statements as a label."""
    word = mistake.word
    if mistake.kinds == (word.upper(),) and word in _KEYWORDS and re.match(r"\??:(?!=)", mistake.after):
        place = mistake.finding("", start=0, end=len(word)).span
        assert place
        return reserved(word, place)
    return None
