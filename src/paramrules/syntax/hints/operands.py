"""Missing operands and operators; chained comparisons; colons, arrows and conditions in a predicate."""

import re

from paramrules.diagnostics import Diagnostic, write
from paramrules.syntax.hints.bare_patterns import wildcard
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.hints.setting_syntax import begins_setting
from paramrules.syntax.language import MEMBERS, RESERVED

_COMPARES = ("==", "!=", "<", "<=", ">", ">=")
_DOTTED = re.compile(r"[\w.]+")


def missing(mistake: Mistake) -> Diagnostic | None:
    """`a: -> lr = 1`, `a: b or`, `a: and b`."""
    if not mistake.wants_operand or not mistake.stack:
        return None
    found, last = mistake.found, mistake.last
    if last == "COLON" and mistake.kinds[0] == "Label" and (mistake.ended or found in ("->", "*")):
        return _no_predicate(mistake)
    if not mistake.ended and found not in ("->", "and", "or", "in", "like", ")", ",", *_COMPARES):
        return None
    if finding := wildcard(mistake) or _split_arrow(mistake):
        return finding
    if mistake.ended or found in ("->", ")"):
        word = mistake.word
        if (word, found, mistake.operand(-3)) == ("(", ")", "shape"):
            help = f"for a tensor without axes write `ndim {mistake.operand(-2)} 0`"
            return mistake.finding("E130", "a shape has at least one extent here", help=help)
        what = "a value" if word in _COMPARES or mistake.in_settings else "what is meant"
        help = f"write {what} behind it, or delete it"
        if mistake.ended and word in ("and", "or", "not"):
            help += "; lines that continue the statement are indented"
        return mistake.finding("E130", f"nothing stands behind `{word}`", help=help)
    return mistake.finding(
        "E130", f"nothing stands before `{found}`", help="write what is meant before it, or delete it"
    )


def no_subject(mistake: Mistake) -> Diagnostic | None:
    """`name ~ bias and ~ weight`, `shape == (3, ...)`."""
    if not mistake.wants_operand:
        return None
    test = re.match(r"(!?~)[ \t]*([\w.^$\\|]+)(?![\w(])", mistake.after)
    if test and mistake.last in ("AND", "OR", "NOT", "COLON", "LPAR", "EQUAL"):
        return mistake.finding("E130", f"nothing stands before `{test[1]}`", help=write(f"name {test[0]}"))
    extent = re.match(r"\.\.\.|\?|:", mistake.after)
    if extent and mistake.open and mistake.last in ("LPAR", "COMMA"):
        help = "write `*` for each extent that may be any"
        return mistake.finding(
            "E130", f"`{extent[0]}` is not an extent", end=mistake.at + extent.end(), help=help
        )
    return None


def _no_predicate(mistake: Mistake) -> Diagnostic:
    """`decay:`, `decay: *`, `decay: -> lr = 1`."""
    label = "rest" if mistake.operand(0) == "else" else mistake.operand(0)
    help = f"write `{label}: else` for whatever the rules above leave"
    if mistake.ended and label.isidentifier():
        help += f"; an axis is written `[{label}]`"
    if mistake.found == "*":
        return mistake.finding("E130", "`*` is not a predicate", help=help)
    return mistake.finding("E130", "the predicate is missing", help=help)


def reserved_operand(mistake: Mistake) -> Diagnostic | None:
    """`a: or b`, `ndim == not 1`: an operator in place of an operand is read as a name."""
    word = mistake.word
    if mistake.last != "NAME" or word not in RESERVED:
        return None
    start = mistake.stack[-1].start_pos
    inside = re.match(r"[A-Z]\w*", mistake.after) if word == "in" else None
    if inside:
        help = write(f"within({inside[0]})")
        return mistake.finding(
            "E130", "nothing stands before `in`", start=start, end=mistake.at + inside.end(), help=help
        )
    if word != "not":
        return mistake.finding(
            "E130",
            f"nothing stands before `{word}`",
            start=start,
            end=start + len(word),
            help="write what is meant before it, or delete it",
        )
    left, operator = mistake.operand(-3), mistake.operand(-2)
    right = _DOTTED.match(mistake.after)
    compared = mistake.before_last == "COMPARE" and right
    shown = f"not {left} {operator} {right[0]}" if compared and right else "not ndim == 1"
    return mistake.finding(
        "E131",
        "`not` stands before the whole comparison",
        start=start,
        end=start + 3,
        help=write(shown) if compared else f"it is written as in `{shown}`",
    )


def chained(mistake: Mistake) -> Diagnostic | None:
    """`0 < ndim < 3`."""
    if mistake.found not in _COMPARES or mistake.before_last != "COMPARE":
        return None
    left, operator, middle = mistake.stack[-3:]
    last = re.match(r"[ \t]*([\w.]+(?:\[-?\w+\])?)", mistake.after[len(mistake.found) :])
    first, second = f"{left.span.text} {operator} {middle.span.text}", middle.span.text
    return mistake.finding(
        "E134",
        "comparisons cannot be chained",
        help=write(f"{first} and {second} {mistake.found} {last[1]}")
        if last
        else f"write the middle twice: `{first} and {second} {mistake.found}` and the last value",
    )


