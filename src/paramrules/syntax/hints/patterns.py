"""Regexes and globs that stand without quotes where they need some."""

from paramrules.diagnostics import Diagnostic
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.hints.settings import begins_setting
from paramrules.syntax.hints.spelling import SPELLING


def pattern(mistake: Mistake) -> Diagnostic | None:
    """`name ~ layer norm`, `name ~ (foo`, `name like [ab]*`, `name ~ -> lr = 1`."""
    what = {"MATCH": "regex", "BARE_REGEX": "regex", "LIKE": "glob", "BARE_GLOB": "glob"}.get(mistake.last)
    if what is None:
        return None
    if mistake.last in ("MATCH", "LIKE"):
        if mistake.ended or mistake.after.startswith(("->", ")")):
            return mistake.finding(f"the {what} behind `{mistake.word}` is missing")
        if what == "regex":
            return mistake.finding(
                "the brackets of the regex do not match, or nest more than four deep",
                help="close them, write a bracket that is meant as such `\\(`, or quote the regex",
            )
        return mistake.finding(f"a glob with `{mistake.found}` needs quotes", help='write `like "..."`')
    token = mistake.stack[-1]
    if token.startswith("="):
        operator = mistake.stack[-2]
        return mistake.finding(
            f"`{operator}=` is no operator",
            start=operator.start_pos,
            end=token.start_pos + 1,
            help=f"it is written `{operator}`",
        )
    if mistake.ended or mistake.found in SPELLING or begins_setting(mistake) or mistake.found in ")]},;":
        return None
    if token.end_pos == mistake.at:
        return mistake.finding(
            f"a {what} without quotes ends before `{mistake.found[0]}`",
            start=token.start_pos,
            end=token.end_pos,
            label="it ends here",
            help=f"put the whole {what} in quotes",
        )
    if mistake.found[0].isalnum() or mistake.found[0] in "^\\.*":
        return mistake.finding(
            f"a {what} without quotes ends at white space",
            start=token.start_pos,
            end=token.end_pos,
            label="it ends here",
            help=f"for a {what} with white space write quotes; otherwise put `and` or `or` between the two",
        )
    return None
