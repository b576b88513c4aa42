"""Labels and colons at the head of a rule or an expectation: missing, or written in another way."""

import re

from paramrules.diagnostics import Diagnostic, write
from paramrules.syntax.hints.mistake import RULE, Mistake
from paramrules.syntax.hints.statement_starts import FACTS, braces, counted_label, label_for

_LABEL = re.compile(
    r"([\w{}]+[-.+/ *@&;,|](?:[-.+/ *@&;,|\w{}]*?[-.+/*@&;,|\w{}])??)[ \t]*(?:\?[ \t]*)?:(?!=)"
)
_WORDS = re.compile(r"(?i:rule|label|group|name|set|case|when)[ \t]+([\w{}]+)[ \t]*(?:\?[ \t]*)?:(?!=)")
_OTHER_HOLE = re.compile(r"(\w*)[<\[(](\w+)[>\])](\w*\??[ \t]*:)")
_TEMPLATE = re.compile(r"[A-Za-z]?([\"'])([A-Za-z_][\w{}+-]*)\1(\??[ \t]*:)")
_LABEL_FIRST = re.compile(r"([A-Za-z_]\w*)[ \t]*(?:->|=>|:=)[ \t]*(?!\w+[ \t]*=[^=])([^\n]+)")
_ABOUT = re.compile(
    r"(.*?\S)[ \t]*(?:->|=>|==|:|\bis|\bin)[ \t]*([A-Za-z_]\w*)"
    r"|([A-Za-z_]\w*)[ \t]*(?:==?|\bis\b)[ \t]*(.+)"
    r"|([A-Za-z_]\w*)\((.+)\)"
)
_SELECTOR = re.compile(r"([A-Z]\w*)(?:[ \t]*[.>/ ][ \t]*([a-z_]\w*))?")
_LABEL_LAST = re.compile(r"(.*?\S)[ \t]*(?:->|:|=>)[ \t]*([A-Za-z_]\w*)")
_SETTINGS_LAST = re.compile(r"([^:]*?[^:\s])[ \t]*:[ \t]*(\w+[ \t]*=[^=].*)")
_TEST = re.compile(r"[~<>=!(\[.]|->|(?:and|or|in|like|not[ \t]+(?:in|like))\b")
_HELD = re.compile(r"[\\%](?:g?<|\(?)(\w*)[>)]?|\$\{?(\w*)\}?")


def head(mistake: Mistake) -> Diagnostic | None:
    """`no-decay: ...`, `no_decay ndim <= 1`, `type(LayerNorm)`."""
    kinds = mistake.kinds
    if not kinds or kinds[0] not in ("NAME", "Label", "EXPECT") or "COLON" in kinds:
        return None
    if kinds[-1] in ("EXPECT", "NOT"):
        negated = re.match(r"![ \t]*", mistake.after)
        if negated:
            help = mistake.rewritten("not ", mistake.at, mistake.at + negated.end())
            return mistake.finding("E132", "`!` is not an operator", help=help)
        return mistake.finding(
            "E126",
            "an expectation begins with a label",
            help=f"an expectation is written `expect {mistake.label()}: ndim <= 1`",
        )
    if kinds[-1] == "PIECE" and mistake.text[mistake.stack[-1].start_pos - 1].isspace():
        return _add_colon(mistake, 0, mistake.stack[-1].start_pos)
    if "LBRACE" in kinds and "RBRACE" not in kinds:
        return braces(mistake) or _hole(mistake)
    start = int(getattr(mistake.stack[-1], "start_pos", 0) or 0) if kinds[0] == "EXPECT" else 0
    finding = _other_label(mistake, start)
    if finding:
        return finding
    loose = _LABEL.match(mistake.text, start)
    if loose and start and re.search(r" and | or |[|,&]", loose[1]):
        return mistake.finding(
            "E128",
            "an expectation names one label",
            start=start,
            end=loose.end(1),
            help="write an expectation for each label",
        )
    if loose:
        good = re.sub(r"[^\w{}]+", "_", loose[1]).strip("_")
        return mistake.finding(
            "E128",
            f"`{loose[1]}` is not a label",
            start=start,
            end=loose.end(1),
            help=f"labels consist of letters, digits and `_`: write `{good}`",
        )
    if kinds[-1] in ("NAME", "RBRACE", "Label") and _TEST.match(mistake.after) and not _spaced(mistake):
        return _add_label(mistake)
    return _add_colon(mistake, start, mistake.at)


def _other_label(mistake: Mistake, start: int) -> Diagnostic | None:
    """`rule a: ...`, `block_<i>: ...`, `f"block_{i}": ...`, `a -> ndim <= 1`."""
    text = mistake.text
    words = _WORDS.match(text, start)
    if words and not start:
        help = mistake.rewritten("", 0, words.start(1))
        return mistake.finding("E123", "a rule begins with its label", start=0, end=words.start(1), help=help)
    hole = _OTHER_HOLE.match(text, start)
    if hole and hole[1]:
        return mistake.finding(
            "E129",
            "a capture is inserted in braces",
            start=hole.start(2) - 1,
            end=hole.end(2) + 1,
            help=mistake.rewritten(f"{hole[1]}{{{hole[2]}}}{hole[3]}", hole.start(), hole.end()),
        )
    quoted = _TEMPLATE.match(text, start)
    if quoted:
        return mistake.finding(
            "E139",
            "a label takes no quotes",
            start=quoted.start(),
            end=quoted.start(3),
            help=mistake.rewritten(f"{quoted[2]}{quoted[3]}", quoted.start(), quoted.end()),
        )
    first = _LABEL_FIRST.fullmatch(text)
    if first and not start:
        help = mistake.statement(f"{first[1]}: {first[2]}", "")
        if help:
            return mistake.finding("E127", "a `:` follows the label", help=help)
    return None


