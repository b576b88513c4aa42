"""The settings behind the arrow, and the arrow itself."""

import re

from paramrules.diagnostics import Diagnostic, helping, write
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.hints.statement_starts import SETTINGS

_SETTING = re.compile(r"[\s,;{]*[A-Za-z_]\w*[ \t]*=(?!=)")
_VALUE = re.compile(
    r"[ \t]*([\[({][^\[\](){}\n]*[\])}]|[^,;\n{}#\s](?:[^,;\n{}#]*?[^,;\n{}#\s])??)[ \t]*[}]?(?=[,;\n#]|$)"
)
_LIST = re.compile(r"[\[{]([^\[\]{}\n]*)[\]}]")
_FREEZES = frozenset({"freeze", "frozen", "skip"})
_NOTHING = frozenset({"pass", "none", "None", "null", "nothing", "default"})
FUNCTIONS = frozenset({"sqrt", "log", "exp", "abs", "floor", "ceil"})
"""Functions of one number."""

_CONSTANTS = {"True": "true", "False": "false", "None": "none", "yes": "true", "no": "false"}


def begins_setting(mistake: Mistake, skip: int = 0) -> bool:
    """Return whether what does not fit looks like `key = ...`, perhaps behind a comma."""
    return bool(_SETTING.match(mistake.after, skip))


def missing_arrow(mistake: Mistake) -> Diagnostic:
    """Return the finding for settings right behind the predicate."""
    if mistake.kinds[0] == "Label":
        help: str = helping(
            "write `->` before the first setting", "-> ", safe=True, at=mistake.place(mistake.at, mistake.at)
        )
        if mistake.found == ",":
            help = helping("write `->` in place of the comma", " ->", safe=True)
    else:
        help = "settings belong to rules: `label: predicate -> key = value`"
    return mistake.finding("E143", "there is no `->` before the settings", help=help)


def without_predicate(mistake: Mistake) -> Diagnostic | None:
    """`decay: weight_decay = 0.1`: a setting in place of the predicate."""
    key = mistake.operand(-1)
    if (
        mistake.found != "="
        or not mistake.wants_operator
        or mistake.in_settings
        or key not in SETTINGS
        or mistake.kinds[0] != "Label"
    ):
        return None
    label = "rest" if mistake.operand(0) == "else" else mistake.operand(0)
    value = mistake.after[1:].split(maxsplit=1)[:1] or ["0.1"]
    return mistake.finding(
        "E143",
        "settings follow `->`",
        start=mistake.start_of(-1),
        help=f"write `{label}: else -> {key} = {value[0]}`, or a predicate in place of `else`",
        end=mistake.at + 1,
    )


def setting(mistake: Mistake) -> Diagnostic | None:
    """`-> lr == 1`, `-> lr: 1`, `-> lr = 1 eps = 2`, `-> betas = [0.9, 0.95]`."""
    found, last = mistake.found, mistake.last
    if not mistake.in_settings:
        return None
    if mistake.open:
        return _in_brackets(mistake)
    if last == "ARROW" and (mistake.ended or found == "->"):
        return mistake.finding(
            "E142", "there are no settings behind `->`", help="write some, or delete the `->`"
        )
    if last in ("ARROW", "COMMA"):
        return _key(mistake)
    if last == "NAME" and mistake.expected == {"EQUAL"}:
        return _equals(mistake)
    if last == "EQUAL":
        return _value(mistake)
    if mistake.word == "not":  # in place of a value it is read as a name
        start = mistake.stack[-1].start_pos
        return mistake.finding(
            "E142",
            "a value is not a predicate",
            start=start,
            end=start + 3,
            help="write `true` or `false`; a rule of its own tells which parameters get it",
        )
    return _behind_value(mistake)


