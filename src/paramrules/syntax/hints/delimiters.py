"""Quotes and brackets that do not match, and characters that only look like the right ones."""

import re

from paramrules.diagnostics import Diagnostic, helping, write
from paramrules.syntax.hints.mistake import Mistake

_STRING = re.compile(r""""(?:\\.|[^"\\\n])*+"|'(?:\\.|[^'\\\n])*+'""")
_OPENS = {")": "(", "]": "[", "}": "{"}
_TYPOGRAPHY = {
    "\u201c": '"',
    "\u201d": '"',
    "`": '"',
    "\u2018": "'",
    "\u2019": "'",
    "\u00a0": " ",
    "\u3000": " ",
    "\u2013": "-",
    "\u2014": "-",
    "\u2212": "-",
    "\uff1a": ":",
    "\uff08": "(",
    "\uff09": ")",
    "\uff0c": ",",
    "\uff1d": "=",
}


def unclosed(mistake: Mistake) -> Diagnostic | None:
    """`name == "a.b`."""
    quote = mistake.after[:1]
    if mistake.ended or quote not in ('"', "'") or _STRING.match(mistake.after):
        return None
    line = mistake.after.partition("\n")[0].rstrip()
    if len(line) > 1 and line.endswith(f"\\{quote}"):
        help = f"a backslash keeps the {quote} behind it from closing the string"
    else:
        help = _closed(mistake, line, quote)
    end = mistake.at + len(line)
    return mistake.finding("E109", "the string is not closed", label="it starts here", help=help, end=end)


def _closed(mistake: Mistake, line: str, quote: str) -> str:
    """Return the help for a string that goes on to the end of a line; it ends before white space."""
    text = re.match(r"\S+", line)
    assert text
    rest = line[text.end() :].lstrip()
    is_word = not re.search(r"[\s(),]", text[0]) and re.match(r"$|->|and\b|or\b", rest) is not None
    at = mistake.place(mistake.at + text.end(), mistake.at + text.end())
    return helping(f"write {quote} at its end, on the same line", quote, safe=is_word, at=at)


def prefix(mistake: Mistake) -> Diagnostic | None:
    r"""`name ~ r"\d"`, as in Python."""
    if mistake.found[:1] not in ('"', "'") or mistake.word.lower() not in ("r", "f", "b", "u", "rb", "br"):
        return None
    if mistake.stack[-1].end_pos != mistake.at:
        return None
    inserted = re.fullmatch(r"[\"']\{[ \t]*([A-Za-z_]\w*)[ \t]*\}[\"']", mistake.found)
    return mistake.finding(
        "E139",
        f"a string has no prefix `{mistake.word}`",
        help=write(f"{inserted[1]}") if inserted else f"every string is raw: write `{mistake.found}`",
        start=mistake.at - len(mistake.word),
        end=mistake.at + len(mistake.found),
    )


def swallowed(mistake: Mistake) -> Diagnostic | None:
    """`("gamma, "pos")`: a string without its closing quote goes on to the beginning of the next."""
    strings = list(_STRING.finditer(mistake.text, 0, mistake.at))
    if not strings or strings[-1].end() != mistake.at or not mistake.found[:1].isidentifier():
        return None
    quote, text = strings[-1][0][0], strings[-1][0][1:-1].rstrip()
    if not text.endswith(","):
        return None
    return mistake.finding(
        "E109",
        "the string is not closed where it should be",
        label="it goes on to here",
        help=f"write {quote} before the comma: {quote}{text[:-1]}{quote}",
        start=strings[-1].start(),
        end=mistake.at,
    )


def typography(mistake: Mistake) -> Diagnostic | None:
    """Quotes, dashes and spaces that a word processor put in place of plain ones."""
    plain = _TYPOGRAPHY.get(mistake.found)
    if not plain:
        return None
    what = {" ": "space", '"': "quote", "'": "quote"}.get(plain, f"`{plain}`")
    help = helping(f"write a plain {what}", plain, safe=True)
    if plain in ('"', "'") and (text := re.match(r"[^\s\"']*?[\u201d\u2019`\"']", mistake.after[1:])):
        end = mistake.at + 1 + text.end()
        help = helping(help, f"{plain}{text[0][:-1]}{plain}", safe=True, at=mistake.place(mistake.at, end))
    return mistake.finding("E122", f"U+{ord(mistake.found):04X} is not a plain {what}", help=help)


def closing(mistake: Mistake) -> Diagnostic | None:
    """`a or b)`, `(a or b]`."""
    found = mistake.found
    if found not in _OPENS:
        return _index(mistake)
    if not mistake.open:
        return mistake.finding(
            "E136",
            f"`{found}` closes nothing",
            help=f"delete it, or write `{_OPENS[found]}` where the brackets begin",
        )
    bracket = str(mistake.open[-1])
    if bracket != _OPENS[found]:
        right = next(closes for closes, opens in _OPENS.items() if opens == bracket)
        return mistake.finding("E136", f"`{bracket}` is closed by `{found}`", help=write(right, safe=True))
    return None


def _index(mistake: Mistake) -> Diagnostic | None:
    """`shape[0 == 1`."""
    if mistake.found not in ("==", "!=", "<", "<=", ">", ">=", "and", "or", "->") or mistake.wants_operand:
        return None
    if not mistake.open or mistake.open[-1] != "[":
        return None
    start = mistake.open[-1].start_pos
    inside = mistake.text[start:].partition(mistake.found)[0].rstrip()
    name = re.search(r"\w*$", mistake.text[:start])
    assert name
    return mistake.finding(
        "E136", "`[` is not closed", start=start, end=start + 1, help=write(f"{name[0]}{inside}]")
    )


def opening(mistake: Mistake) -> Diagnostic | None:
    """`(a or b`, `(a -> lr = 1`."""
    if not mistake.open or not ((mistake.ended and not mistake.wants_operand) or mistake.found == "->"):
        return None
    bracket = mistake.open[-1]
    start = bracket.start_pos
    closes = next(closes for closes, opens in _OPENS.items() if opens == bracket)
    if mistake.ended:
        where, text = "", f"write `{closes}`; lines that continue the statement are indented"
    else:
        where, text = " before `->`", f"write `{closes}` before the arrow"
    end = len(mistake.text[: mistake.at].rstrip())
    help = helping(text, closes, at=mistake.place(end, end))
    return mistake.finding("E136", f"`{bracket}` is not closed{where}", start=start, end=start + 1, help=help)
