"""What stands between the brackets of `type(...)`, `within(...)`, `variable(...)` and `attr(...)`."""

import re

from paramrules.diagnostics import Diagnostic
from paramrules.syntax.hints.mistake import Mistake

_SEVERAL = re.compile(r"[A-Za-z_]\w*(?:[ \t]*[|,][ \t]*[A-Za-z_]\w*)+(?=[ \t]*(?:$|->|#|\n))")
_LOOSE = re.compile(r"[ \t]+(?:(?:is|of|isa)[ \t]+)?([\w.*?]+)")


def member(mistake: Mistake) -> Diagnostic | None:
    """`type("LayerNorm")`, `type(LayerNorm, RMSNorm)`, `type()`, `type LayerNorm`."""
    kinds, found = mistake.kinds, mistake.found
    if mistake.last == "NAME" and mistake.word in ("type", "within", "variable", "attr"):
        loose = _LOOSE.match(mistake.text, mistake.at - 1)
        if loose and mistake.wants_operator and loose[1] not in ("and", "or", "not", "in", "like"):
            function = mistake.word
            return mistake.finding(
                f"`{function}` needs brackets",
                help=f"write `{function}({loose[1]})`",
                start=mistake.at - 1 - len(function),
                end=loose.end(),
            )
        return None
    written = _SEVERAL.match(mistake.text, max(mistake.text.rfind(mistake.operand(-1), 0, mistake.at), 0))
    if (
        mistake.found in ("|", ",")
        and mistake.last in ("NAME", "Reference")
        and not mistake.in_settings
        and written
    ):
        names = "|".join(re.findall(r"\w+", written[0]))
        test = f"type({names})" if names[0].isupper() else f"name ~ {names}"
        return mistake.finding(
            f"`{mistake.found}` does not join two predicates",
            help=f"write `{test}`",
        )
    if "MEMBER" not in kinds or kinds[-1] not in ("LPAR", "ALTERNATIVE", "VBAR", "list"):
        return None
    function = str(mistake.stack[len(kinds) - 1 - kinds[::-1].index("MEMBER")])
    what = "attribute" if function == "attr" else "class"
    if found[:1] in ('"', "'"):
        name = found.strip("\"'")
        return mistake.finding(f"the name of {_a(what)} has no quotes", help=f"write `{function}({name})`")
    if found in (",", "or", "||", ";") and mistake.last != "LPAR":
        return mistake.finding(
            f"names in `{function}` are separated by `|`", help=f"write `{function}(A|B)` for A or B"
        )
    if found == ")":
        example = "lr_scale" if function == "attr" else "LayerNorm"
        return mistake.finding(f"`{function}` names no {what} here", help=f"write `{function}({example})`")
    return None


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