def _in_brackets(mistake: Mistake) -> Diagnostic | None:
    """`betas = (0.9 0.95)`, `optimizer = AdamW(lr=1e-3)`."""
    if mistake.last in ("Literal", "NUMBER") and mistake.found[:1].isdigit():
        return mistake.finding(
            "E137", "the values of a tuple are separated by commas", help="write `,` before it"
        )
    call = re.search(r"(\w+)[ \t]*=[ \t]*([\w.]+)\(([^()\n]*)\)", mistake.text)
    if mistake.found != "=":
        return None
    if not call or mistake.at > call.end():
        help = "a value is a number, a quoted string, a tuple or arithmetic"
        return mistake.finding("E142", "there is no `=` in the value of a setting", help=help)
    name, pairs = call[2].rpartition(".")[2], _pairs(call[3])
    return mistake.finding(
        "E142",
        "a setting is not a call",
        help=write(f'{call[1]} = "{name}", {pairs}'),
        start=call.start(2),
        end=call.end(),
    )


def _behind_value(mistake: Mistake) -> Diagnostic | None:
    found = mistake.found
    if found == ";" and not mistake.after[1:].strip():
        return mistake.finding("E124", "a statement does not end in `;`", help="delete it")
    if found in (";", "and", "&&", "&") or (begins_setting(mistake) and found != ","):
        return mistake.finding("E142", "settings are separated by commas", help="write `,` between the two")
    if mistake.last in ("NAME", "Reference") and mistake.operand(-1) in FUNCTIONS and found[:1].isalnum():
        help = write(f"{mistake.operand(-1)}({found})")
        return mistake.finding("E131", "the argument of a function stands in brackets", help=help)
    if found == "->":
        return mistake.finding("E143", "there is a second `->`", help="write `,` between two settings")
    if found in ("==", "!=", "<", "<=", ">", ">=", "or", "~", "in", "like"):
        return mistake.finding(
            "E142",
            f"there is no `{found}` in the value of a setting",
            help="a value is a number, a quoted string, a tuple or arithmetic",
        )
    return None


def _key(mistake: Mistake) -> Diagnostic | None:
    found = mistake.found
    if found[:1] in ('"', "'"):
        return mistake.finding(
            "E139", "the key of a setting takes no quotes", help=write(found[1:-1], safe=True)
        )
    if found in ("{", "(", "["):
        inside = re.match(r"[{(\[][ \t]*([^{}()\[\]\n]+?)[ \t,;]*[})\]]", mistake.after)
        shown = _pairs(inside[1]) if inside else ""
        return mistake.finding(
            "E142",
            "settings have no brackets around them",
            help=write(shown) if shown else "they are written as in `lr = 0.1, eps = 1e-8`",
        )
    if found == ",":
        return mistake.finding("E142", "there is no setting before the comma", help="delete the comma")
    if mistake.last == "COMMA":
        return _behind_comma(mistake)
    return mistake.finding("E142", "a setting begins with its key", help="it is written `lr_scale = 0.1`")


def _pairs(text: str) -> str:
    """Return `key = value` for each pair of a dictionary or of keyword arguments."""
    pairs = re.findall(r"[\"']?(\w+)[\"']?[ \t]*[:=][ \t]*([^,;]+)", text)
    return ", ".join(f"{key} = {_CONSTANTS.get(value.strip(), value.strip())}" for key, value in pairs)


def _behind_comma(mistake: Mistake) -> Diagnostic:
    settings = mistake.stack[-2] if isinstance(mistake.stack[-2], list) else []
    more = re.match(r"[\w.+-]+(?:[ \t]*,[ \t]*[\w.+-]+)*(?![ \t]*=|\w)", mistake.after)
    if settings and more:
        last = settings[-1]
        thousands = re.match(r"\d{3}(?!\d)", mistake.after)
        if thousands and re.fullmatch(r"\d{1,3}", last.value.span.text):
            written = f"{last.value.span.text}{thousands[0]}"
            return mistake.finding("E145", "a number has no commas", help=write(f"{last.key} = {written}"))
        help = f"several values are a tuple: write `{last.key} = ({last.value.span.text}, {more[0]})`"
        return mistake.finding("E137", "a tuple needs brackets", help=help)
    return mistake.finding("E142", "a setting follows the comma", help="it is written `key = value`")


