"""What stands behind the arrow, and the arrow itself."""

import re

from paramrules.diagnostics import Diagnostic
from paramrules.syntax.hints.mistake import Mistake

_SETTING = re.compile(r"[\s,;{]*[A-Za-z_]\w*[ \t]*=(?!=)")


def begins_setting(mistake: Mistake, skip: int = 0) -> bool:
    """Whether what does not fit looks like `key = ...`, perhaps behind a comma."""
    return bool(_SETTING.match(mistake.after, skip))


def missing_arrow(mistake: Mistake) -> Diagnostic:
    """The finding for settings that stand right behind the predicate."""
    if mistake.kinds[0] == "Label":
        help = "write `->` before the first setting"
    else:
        help = "settings stand in rules: `label: predicate -> key = value`"
    return mistake.finding("there is no `->` before the settings", help=help)


_COMMON = frozenset(
    {"lr", "lr_scale", "weight_decay", "weight_decay_scale", "wd", "eps", "betas", "momentum", "freeze"}
    | {"optimizer"}
)


def without_predicate(mistake: Mistake) -> Diagnostic | None:
    """`decay: weight_decay = 0.1`: a setting where the predicate stands."""
    key = mistake.operand(-1)
    if (
        mistake.found != "="
        or not mistake.wants_operator
        or mistake.in_settings
        or key not in _COMMON
        or mistake.kinds[0] != "Label"
    ):
        return None
    label = "rest" if mistake.operand(0) == "else" else mistake.operand(0)
    value = mistake.after[1:].split(maxsplit=1)[:1] or ["..."]
    start = mistake.text.rindex(key, 0, mistake.at)
    return mistake.finding(
        "settings stand behind `->`",
        start=start,
        help=f"write `{label}: else -> {key} = {value[0]}`, or a predicate in place of `else`",
        end=mistake.at + 1,
    )


def setting(mistake: Mistake) -> Diagnostic | None:
    """`-> lr == 1`, `-> lr: 1`, `-> lr = 1 eps = 2`, `-> betas = [0.9, 0.95]`."""
    found, last = mistake.found, mistake.last
    if not mistake.in_settings or mistake.open:
        return None
    if last == "ARROW" and (mistake.ended or found == "->"):
        return mistake.finding(
            "the settings behind `->` are missing", help="write some, or leave out the `->`: no settings"
        )
    if last in ("ARROW", "COMMA"):
        return _key(mistake)
    if last == "NAME" and mistake.expected == {"EQUAL"}:
        return _equals(mistake)
    if last == "EQUAL":
        return _value(mistake)
    if mistake.word == "not":  # where a value should stand, it is read as a name
        start = mistake.stack[-1].start_pos
        return mistake.finding(
            "a value is no predicate", start=start, end=start + 3, help="write `true` or `false`"
        )
    if found in (";", "and", "&&", "&") or (begins_setting(mistake) and found != ","):
        return mistake.finding("settings are separated by commas", help="write `,` between two settings")
    if found == "->":
        return mistake.finding("a second `->`", help="settings are separated by commas")
    if found in ("==", "!=", "<", "<=", ">", ">=", "or", "~", "in", "like"):
        return mistake.finding(
            f"a setting holds no `{found}`", help="a value is a number, a text, a tuple or arithmetic"
        )
    return None


def _key(mistake: Mistake) -> Diagnostic | None:
    found = mistake.found
    if found[:1] in ('"', "'"):
        key = found.strip("\"'")
        return mistake.finding("the key of a setting has no quotes", help=f"write `{key} = ...`")
    if found in ("{", "(", "["):
        return mistake.finding(
            "settings have no brackets around them", help="write `-> key = value, key = value`"
        )
    if mistake.last == "COMMA" and found:
        return mistake.finding(
            "behind a comma stands the next setting",
            help="write `key = value`; several values of one key are a tuple: `betas = (0.9, 0.95)`",
        )
    return mistake.finding("a setting begins with its key", help="write `key = value`") if found else None


def _equals(mistake: Mistake) -> Diagnostic:
    key, found = mistake.word, mistake.found
    if scaled := re.match(r"\*[ \t]*=[ \t]*([\w.]+)", mistake.after):
        return mistake.finding(
            "`*=` sets nothing", end=mistake.at + 2, help=f"write `{key}_scale = {scaled[1]}`"
        )
    if key == "freeze" and (mistake.ended or found == ","):
        return mistake.finding("the setting `freeze` has no value", help="write `freeze = true`")
    if found[:1].isdigit():
        return mistake.finding(f"the setting `{key}` has no `=`", help=f"write `{key} = {found}`")
    if found in (":", ":=", "=="):
        return mistake.finding(f"a setting is written with `=`, not `{found}`", help=f"write `{key} = ...`")
    if more := re.match(r"(\w+)[ \t]*=(?!=)", mistake.after):
        return mistake.finding("the key of a setting is one word", help=f"write `{key}_{more[1]} = ...`")
    if found in ("-", ".") and (more := re.match(r"[-.](\w+)", mistake.after)):
        return mistake.finding(
            f"`{found}` cannot stand in the key of a setting",
            help=f"keys are made of letters, digits and `_`: `{key}_{more[1]}`",
        )
    return mistake.finding(f"the setting `{key}` has no value", help=f"write `{key} = ...`")


def _value(mistake: Mistake) -> Diagnostic | None:
    found, key = mistake.found, str(mistake.stack[-2])
    if found == "=":
        return mistake.finding("a setting is written with one `=`", help=f"write `{key} = ...`")
    if mistake.ended or found in (",", ";", "->"):
        return mistake.finding(f"the setting `{key}` has no value", help=f"write `{key} = ...`")
    if found in ("[", "{"):
        return mistake.finding(f"a value holds no `{found}`", help="a tuple is written `(0.9, 0.95)`")
    return None
