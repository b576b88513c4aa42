"""Axes, `let`, `option`, `include` and `edition` statements that are not written as they should be."""

import re

from paramrules.diagnostics import Diagnostic, write
from paramrules.syntax.hints.delimiters import unclosed
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.hints.statement_starts import plain_name


def definition(mistake: Mistake) -> Diagnostic | None:
    """A statement of one of these kinds."""
    known = {
        "LSQB": _axis,
        "LET": _let_or_option,
        "OPTION": _let_or_option,
        "INCLUDE": _include,
        "EDITION": _edition,
    }.get(mistake.kinds[0] if mistake.kinds else "")
    return known(mistake) if known else None


def _axis(mistake: Mistake) -> Diagnostic | None:
    """`[]`, `[no-decay]`, `["lr"]`, `[lr] stem: ...`."""
    inside = re.match(r"\[+([^\]\n]*)\]+", mistake.text)
    if mistake.last == "RSQB":
        axis = f"[{mistake.operand(1)}]"
        if mistake.found in (":", "]"):
            help = write(axis)
            return mistake.finding("E146", f"an axis has no `{mistake.found}` behind it", help=help)
        return mistake.finding(
            "E146",
            "an axis stands on a line of its own",
            help="write what follows on the next line, in column 0",
        )
    if inside is None:
        name = plain_name(mistake.text.partition("\n")[0][1:])
        return mistake.finding("E136", "`[` is not closed", start=0, end=1, help=write(f"[{name}]"))
    name = inside[1].strip("[ ")
    if not name:
        return mistake.finding(
            "E146",
            "the axis has no name",
            start=0,
            end=inside.end(),
            help="name what the rules below set, as in `[decay]`",
        )
    good = plain_name(re.sub(r"^(?:axis|table|tool\.\w+)[ .:]+", "", name))
    if mistake.found == "[":
        return mistake.finding(
            "E146",
            "an axis has one pair of brackets",
            start=0,
            end=inside.end(),
            help=write(f"[{good}]"),
        )
    start = inside[0].index(name)
    return mistake.finding(
        "E128",
        f"`{name}` is not the name of an axis",
        start=start,
        end=start + len(name),
        help=f"names consist of letters, digits and `_`: write `[{good}]`",
    )


def _let_or_option(mistake: Mistake) -> Diagnostic | None:
    """`let x: y`, `let x`, `let a-b = 1`, `option x = y`."""
    kinds, found, keyword = mistake.kinds, mistake.found, str(mistake.stack[0])
    if len(kinds) == 1:
        if mistake.ended or found == "=":
            return mistake.finding(
                "E146",
                f"the `{keyword}` has no name",
                help=f"it is written `{keyword} rate = 0.5`",
            )
        return _name(mistake, mistake.at)
    name = str(mistake.stack[1])
    if len(kinds) == 2:
        return _before_equals(mistake, keyword, name)
    if kinds[-1] == "EQUAL" and len(kinds) == 3:
        if mistake.ended:
            return _no_value(mistake, keyword, name)
        if found == "=":
            help = mistake.rewritten("", mistake.at, mistake.at + 1, "delete the second one")
            return mistake.finding("E146", f"`{keyword}` is followed by one `=`", help=help)
    return _default(mistake, name) if keyword == "option" else None


def _name(mistake: Mistake, start: int) -> Diagnostic:
    written = re.match(r"[^\s=:]+", mistake.text[start:])
    shown = written[0] if written else mistake.found
    good = plain_name(shown)
    return mistake.finding(
        "E128",
        f"`{shown}` is not a name",
        start=start,
        end=start + len(shown),
        help="names consist of letters, digits and `_`, and do not begin with a digit"
        + (f": write `{good}`" if len(good) > 1 else ""),
    )


def _no_value(mistake: Mistake, keyword: str, name: str) -> Diagnostic:
    return mistake.finding(
        "E130", f"`{name}` has no value", help=f"write it behind the `=`, as in `{keyword} {name} = 0.5`"
    )


