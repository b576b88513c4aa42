"""What does not fit in a predicate or a value."""

import re

from paramrules.diagnostics import Diagnostic
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.hints.settings import begins_setting
from paramrules.syntax.reserved import RESERVED

_COMPARES = ("==", "!=", "<", "<=", ">", ">=")
_CLASSES = re.compile(r"""[\[{](?:[ \t]*["']?[A-Z][A-Za-z0-9]*["']?[ \t]*,?)+[\]}]""")
_DOTTED = re.compile(r"[\w.]+")


def predicate(mistake: Mistake) -> Diagnostic | None:
    """The first of these hints that knows the mistake."""
    for hint in (_missing, _reserved, _number, _chained, _list, _second, _arrow, _not):
        finding = hint(mistake)
        if finding:
            return finding
    return None


def _missing(mistake: Mistake) -> Diagnostic | None:
    """`a: -> lr = 1`, `a: b or`, `a: and b`."""
    if not mistake.wants_operand or not mistake.stack:
        return None
    found, last = mistake.found, mistake.last
    if last == "COLON" and mistake.kinds[0] == "Label" and (mistake.ended or found in ("->", "*")):
        return _no_predicate(mistake)
    if not mistake.ended and found not in ("->", "and", "or", "in", "like", ")", ",", *_COMPARES):
        return None
    if mistake.word == "*" and mistake.kinds[-3:-1] == ("COMPARE", "Reference"):
        return _wildcard(mistake)
    if mistake.ended or found in ("->", ")"):
        return mistake.finding(f"nothing stands behind `{mistake.word}`")
    return mistake.finding(f"nothing stands before `{found}`")


def _wildcard(mistake: Mistake) -> Diagnostic:
    """`name == bias*`."""
    subject, text = mistake.operand(-4), mistake.operand(-2)
    start = mistake.stack[-1].start_pos
    known = subject in ("name", "leaf", "module")
    help = f"write `{subject} like {text}*`" if known else f"`name like {text}*` has a wildcard"
    return mistake.finding("`*` is no wildcard here", start=start, end=start + 1, help=help)


def _no_predicate(mistake: Mistake) -> Diagnostic:
    """`decay:`, `decay: *`, `decay: -> lr = 1`."""
    label = mistake.operand(0)
    help = f"write `{label}: else` for whatever the rules above leave"
    if mistake.ended and label.isidentifier():
        help += f"; an axis is written `[{label}]`"
    if mistake.found == "*":
        return mistake.finding("`*` is no predicate", help=help)
    return mistake.finding("the predicate is missing", help=help)


def _reserved(mistake: Mistake) -> Diagnostic | None:
    """`a: or b`, `ndim == not 1`: where a value should stand, operators are read as names."""
    word = mistake.word
    if mistake.last != "NAME" or word not in RESERVED:
        return None
    start = mistake.stack[-1].start_pos
    if word == "not":
        message, help = "`not` stands before the whole comparison", "write `not a == b`"
    else:
        message, help = f"nothing stands before `{word}`", ""
    return mistake.finding(message, start=start, end=start + len(word), help=help)


def _number(mistake: Mistake) -> Diagnostic | None:
    """`1x`, `0x10`, `1e`."""
    rest = _DOTTED.match(mistake.after)
    if mistake.last != "NUMBER" or mistake.stack[-1].end_pos != mistake.at or rest is None:
        return None
    start, end = mistake.stack[-1].start_pos, mistake.at + rest.end()
    return mistake.finding(
        f"`{mistake.text[start:end]}` is no number",
        start=start,
        end=end,
        help="numbers are decimal: `0.1`, `1e-4`",
    )


def _chained(mistake: Mistake) -> Diagnostic | None:
    """`0 < ndim < 3`."""
    if mistake.found not in _COMPARES or mistake.before_last != "COMPARE":
        return None
    left, operator, middle = mistake.stack[-3:]
    first = f"{left.span.text} {operator} {middle.span.text}"
    return mistake.finding(
        "comparisons are not chained",
        help=f"write the middle twice: `{first} and {middle.span.text} {mistake.found} ...`",
    )


def _list(mistake: Mistake) -> Diagnostic | None:
    """`shape == [1, 2]`, `let norms = [LayerNorm, RMSNorm]`."""
    if not mistake.wants_operand or mistake.found not in ("[", "{"):
        return None
    classes = _CLASSES.match(mistake.after)
    help = f"write `type({'|'.join(re.findall(r'[A-Z][A-Za-z0-9]*', classes[0]))})`" if classes else ""
    return mistake.finding(f"a list is not written with `{mistake.found}`", help=help or "write `(1, 2)`")


def _second(mistake: Mistake) -> Diagnostic | None:
    """`a: b: c`, `a: else or b`."""
    if mistake.last == "ELSE":
        return mistake.finding("`else` stands alone", help="it takes whatever the rules above leave")
    if mistake.found not in (":", ":="):
        return None
    if "COLON" in mistake.kinds:
        if begins_setting(mistake, 1):
            return mistake.finding("there is no `->` before the settings", help="write `->` in place of `:`")
        subject, written = mistake.operand(-1), _DOTTED.match(mistake.after[1:].lstrip())
        if subject in ("name", "leaf", "module") and written:
            return mistake.finding("`:` is no operator", help=f"write `{subject} ~ {written[0]}`")
        return mistake.finding(
            "a second `:` in one rule", help="every rule starts on a line of its own, in column 0"
        )
    return mistake.finding(f"`{mistake.found}` cannot stand here")


def _arrow(mistake: Mistake) -> Diagnostic | None:
    """`expect a: b -> lr = 1`, `let x = 1 -> lr = 1`, `(a -> lr = 1`."""
    if mistake.found != "->":
        return None
    if mistake.open:
        bracket = mistake.open[-1]
        start = bracket.start_pos or 0
        return mistake.finding(f"`{bracket}` is not closed before `->`", start=start, end=start + 1)
    what = {"EXPECT": "an expectation", "LET": "a `let`"}.get(mistake.kinds[0])
    if what is None:
        return None
    return mistake.finding(f"{what} has no settings", help="settings stand in rules")


def _not(mistake: Mistake) -> Diagnostic | None:
    """`a not b`."""
    if mistake.last == "NOT" and mistake.expected == {"IN", "LIKE"}:
        return mistake.finding(
            "behind a value `not` is followed by `in` or `like`",
            help="write `and not` to join two predicates",
        )
    return None
