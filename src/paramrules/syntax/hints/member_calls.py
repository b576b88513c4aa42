"""Malformed `type(...)`, `attr(...)` and `count(...)`, and names of classes without `type`."""

import re

from paramrules.diagnostics import Diagnostic, write
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.language import ATTRIBUTES, MEMBERS

_SEVERAL = re.compile(r"[A-Za-z_]\w*(?:[ \t]*[|,][ \t]*[A-Za-z_]\w*)+(?=[ \t]*(?:$|->|#|\n|\)|or\b|and\b))")
_LOOSE = re.compile(r"[ \t]+(?:(?:is|of|isa)[ \t]+)?([\w.*?]+)")
_NAMES = re.compile(r"[\w.*?]+")


def member(mistake: Mistake) -> Diagnostic | None:
    """`type("LayerNorm")`, `type(LayerNorm, RMSNorm)`, `type()`, `type LayerNorm`."""
    kinds, found = mistake.kinds, mistake.found
    if mistake.last == "NAME" and mistake.word in MEMBERS:
        return _loose(mistake)
    if found in ("|", ",") and mistake.last in ("NAME", "Reference") and not mistake.in_settings:
        return _joined(mistake)
    if "MEMBER" not in kinds or kinds[-1] not in ("LPAR", "ALTERNATIVE", "VBAR", "list"):
        return None
    place = len(kinds) - 1 - kinds[::-1].index("MEMBER")
    function, start = str(mistake.stack[place]), mistake.stack[place].start_pos
    what = "an attribute" if function in ATTRIBUTES else "a class"
    call = mistake.text[start:].partition(")")[0].partition("\n")[0]
    names = [word for word in _NAMES.findall(call[len(function) :]) if word not in ("or", "and")]
    help = write(f"{function}({'|'.join(names)})")
    if found[:1] in ('"', "'"):
        return mistake.finding("E139", f"the name of {what} takes no quotes", help=help)
    if found in (",", "or", "||", ";", "and", "+", "&") and mistake.last != "LPAR":
        return mistake.finding("E144", f"names in `{function}` are separated by `|`", help=help)
    if found == ")":
        example = (
            "lr_mult"
            if function == "module_attr"
            else "_no_weight_decay"
            if function == "attr"
            else "LayerNorm"
        )
        if names:
            return mistake.finding("E144", f"`|` stands between two names of `{function}`", help=help)
        return mistake.finding(
            "E144", f"`{function}` needs the name of {what}", help=f"it is written `{function}({example})`"
        )
    if mistake.last in ("ALTERNATIVE", "list") and found.isidentifier():
        return mistake.finding("E144", f"names in `{function}` are separated by `|`", help=help)
    if found == "!" and names:
        help = write(f"not {function}({'|'.join(names)})")
        return mistake.finding("E144", f"`not` stands before `{function}`", help=help)
    if found == "~" and names:
        help = write(f"{function}({'|'.join(f'*{name}*' for name in names)})")
        return mistake.finding("E144", f"a part of a name is found by wildcards in `{function}`", help=help)
    if found in ("[", "{", "(") and names:
        return mistake.finding("E144", f"names in `{function}` are not a list", help=help)
    return None


def _loose(mistake: Mistake) -> Diagnostic | None:
    function, loose = mistake.word, _LOOSE.match(mistake.text, mistake.at - 1)
    if not loose or not mistake.wants_operator or loose[1] in ("and", "or", "not", "in", "like"):
        return _compared(mistake, function)
    return mistake.finding(
        "E144",
        f"`{function}` needs brackets",
        help=write(f"{function}({loose[1]})"),
        start=mistake.at - 1 - len(function),
        end=loose.end(),
    )


def _compared(mistake: Mistake, function: str) -> Diagnostic | None:
    """`type = LayerNorm`."""
    written = re.match(r"=+[ \t]*[\"']?([\w.]+)", mistake.after)
    if not written or function in ATTRIBUTES:
        return None
    return mistake.finding(
        "E144",
        f"`{function}` is not compared",
        help=write(f"{function}({written[1].rpartition('.')[2]})"),
        end=mistake.at + written.end(),
        start=mistake.stack[-1].start_pos,
    )


def _joined(mistake: Mistake) -> Diagnostic | None:
    """`LayerNorm, RMSNorm`, `bias|norm`."""
    start = mistake.start_of(-1)
    written = _SEVERAL.match(mistake.text, start)
    if not written or mistake.operand(-1) in ("trainable", "tied"):
        return None
    names = re.findall(r"\w+", written[0])
    test = f"type({'|'.join(names)})" if names[0][0].isupper() else f"name ~ {'|'.join(names)}"
    return mistake.finding("E141", f"`{mistake.found}` does not join two predicates", help=write(test))


def counted(mistake: Mistake) -> Diagnostic | None:
    r"""`count(blocks\.(\d+))`."""
    for place in () if mistake.ended else mistake.calls():
        function = mistake.stack[place]
        if function in ("count", "index"):
            return _counted(mistake, str(function), mistake.stack[place + 1].start_pos)
    return None


def _counted(mistake: Mistake, function: str, bracket: int) -> Diagnostic:
    depth, end = 0, bracket
    for end in range(bracket, len(mistake.text)):
        depth += {"(": 1, ")": -1}.get(mistake.text[end], 0)
        if mistake.text[end] == "\n" or not depth:
            break
    regex = mistake.text[bracket + 1 : end].strip().removeprefix("~").strip()
    if depth or "(" not in regex or re.search(r"[\s\"'#]", regex):
        word = re.match(r"\w+", regex)
        regex = rf"^{word[0] if word else 'blocks'}\.(\d+)"
    return mistake.finding(
        "E141",
        f"`{function}` takes a match",
        help=write(f"{function}(name ~ {regex})"),
        start=bracket + 1,
        end=end,
    )