def _before_equals(mistake: Mistake, keyword: str, name: str) -> Diagnostic:
    found, at = mistake.found, mistake.at
    if mistake.ended:
        return _no_value(mistake, keyword, name)
    if found in (":", ":=", "=="):
        typed = re.match(r":[ \t]*(?:float|int|str|bool)[ \t]*=(?!=)", mistake.after)
        end = at + (typed.end() if typed else len(found))
        article = "an" if keyword == "option" else "a"
        help = mistake.rewritten(
            " =" if mistake.text[at - 1] != " " else "=", at, end, f"write `{keyword} {name} =` and its value"
        )
        return mistake.finding("E146", f"{article} `{keyword}` is written with `=`, not `{found}`", help=help)
    if found == "(":
        return mistake.finding(
            "E146",
            f"`{keyword}` takes no arguments",
            help=f"it names one predicate or number, as in `{keyword} {name} = 0.5`",
        )
    if found == ",":
        help = f"write a `{keyword}` for each name" if keyword == "let" else "write an `option` for each name"
        return mistake.finding("E146", f"`{keyword}` defines one name", help=help)
    if found in ("-", "."):
        return _name(mistake, mistake.start_of(1))
    return mistake.finding(
        "E146",
        f"a `=` is missing behind `{name}`",
        help=mistake.rewritten("= ", at, at, f"it is written `{keyword} {name} = 0.5`"),
    )


def _default(mistake: Mistake, name: str) -> Diagnostic | None:
    found = mistake.found
    what = "a default is a number, a quoted string, `true`, `false` or `none`"
    if mistake.last != "EQUAL":
        return mistake.finding(
            "E146", "the default of an option is not computed", help=f"{what}; compute in a `let` below it"
        )
    if found[:1].isalpha():
        constant = {"True": "true", "False": "false", "None": "none", "yes": "true", "no": "false"}
        if found in constant:
            return mistake.finding("E146", f"a default cannot be `{found}`", help=write(f"{constant[found]}"))
        return mistake.finding(
            "E138", f"a default cannot be `{found}`", help=f'{what}: write `option {name} = "{found}"`'
        )
    return unclosed(mistake) or mistake.finding("E146", "a default is one value", help=what)


def _include(mistake: Mistake) -> Diagnostic | None:
    """`include norms.rules`, `include timm`."""
    if len(mistake.kinds) > 1:
        return _behind_include(mistake)
    word = re.match(r"<?[\w./\\-]+", mistake.after)
    if word is None:
        if mistake.ended:
            return mistake.finding("E146", "the include names no file", help=write('include "norms.rules"'))
        written = re.match(r"[(=:][ \t]*([\"'][^\"'\n]*[\"']|<\w+>)", mistake.after)
        if written:
            return mistake.finding(
                "E146", f"an include has no `{mistake.found}`", help=write(f"include {written[1]}")
            )
        return unclosed(mistake)
    name = word[0].removeprefix("<")
    if name != word[0]:
        name = name.removesuffix(".rules")
        if ".rules>" in mistake.after:
            return mistake.finding(
                "E146",
                "the name of a shipped file has no `.rules`",
                end=len(mistake.text),
                help=write(f"include <{name}>"),
            )
        return mistake.finding("E136", "`<` is not closed", help=write(f"include <{name}>"))
    if name.endswith(".rules") or "/" in name:
        help: str = write(f'include "{name}"')
    else:
        help = (
            f'write `include "{name}.rules"` for a file beside this one, `include <{name}>` for a shipped one'
        )
    return mistake.finding(
        "E138", "the file of an include needs quotes", end=mistake.at + word.end(), help=help
    )


def _behind_include(mistake: Mistake) -> Diagnostic:
    """`include "a.rules", "b.rules"`, `include <timm> as t`."""
    if mistake.found == ";":
        return mistake.finding("E124", "a statement does not end in `;`", help="delete it")
    second = re.match(r"[, \t]*(\"[^\"\n]*\"|<\w+>)$", mistake.after)
    help = f"write `include {second[1]}` on a line of its own" if second else "delete what follows the file"
    return mistake.finding("E146", "an include names one file", help=help, end=len(mistake.text))


def _edition(mistake: Mistake) -> Diagnostic | None:
    """`edition`, `edition = 1`, `edition "1"`."""
    return mistake.finding("E146", "an edition is a number", help=write("edition 1"))
