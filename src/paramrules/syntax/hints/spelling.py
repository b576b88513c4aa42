"""What other languages write, and what this one does."""

from typing import Final

from paramrules.diagnostics import Diagnostic
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.hints.settings import begins_setting, missing_arrow, without_predicate

SPELLING: Final = {
    "&&": "`and`",
    "&": "`and`",
    "||": "`or`",
    "|": "`or`",
    "!": "`not`",
    "===": "`==`",
    "=": "`==`",
    "is": "`==`",
    "\u2264": "`<=`",
    "\u2265": "`>=`",
    "\u2260": "`!=`",
    "=<": "`<=`",
    "=~": "`~`",
    "^": "`**`",
    "\u2192": "`->`",
    "contains": "`~`",
    "matches": "`~`",
    "unless": "`and not`",
    "except": "`and not`",
    "but": "`and`",
}

_TYPOGRAPHY = {
    "\u201c": "a plain quote",
    "\u201d": "a plain quote",
    "\u2018": "a plain quote",
    "\u2019": "a plain quote",
    "\u00a0": "a plain space",
    "\u2013": "a plain `-`",
    "\u2212": "a plain `-`",
    "\uff1a": "a plain `:`",
}

_CONDITIONS = ("if", "elif", "else", "then", "?")


def typography(mistake: Mistake) -> Diagnostic | None:
    """Quotes, dashes and spaces that a text processor made of plain ones."""
    found = mistake.found
    if found in _TYPOGRAPHY:
        return mistake.finding(
            f"U+{ord(found):04X} is not {_TYPOGRAPHY[found]}", help=f"write {_TYPOGRAPHY[found]}"
        )
    return None


def spelling(mistake: Mistake) -> Diagnostic | None:
    """`ndim = 1`, `a && b`, `!a`, `a => lr = 1`."""
    found = mistake.found
    if mistake.last == "COMPARE" and found in ("=", ">") and mistake.word in ("==", "<"):
        written, meant = mistake.word + found, "==" if found == "=" else "!="
        start = mistake.stack[-1].start_pos
        end = mistake.at + 1
        return mistake.finding(
            f"`{written}` is no operator", help=f"it is written `{meant}`", start=start, end=end
        )
    if found == "=>":
        if begins_setting(mistake, 2):
            return mistake.finding("`=>` is no arrow", help="the arrow before the settings is `->`")
        return mistake.finding("`=>` is no operator", help="greater or equal is written `>=`")
    if found in _CONDITIONS and mistake.wants_operator:
        return mistake.finding(
            f"there is no `{found}` inside a rule",
            help="write one rule for each case: the first whose predicate holds wins, "
            "and `label: else` takes what is left",
        )
    misplaced = without_predicate(mistake)
    if misplaced:
        return misplaced
    if found in SPELLING and not (found == "=" and mistake.wants_operand):
        return mistake.finding(f"`{found}` is no operator", help=f"it is written {SPELLING[found]}")
    if found == "\\":
        return mistake.finding(
            "a backslash does not continue a line", help="indent the next line: that continues the statement"
        )
    if found == ";":
        return mistake.finding("`;` ends nothing", help="a statement ends where the next starts, in column 0")
    in_predicate = "COLON" in mistake.kinds or "LET" in mistake.kinds
    if in_predicate and not mistake.wants_operand and begins_setting(mistake):
        return missing_arrow(mistake)
    return None
