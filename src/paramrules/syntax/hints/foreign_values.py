"""Numbers, lists and inserted names as other languages write them: `0x10`, `[1, 2]`, `${rate}`."""

import re

from paramrules.diagnostics import Diagnostic, write
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.verbs import names_test, shape_test

_INSERTED = re.compile(r"[$%@]?\{+[ \t]*([A-Za-z_]\w*)[ \t]*\}+|[$%@]\(?([A-Za-z_]\w*)\)?")
_PAIR = re.compile(
    r"[\"']?(?:type|class|cls|name|module|param|pattern)[\"']?[ \t]*[:=][ \t]*[\"']?([\w.*]+)[\"']?"
)
_COMPUTED = re.compile(r"\$\{([A-Za-z_]\w*[.:][^{}\n]*[A-Za-z_]\w*)[^{}\n]*\}")
_NUMERIC = re.compile(r"shape\[|\w*ndim|size|\w*fan_\w+|layer_kernel|layer_groups|(?:module_)?attr\(")
_LIST = re.compile(r"[\[{]([^\[\]{}\n]*)[\]}]")


def inserted(mistake: Mistake) -> Diagnostic | None:
    """`lr_scale = ${rate}`, `lr_scale = {rate}`, `a: $ndim < 2`, `lr_scale = ${oc.env:RATE}`."""
    computed = _COMPUTED.match(mistake.after)
    if computed and mistake.wants_operand and mistake.last != "LBRACE":
        name = re.findall(r"[A-Za-z_]\w*", computed[1])[-1].lower()
        return mistake.finding(
            "E129",
            f"`{computed[0]}` is not how a name is used",
            end=mistake.at + computed.end(),
            help=f"declare `option {name} = 0.1`, which the caller may set, and write `{name}`",
        )
    written = _INSERTED.match(mistake.after)
    if not written or not mistake.wants_operand or mistake.last == "LBRACE":
        return None
    name = written[1] or written[2]
    return mistake.finding(
        "E129",
        f"`{written[0]}` is not how a name is used",
        end=mistake.at + written.end(),
        help=write(name),
    )


def number(mistake: Mistake) -> Diagnostic | None:
    """`1x`, `0x10`, `1e`, `50%`."""
    rest = re.match(r"[\w.]+", mistake.after)
    if mistake.last != "NUMBER" or mistake.stack[-1].end_pos != mistake.at or rest is None:
        return None
    start, end = mistake.stack[-1].start_pos, mistake.at + rest.end()
    return mistake.finding(
        "E145",
        f"`{mistake.text[start:end]}` is not a number",
        start=start,
        end=end,
        help=_decimal(mistake, mistake.text[start:end]),
    )


def _decimal(mistake: Mistake, text: str) -> str:
    """Return the help for `0x10`, `10k`, `1e-3f`, `2d`, `3x4`."""
    subject = mistake.operand(-3) if mistake.before_last == "COMPARE" else ""
    if re.fullmatch(r"\d+(?:x\d+)+", text) and subject == "shape":
        return write(f"({text.replace('x', ', ')})")
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,15}|0[bB][01]{1,60}|0[oO][0-7]{1,20}", text):
        return f"numbers are decimal: write `{int(text, 0)}`"
    if dimensions := re.fullmatch(r"(\d)[dD]", text):
        return write(f"{dimensions[1]}") if subject else write(f"ndim == {dimensions[1]}")
    if unit := re.fullmatch(r"(\d+)([kKmMbBgG])", text):
        return write(f"{unit[1]}e{ {'k': 3, 'm': 6}.get(unit[2].lower(), 9) }")
    if suffix := re.fullmatch(r"(\d+(?:\.\d*)?(?:e-?\d+)?)[fFlLjJ]", text):
        return write(f"{suffix[1]}")
    return "numbers are decimal, as in `0.1` or `1e-4`"


def percent(mistake: Mistake) -> Diagnostic | None:
    """`lr_scale = 50%`: the sign was read as the operator."""
    written = mistake.operand(-2)
    behind = mistake.ended or mistake.found in (",", "->", ")")
    if mistake.word != "%" or not behind or not re.fullmatch(r"\d+(?:\.\d+)?", written):
        return None
    return mistake.finding(
        "E145",
        f"`{written}%` is not a number",
        start=mistake.start_of(-2),
        end=mistake.stack[-1].end_pos,
        help=write(f"{float(written) / 100:g}"),
    )


def listed(mistake: Mistake) -> Diagnostic | None:
    """`shape == [1, 2]`, `let norms = [LayerNorm, RMSNorm]`."""
    if not mistake.wants_operand or mistake.found not in ("[", "{"):
        return None
    written = _LIST.match(mistake.after)
    items = [item.strip() for item in written[1].split(",") if item.strip()] if written else []
    names = [item.strip("\"'") for item in items]
    subject = mistake.operand(-2) if mistake.last == "COMPARE" else ""
    test = (
        ""
        if subject or not all(name[:1].isalpha() or name[:1] in "*." for name in names)
        else names_test(names)
    )
    help: str
    if test:
        help = write(test)
    elif subject in ("name", "leaf", "module", "dtype", "role") and items:
        quoted = names if subject in ("dtype", "role") else [f'"{name}"' for name in names]
        operator = "not in" if mistake.word == "!=" else "in"
        help = write(f"{subject} {operator} ({', '.join(quoted)})")
    elif subject == "shape" and (tests := shape_test(mistake.after, negated=mistake.word == "!=")):
        help = write(f"{tests.removeprefix(f'shape {mistake.word} ')}") if items else write(tests)
    elif _NUMERIC.match(subject) and len(items) == 1:
        help = write(f"{items[0]}")
    elif _NUMERIC.match(subject) and items and mistake.word in ("==", "!="):
        help = write(f"{subject} {'not in' if mistake.word == '!=' else 'in'} ({', '.join(items)})")
    elif _NUMERIC.match(subject) and items:
        help = f"`{mistake.word}` compares with one number"
    elif written and (pair := _PAIR.fullmatch(written[1].strip())):
        help = write(f"{names_test([pair[1]]) or pair[1]}")
    elif items and all(re.fullmatch(r"-?[\d.e*-]+|None|_|-1", item) for item in items):
        extents = ["*" if item in ("None", "_", "-1") else item for item in items]
        help = write(f"({', '.join(extents)}{',' if len(items) == 1 else ''})")
    elif written and re.search(r"[<>~(]|[=!]=", written[1]):
        help = write(f"({written[1].strip()})")
    else:
        help = "a list is written in round brackets, as in `(1, 2)`"
    return mistake.finding("E137", f"a list is not written with `{mistake.found}`", help=help)
