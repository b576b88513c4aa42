"""Regexes and globs without the quotes that they need, or without the name that they are matched with."""

import re

from paramrules.diagnostics import Diagnostic, write
from paramrules.syntax.hints.foreign_operators import OPERATORS
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.hints.setting_syntax import begins_setting

_BARE = re.compile(r"/[^\s/]+/|(?:\*[.\w]|\.\*|\^|\.\w)[\w.*?^$\\|+-]*(?=\s|$|\))")
"""A glob that begins with `*`, or a text that begins no expression and is meant as a regex."""


def pattern(mistake: Mistake) -> Diagnostic | None:
    """`name ~ layer norm`, `name ~ (foo`, `name like [ab]*`, `name ~ -> lr = 1`."""
    what = {"MATCH": "regex", "BARE_REGEX": "regex", "LIKE": "glob", "BARE_GLOB": "glob"}.get(mistake.last)
    if what is None:
        return None
    if mistake.last in ("MATCH", "LIKE"):
        return _operand(mistake, what)
    token = mistake.stack[-1]
    more = re.match(r"[,|][ \t]*([\w.*?]+)(?![\w.]*[ \t]*[=(~])", mistake.after)
    if more:
        help = write(f"{mistake.operand(-3)} {mistake.operand(-2)} {token}|{more[1]}")
        if what == "glob":
            help = write(f"{mistake.operand(-3)} like {token} or {mistake.operand(-3)} like {more[1]}")
        several = "regexes" if what == "regex" else "globs"
        return mistake.finding("E137", f"{several} are not a list", help=help)
    if token.endswith(",") and mistake.found[:1].isalpha():
        help = write(f"{mistake.operand(-3)} {mistake.operand(-2)} {token[:-1]}|{mistake.found}")
        return mistake.finding("E137", "regexes are not a list", help=help)
    if token.startswith("=") or token in ("~", "*", "~*"):
        operator = mistake.stack[-2]
        sign = token if token[0] != "=" else "="
        return mistake.finding(
            "E132",
            f"`{operator}{sign}` is not an operator",
            start=operator.start_pos,
            end=token.start_pos + len(sign),
            help=write(operator),
        )
    if (
        mistake.ended
        or mistake.found in OPERATORS
        or begins_setting(mistake)
        or mistake.found in (")", "]", "}", ",", ";")
    ):
        return None
    if mistake.found == "(" and token.end_pos == mistake.at and _unbalanced(mistake):
        return mistake.finding(
            "E140", "`(` is not closed", help="close it, write `\\(` for the text itself, or quote the regex"
        )
    if token.end_pos == mistake.at:
        written = re.match(r"\S+", mistake.text[token.start_pos :])
        assert written
        whole = written[0].replace('"', "").replace("'", "")
        return mistake.finding(
            "E140",
            f"a {what} without quotes ends before `{mistake.found[0]}`",
            start=token.start_pos,
            end=token.end_pos,
            label="it ends here",
            help=f'quote the whole {what}: write `"{whole}"`',
        )
    if mistake.found[0].isalnum() or mistake.found[0] in "^\\.*":
        return mistake.finding(
            "E140",
            f"a {what} without quotes ends at white space",
            start=token.start_pos,
            end=token.end_pos,
            label="it ends here",
            help=f"quote a {what} with white space; otherwise write `and` or `or` between the two",
        )
    return None


def _operand(mistake: Mistake, what: str) -> Diagnostic:
    subject, operator = mistake.operand(-2), mistake.word
    if mistake.ended or mistake.after.startswith(("->", ")")):
        example = f"{subject} {operator} {'bias' if what == 'regex' else '*.bias'}"
        return mistake.finding(
            "E130", f"the {what} behind `{operator}` is missing", help=f"it is written as in `{example}`"
        )
    if what == "regex":
        return mistake.finding(
            "E140",
            "the brackets of the regex do not match, or nest more than four deep",
            help="close them, write a bracket that is meant as such `\\(`, or quote the regex",
        )
    glob = re.match(r"\(([\w.*?]+)\)|\S+", mistake.after)
    assert glob
    if glob[1]:
        help = write(f"{subject} like {glob[1]}")
        return mistake.finding(
            "E140", "a glob has no brackets around it", end=mistake.at + glob.end(), help=help
        )
    return mistake.finding(
        "E140", f"a glob with `{mistake.found}` needs quotes", help=write(f'{subject} like "{glob[0]}"')
    )


def bare(mistake: Mistake) -> Diagnostic | None:
    """`a: *.bias`, `a: ^blocks`, `name == *.bias`: a pattern without what it is matched with."""
    written = _BARE.match(mistake.after)
    if written is None or not mistake.wants_operand or mistake.in_settings:
        return None
    text = written[0].strip("/")
    subject = mistake.operand(-2) if mistake.last == "COMPARE" else "name"
    if (
        mistake.last not in ("COLON", "OR", "AND", "NOT", "COMPARE", "EQUAL", "LPAR")
        or not subject.isidentifier()
    ):
        return None
    if re.fullmatch(r"\.[*+]", text) and mistake.last == "COLON":
        help = f"write `{mistake.operand(0)}: else` for whatever the rules above leave"
        return mistake.finding(
            "E141", f"`{text}` is not a predicate", end=mistake.at + written.end(), help=help
        )
    if re.fullmatch(r"\.[\w.]+", text):
        text = text.replace(".", "\\.")
    like, match = ("not like", "!~") if mistake.word == "!=" else ("like", "~")
    test = f"{subject} {like if text.startswith('*') else match} {text}"
    return mistake.finding(
        "E141",
        f"`{written[0]}` is not a {'value' if mistake.last == 'COMPARE' else 'predicate'}",
        end=mistake.at + written.end(),
        help=write(test),
    )


def wildcard(mistake: Mistake) -> Diagnostic | None:
    """`name == bias*`."""
    if mistake.word != "*" or mistake.kinds[-3:-1] != ("COMPARE", "Reference"):
        return None
    subject, text = mistake.operand(-4), mistake.operand(-2)
    start = mistake.stack[-1].start_pos
    like = "not like" if mistake.operand(-3) == "!=" else "like"
    return mistake.finding(
        "E141",
        "`*` is not a wildcard here",
        start=start,
        end=start + 1,
        help=write(f"{subject} {like} {text}*")
        if subject in ("name", "leaf", "module")
        else f"a wildcard stands in a glob, as in `name like {text}*`",
    )


def _unbalanced(mistake: Mistake) -> bool:
    regex = re.split(r"\s", mistake.after, maxsplit=1)[0].replace("\\(", "").replace("\\)", "")
    return regex.count("(") > regex.count(")")