def _add_colon(mistake: Mistake, start: int, at: int) -> Diagnostic:
    if mistake.found in ("$", "\\", "%") and not mistake.text[at - 1].isspace():
        held = _HELD.match(mistake.text, at)
        name = (held[1] or held[2] or "") if held else ""
        return mistake.finding(
            "E129",
            f"`{mistake.found}` cannot stand in a label",
            help=f"a capture is inserted as `{{{name if name and not name.isdigit() else 'i'}}}`",
        )
    name = mistake.text[start:at].strip()
    if start and mistake.ended:
        help = f"an expectation is written `expect {name}: ndim <= 1`"
        return mistake.finding("E127", f"a `:` and a predicate are missing behind `{name}`", help=help)
    return mistake.finding(
        "E127",
        f"a `:` is missing behind `{name}`",
        start=at,
        end=at + len(mistake.found) if at == mistake.at else mistake.at,
        help=mistake.rewritten(
            f"{mistake.text[:start]}{name}: ",
            0,
            at,
            "an expectation is written `expect label: predicate`" if start else RULE,
        ),
    )


def _add_label(mistake: Mistake) -> Diagnostic:
    first = mistake.stack[0] if mistake.kinds[0] == "EXPECT" else ""
    line = mistake.text[len(first) :].partition("\n")[0].strip()
    start = mistake.text.index(line)
    label = counted_label(line) if first else ""
    if label:
        return mistake.finding(
            "E126",
            "an expectation says which parameters have a label, not how many",
            start=start,
            end=start + len(line),
            help=f"an expectation is written `expect {label}: ndim <= 1`",
        )
    return mistake.finding(
        "E126",
        "the expectation has no label" if first else "the rule has no label",
        start=start,
        end=start + len(line),
        help=_expectation(mistake, line) if first else _rule(mistake, line),
    )


def _expectation(mistake: Mistake, line: str) -> str:
    """`expect type(LayerNorm)`, `expect type(LayerNorm) is no_decay`."""
    about = _ABOUT.fullmatch(line)
    label, test = mistake.label(), line
    if about:
        named = about[2] or about[3] or about[5]
        if named not in FACTS:
            label, test = named, about[1] or about[4] or about[6]
    return mistake.statement(
        f"expect {label}: {test}", f"an expectation is written `expect {label}: ndim <= 1`"
    )


def _rule(mistake: Mistake, line: str) -> str:
    """`ndim <= 1 -> no_decay`, `type(LayerNorm): weight_decay = 0`, `LayerNorm > bias -> lr = 0.1`."""
    if label := _LABEL_LAST.fullmatch(line):
        return mistake.statement(f"{label[2]}: {label[1]}")
    settings = _SETTINGS_LAST.fullmatch(line)
    test, values = (settings[1], settings[2]) if settings else line.partition("->")[::2]
    selector = _SELECTOR.fullmatch(test.strip())
    if selector:
        test = f"type({selector[1]})" + (f' and leaf == "{selector[2]}"' if selector[2] else "")
    return mistake.statement(
        f"{label_for(values)}: {test.strip()}" + (f" -> {values.strip()}" if values else "")
    )


def _spaced(mistake: Mistake) -> bool:
    """Return whether a bracket stands apart: `no_decay (a or b)` lacks its colon, `type(A)` its label."""
    return mistake.after[0] == "(" and mistake.text[mistake.at - 1].isspace()


def _hole(mistake: Mistake) -> Diagnostic | None:
    """`block_{}`, `block_{i: ...`, `block_{i:02d}`, `block_{{i}}`."""
    double = re.match(r"\{[ \t]*(\w+)[ \t]*\}+", mistake.after)
    if double and mistake.last == "LBRACE":
        start, end = mistake.start_of(-1), mistake.at + double.end()
        help = write(f"{{{double[1]}}}")
        return mistake.finding(
            "E129", "a value is inserted in single braces", start=start, end=end, help=help
        )
    if mistake.found == "}" and mistake.last == "LBRACE":
        return mistake.finding("E129", "`{}` is empty", help="a capture is inserted as `{i}`")
    inside = mistake.operand(-1)
    if mistake.found in (":", "!") and re.match(r"[:!][^\s{}]*\}", mistake.after):
        return mistake.finding(
            "E129", "a label has no formats", help=f"a value is inserted as `{{{inside}}}`"
        )
    if mistake.found == ":" and not mistake.wants_operand:
        start = mistake.open[-1].start_pos
        help = write(f"{{{inside}}}", safe=True).over(mistake.place(start, mistake.at))
        return mistake.finding("E136", "`{` is not closed", start=start, end=start + 1, help=help)
    return None
