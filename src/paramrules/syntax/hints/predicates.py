"""What does not fit in a predicate or a value."""

import re

from paramrules.diagnostics import Diagnostic
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.reserved import RESERVED

_COMPARES = ("==", "!=", "<", "<=", ">", ">=")
_METHOD = re.compile(r"\.(startswith|endswith)\([\"']([^\"'\n]*)[\"']\)")
_DOTTED = re.compile(r"[\w.]+")


def predicate(mistake: Mistake) -> Diagnostic | None:
    """The first of these hints that knows the mistake."""
    for hint in (_missing, _reserved, _number, _chained, _list, _dot, _second, _arrow, _not):
        finding = hint(mistake)
        if finding:
            return finding
    return None


def _missing(mistake: Mistake) -> Diagnostic | None:
    """`a: -> lr = 1`, `a: b or`, `a: and b`."""
    if not mistake.wants_operand or not mistake.stack:
        return None
    found, last = mistake.found, mistake.last
    if not mistake.ended and found not in ("->", "and", "or", "in", "like", ")", ",", *_COMPARES):
        return None
    if last == "COLON" and (mistake.ended or found == "->"):
        return mistake.finding(
            "the predicate is missing", help="`label: else` takes whatever the rules above leave"
        )
    if mistake.ended or found in ("->", ")"):
        return mistake.finding(f"nothing stands behind `{mistake.word}`")
    return mistake.finding(f"nothing stands before `{found}`")


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
    """`name in ["a"]`, `"norm" in name`, `shape == [1, 2]`."""
    if mistake.last == "IN":
        if mistake.before_last == "Literal" and mistake.found[:1].isalpha():
            text = str(mistake.stack[-2].value)
            return mistake.finding(
                "what is looked at stands on the left", help=f"write `{mistake.found} ~ {re.escape(text)}`"
            )
        return mistake.finding("`in` needs a list in round brackets", help='write `in ("a", "b")`')
    if mistake.wants_operand and mistake.found in ("[", "{"):
        return mistake.finding(f"a list is not written with `{mistake.found}`", help="write `(1, 2)`")
    return None


def _dot(mistake: Mistake) -> Diagnostic | None:
    """`name == encoder.norm`, `name.endswith("bias")`, `p.ndim`."""
    if mistake.found[:1] != "." or mistake.last != "NAME":
        return None
    start = mistake.stack[-1].start_pos
    dotted = _DOTTED.match(mistake.text, start)
    assert dotted
    if mistake.before_last == "COMPARE" or (mistake.open and "IN" in mistake.kinds):
        return mistake.finding(
            "text stands in quotes", help=f'write `"{dotted[0]}"`', start=start, end=dotted.end()
        )
    method = _METHOD.match(mistake.after)
    if method:
        glob = f"{method[2]}*" if method[1] == "startswith" else f"*{method[2]}"
        help = f"write `{mistake.word} like {glob}`"
    else:
        help = "a fact about the parameter is a word of its own: `name`, `ndim`, `shape[0]`, `attr(x)`"
    return mistake.finding(
        "there are no methods and no dotted names", help=help, start=start, end=dotted.end()
    )


def _second(mistake: Mistake) -> Diagnostic | None:
    """`a: b: c`, `a: else or b`."""
    if mistake.last == "ELSE":
        return mistake.finding("`else` stands alone", help="it takes whatever the rules above leave")
    if mistake.found not in (":", ":="):
        return None
    if "COLON" in mistake.kinds:
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