def _equals(mistake: Mistake) -> Diagnostic:
    key, found, after = mistake.word, mistake.found, mistake.after
    if scaled := re.match(r"([*/+-])[ \t]*=[ \t]*([\w.]+)", after):
        sign, value = scaled.groups()
        new = {"*": f"{key}_scale = {value}", "/": f"{key}_scale = 1 / {value}"}.get(sign, f"{key} = {value}")
        return mistake.finding("E142", f"`{sign}=` is not an operator", end=mistake.at + 2, help=write(new))
    if mistake.ended or found == ",":
        if key in _FREEZES:
            word = mistake.place(mistake.start_of(-1), mistake.start_of(-1) + len(key))
            help: str = write(f"{'skip' if key == 'skip' else 'freeze'} = true", safe=True).over(word)
        elif key in _NOTHING:
            help = "a rule without settings has no `->`: delete both"
        else:
            help = f"it is written as in `{key} = 0.1`"
        return mistake.finding("E142", f"the setting `{key}` has no value", help=help)
    if more := re.match(r"(\w+)[ \t]*=(?!=)", after):
        good = more[1] if key in ("set", "let") else f"{key}_{more[1]}"
        start = mistake.stack[-1].start_pos
        end = mistake.at + len(more[1])
        return mistake.finding(
            "E128", "the key of a setting is one word", start=start, end=end, help=write(good)
        )
    if found in ("-", ".") and (more := re.match(r"((?:[-.]\w+)+)", after)):
        good = f"{key}{re.sub('[-.]', '_', more[1])}"
        return mistake.finding(
            "E128",
            f"`{found}` cannot stand in the key of a setting",
            help=helping(
                f"keys consist of letters, digits and `_`: write `{good}`",
                good,
                safe=True,
                at=mistake.place(mistake.start_of(-1), mistake.at + len(more[1])),
            ),
        )
    if found == "(":
        inside = re.match(r"\([ \t]*([^()\n]+?)[ \t]*\)", after)
        help = write(f"{key} = {inside[1]}") if inside else f"it is written as in `{key} = 0.1`"
        if inside and "=" in inside[1]:
            help = write(f"{_pairs(inside[1])}")
        return mistake.finding("E142", "a setting is not a call", help=help)
    wrong = found if found in (":", ":=", "==", "=>") else ""
    value = _VALUE.match(after, len(wrong))
    written = _CONSTANTS.get(value[1], value[1]) if value else ""
    if written[:1] in ("[", "{"):
        written = f"({written[1:-1]})" if len(written) > 1 else ""
    help = write(f"{key} = {written}") if written else f"it is written as in `{key} = 0.1`"
    if written:
        sign = mistake.place(mistake.at, mistake.at + len(wrong))
        equals = "=" if mistake.text[mistake.at - 1].isspace() else " ="
        help = helping(help, equals if wrong else "= ", safe=True, at=sign)
    if wrong:
        return mistake.finding("E142", f"a setting is written with `=`, not `{found}`", help=help)
    if written and found not in (";", "->"):
        return mistake.finding("E142", f"the setting `{key}` has no `=`", help=help)
    return mistake.finding(
        "E142", f"the setting `{key}` has no value", help=f"it is written as in `{key} = 0.1`"
    )


def _value(mistake: Mistake) -> Diagnostic | None:
    found, key = mistake.found, str(mistake.stack[-2])
    if found in ("=", ">"):
        value = _VALUE.match(mistake.after, 1)
        help = f"it is written as in `{key} = 0.1`"
        if value:
            help = helping(f"write `{key} = {value[1]}`", "", safe=True)
        return mistake.finding("E142", "a setting is written with one `=`", help=help)
    if mistake.ended or found in (",", ";", "->"):
        return mistake.finding(
            "E142", f"the setting `{key}` has no value", help=f"it is written as in `{key} = 0.1`"
        )
    if found == "{" and re.match(r"\{+[ \t]*[A-Za-z_]\w*[ \t]*\}+", mistake.after):
        return None
    if found in ("[", "{"):
        items = _LIST.match(mistake.after)
        listed = items[1].strip(" ,") if items else ""
        comma = "" if "," in listed else ","
        return mistake.finding(
            "E137",
            f"a list is not written with `{found}`",
            help=write(f"({listed}{comma})")
            if listed and ":" not in listed
            else "a tuple is written as in `(0.9, 0.95)`",
        )
    return None
