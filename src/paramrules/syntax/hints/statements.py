"""How statements begin, and those that are no rules: axes, lets, options, includes, editions."""

import re

from paramrules.diagnostics import Diagnostic
from paramrules.syntax.hints.heads import statement_word
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.hints.quotes import unclosed

_COMMENTS = ("//", "/*", "--", ";", "%")
_CONFLICT = re.compile(r"<{7}|={7}|>{7}|\|{7}")
_HOLE_FIRST = re.compile(r"(\{[^{}:\n]*\}[\w{}]*)[ \t]*\??[ \t]*:")
_NAME_RULE = "names are made of letters, digits and `_`, and do not begin with a digit"


def statement(mistake: Mistake) -> Diagnostic | None:
    """The first of these hints that knows the mistake."""
    if not mistake.stack:
        return _start(mistake)
    finding = statement_word(mistake)
    if finding:
        return finding
    known = {
        "LSQB": _axis,
        "LET": _definition,
        "OPTION": _definition,
        "INCLUDE": _include,
        "EDITION": _edition,
    }.get(mistake.kinds[0])
    return known(mistake) if known else None


def _start(mistake: Mistake) -> Diagnostic | None:
    found = mistake.found
    if _CONFLICT.match(mistake.text):
        return mistake.finding("a merge conflict is not resolved", end=7, help="keep one of its two sides")
    if found == ":":
        return mistake.finding("the rule has no label", help="write one before the `:`")
    if found in ("->", ")", "]", "}", ",", "|", "~", "==", "<=", "+"):
        return mistake.finding(
            f"`{found}` begins no statement", help="indent the line, so that it continues the one above"
        )
    if found[:1] in ('"', "'"):
        return mistake.finding(
            "a label has no quotes"
            if re.match(r"\??[ \t]*:", mistake.after[len(found) :])
            else "a text begins no statement",
            help=f"labels are made of letters, digits and `_`, without quotes: `{_name(found)}`",
        )
    if found[:1].isdigit():
        return mistake.finding(f"`{found}` begins no statement", help=_NAME_RULE)
    label = _HOLE_FIRST.match(mistake.text)
    if label:
        return mistake.finding(
            "a label begins with a letter", end=label.end(1), help=f"write `group_{label[1]}`"
        )
    sign = next((sign for sign in _COMMENTS if mistake.text.startswith(sign)), None)
    if sign:
        return mistake.finding(
            f"`{sign}` begins no statement", end=len(sign), help="a comment begins with `#`"
        )
    return None


def _axis(mistake: Mistake) -> Diagnostic | None:
    """`[]`, `[no-decay]`, `["lr"]`, `[lr] stem: ...`."""
    inside = re.match(r"\[([^\]\n]*)\]", mistake.text)
    if mistake.last == "RSQB":
        if mistake.found == ":":
            return mistake.finding("an axis has no `:`", help=f"write `{inside[0] if inside else '[lr]'}`")
        return mistake.finding(
            "an axis stands on a line of its own", help="write what follows on the next line, in column 0"
        )
    if inside is None:
        return mistake.finding("`[` is not closed", start=0, end=1, help="an axis is written `[name]`")
    name = inside[1].strip()
    if not name:
        return mistake.finding("the axis has no name", start=0, end=inside.end(), help="write `[name]`")
    return mistake.finding(
        f"`{name}` is no name for an axis",
        start=inside[0].index(name),
        end=inside[0].index(name) + len(name),
        help=f"names are made of letters, digits and `_`: `[{_name(re.sub(r'^axis[ .:]+', '', name))}]`",
    )


def _definition(mistake: Mistake) -> Diagnostic | None:
    """`let x: y`, `let x`, `let a-b = 1`, `option x = y`."""
    kinds, found, keyword = mistake.kinds, mistake.found, str(mistake.stack[0])
    if len(kinds) == 1:
        if mistake.ended or found == "=":
            return mistake.finding(f"the `{keyword}` has no name", help=f"write `{keyword} name = ...`")
        return mistake.finding(f"`{found}` is no name", help=_NAME_RULE)
    name = str(mistake.stack[1])
    if len(kinds) == 2:
        return _before_equals(mistake, keyword, name)
    if kinds[-1] == "EQUAL" and len(kinds) == 3:
        if mistake.ended:
            return mistake.finding(f"`{name}` has no value", help=f"write `{keyword} {name} = ...`")
        if found == "=":
            return mistake.finding(
                f"a `{keyword}` is written with one `=`", help=f"write `{keyword} {name} = ...`"
            )
        if keyword == "option":
            return _default(mistake, found)
    if keyword == "option":
        return mistake.finding(
            "a default is one number or text, without arithmetic", help="compute it in a `let`"
        )
    return None


def _default(mistake: Mistake, found: str) -> Diagnostic | None:
    if found[:1].isalpha():
        return mistake.finding(
            f"a default cannot be `{found}`",
            help=f'it is a number, a text in quotes (`"{found}"`), `true`, `false` or `none`',
        )
    finding = unclosed(mistake)
    return finding or mistake.finding(
        "a default is one value", help="it is a number, a text in quotes, `true`, `false` or `none`"
    )


def _before_equals(mistake: Mistake, keyword: str, name: str) -> Diagnostic:
    found = mistake.found
    if mistake.ended:
        return mistake.finding(f"`{name}` has no value", help=f"write `{keyword} {name} = ...`")
    if found in (":", ":=", "=="):
        return mistake.finding(
            f"a `{keyword}` is written with `=`, not `{found}`", help=f"write `{keyword} {name} = ...`"
        )
    if found == "(":
        return mistake.finding(f"a `{keyword}` takes no arguments", help=f"write `{keyword} {name} = ...`")
    if found in ("-", "."):
        return mistake.finding(f"`{found}` cannot stand in a name", help=_NAME_RULE)
    return mistake.finding(f"a `=` is missing behind `{name}`", help=f"write `{keyword} {name} = ...`")


def _include(mistake: Mistake) -> Diagnostic | None:
    """`include norms.rules`, `include timm`."""
    if len(mistake.kinds) > 1:
        return mistake.finding("an include names one file", help="write an `include` for each file")
    word = re.match(r"<?[\w./\\-]+", mistake.after)
    if word is None:
        if not mistake.ended:
            return unclosed(mistake)
        return mistake.finding("the include names no file", help='write `include "norms.rules"`')
    name = word[0].removeprefix("<")
    if name != word[0]:
        return mistake.finding("`<` is not closed", help=f"write `include <{name}>`")
    if name.endswith(".rules") or "/" in name:
        help = f'write `include "{name}"`'
    else:
        help = (
            f'write `include "{name}.rules"` for a file beside this one, `include <{name}>` for a shipped one'
        )
    return mistake.finding("the file of an include stands in quotes", end=mistake.at + word.end(), help=help)


def _edition(mistake: Mistake) -> Diagnostic | None:
    """`edition`, `edition = 1`, `edition "1"`."""
    return mistake.finding("an edition is a number", help="write `edition 1`")


def _name(text: str) -> str:
    """What a user may have meant by a name with other characters in it."""
    good = re.sub(r"\W+", "_", text.strip("\"'[] ")).strip("_")
    return good if re.match(r"[A-Za-z_]", good) else f"x{good}"
