"""Regexes and globs that stand without quotes where they need some."""

import re

from paramrules.diagnostics import Diagnostic
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.hints.settings import begins_setting
from paramrules.syntax.hints.spelling import SPELLING

_BARE = re.compile(r"/[^\s/]+/|(?:\*[.\w]|\.\*|\^)[\w.*?^$\\|+-]*(?=\s|$)")
"""A glob that begins with `*`, or what can begin no expression and is meant as a regex."""


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
    if mistake.found == "(" and token.end_pos == mistake.at and _unbalanced(mistake):
        return mistake.finding(
            "`(` is not closed", help="close it, write `\\(` for the text itself, or quote the regex"
        )
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


def bare(mistake: Mistake) -> Diagnostic | None:
    """`a: *.bias`, `a: ^blocks`, `name == *.bias`: a pattern without what looks at it."""
    written = _BARE.match(mistake.after)
    if written is None or not mistake.wants_operand or mistake.in_settings:
        return None
    text = written[0].strip("/")
    subject = mistake.operand(-2) if mistake.last == "COMPARE" else "name"
    if mistake.last not in ("COLON", "OR", "AND", "NOT", "COMPARE", "EQUAL") or not subject.isidentifier():
        return None
    test = f"{subject} like {text}" if text.startswith("*") else f"{subject} ~ {text}"
    return mistake.finding(
        f"`{written[0]}` is no value" if mistake.last == "COMPARE" else f"`{written[0]}` is no predicate",
        end=mistake.at + written.end(),
        help=f"write `{test}`",
    )


def _unbalanced(mistake: Mistake) -> bool:
    regex = re.split(r"\s", mistake.after, maxsplit=1)[0].replace("\\(", "").replace("\\)", "")
    return regex.count("(") > regex.count(")")