def colon(mistake: Mistake) -> Diagnostic | None:
    """`a: b: c`, `a: else or b`."""
    if mistake.last == "ELSE":
        return mistake.finding(
            "E135", "`else` stands alone", help="delete the rest: it takes whatever the rules above leave"
        )
    if mistake.found not in (":", ":="):
        return None
    if mistake.open and mistake.open[-1] == "[":
        return _slice(mistake)
    if mistake.open and mistake.open[-1] == "{":
        return mistake.finding("E136", "`{` is not closed", help="close it, or leave it out")
    if "COLON" not in mistake.kinds:
        return mistake.finding(
            "E127", f"`{mistake.found}` cannot stand here", help="a rule starts on a line of its own"
        )
    if begins_setting(mistake, 1):
        return mistake.finding(
            "E143", "there is no `->` before the settings", help="write `->` in place of `:`"
        )
    subject, written = mistake.operand(-1), re.match(r":[ \t]*[\"']?([\w.]+)", mistake.after)
    operator = {"name": "~", "leaf": "~", "module": "~", "ndim": "==", "role": "==", "dtype": "=="}.get(
        subject
    )
    if operator and written:
        help = write(f"{subject} {operator} {written[1]}")
        return mistake.finding("E132", "`:` is not an operator", help=help)
    if subject == "lambda":
        return _condition(mistake, subject)
    if subject in MEMBERS and written:
        return mistake.finding("E144", f"`{subject}` needs brackets", help=write(f"{subject}({written[1]})"))
    return mistake.finding(
        "E127", "a rule has one `:`", help="every rule starts on a line of its own, in column 0"
    )


def _slice(mistake: Mistake) -> Diagnostic:
    """`shape[:2]`, `name[-4:]`."""
    bracket = len(mistake.kinds) - 1 - mistake.kinds[::-1].index("LSQB")
    if mistake.operand(bracket - 1) == "shape":
        help = "compare the extents one by one, as in `shape[0] == 3 and shape[1] == 4`"
    else:
        help = "the beginning and the end of a name are tested by `name like a*` and `name like *a`"
    return mistake.finding("E133", "there are no slices", help=help)


def _split_arrow(mistake: Mistake) -> Diagnostic | None:
    """`a: b - > lr = 1`, `a: b --> lr = 1`, `a: b >> lr = 1`."""
    if (mistake.word, mistake.found) not in (("-", ">"), ("-", "->"), (">", ">")) or mistake.in_settings:
        return None
    start, end = mistake.start_of(-1), mistake.at + len(mistake.found)
    written = mistake.text[start:end]
    return mistake.finding(
        "E143", f"`{written}` is not the arrow", start=start, end=end, help=write("->", safe=True)
    )


def arrow(mistake: Mistake) -> Diagnostic | None:
    """`expect a: b -> lr = 1`, `let x = 1 -> lr = 1`."""
    if mistake.found != "->" or mistake.open:
        return None
    what = {"EXPECT": "an expectation", "LET": "a `let`"}.get(mistake.kinds[0])
    if what is None:
        return None
    return mistake.finding(
        "E143", f"{what} has no settings", help="settings belong to rules: `label: predicate -> key = value`"
    )


def side_by_side(mistake: Mistake) -> Diagnostic | None:
    """`a not b`, `trainable tied`."""
    if mistake.last == "NOT" and mistake.expected == {"IN", "LIKE"}:
        return mistake.finding(
            "E131",
            "behind a value `not` is followed by `in` or `like`",
            help="write `and not` to join two predicates",
        )
    if (
        mistake.wants_operator
        and not mistake.in_settings
        and ("COLON" in mistake.kinds or "LET" in mistake.kinds)
        and re.match(r"[A-Za-z_]|[\"'(\d]", mistake.found)
    ):
        left = mistake.operand(-1)
        if left == ")" and (called := re.search(r"\w+[ \t]*\([^()\n]*\)\s*$", mistake.text[: mistake.at])):
            left = called[0].rstrip()
        if "IN" in mistake.kinds and mistake.open[-1:] == ("(",) and not left.endswith(")"):
            return mistake.finding(
                "E137",
                f"a comma is missing between `{left}` and `{mistake.found}`",
                help="put a comma between the two",
            )
        if left in ("lambda", "if", "when", "where", "WHERE", "unless"):
            return _condition(mistake, left)
        if left and len(left) <= 40 and "\n" not in left:
            number = left.isidentifier() and mistake.found[0].isdigit()
            return mistake.finding(
                "E131",
                f"an operator is missing between `{left}` and `{mistake.found}`",
                help=write(f"{left} == {mistake.found}")
                if number
                else "predicates are joined by `and` or `or`",
            )
    return None


def _condition(mistake: Mistake, word: str) -> Diagnostic:
    """`a: if ndim <= 1`, `a: lambda n: ndim <= 1`."""
    start = mistake.start_of(-1)
    parameters = re.match(r"[\w, \t]*:[ \t]*", mistake.after) if word == "lambda" else None
    end = mistake.at + (parameters.end() if parameters else 0)
    rest = re.sub(r"[ \t]+then\b|:(?=[ \t]*\w+[ \t]*=[^=])", " ->", mistake.text[end:], count=1)
    new = "not " if word == "unless" else ""
    help = mistake.statement(f"{mistake.text[:start]}{new}{rest}", "write the predicate alone")
    if word == "lambda":
        return mistake.finding("E133", "a predicate is not a function", start=start, end=end, help=help)
    return mistake.finding("E135", f"there is no `{word}` inside a rule", start=start, end=end, help=help)
