"""Settings: each key once in a rule, spelled as an optimizer spells it, with a value of the right type."""

import re

from paramrules.diagnostics import Place, helping, meant, write
from paramrules.rules import python_habits
from paramrules.rules.builtin_names import a
from paramrules.rules.foreign_keys import FOREIGN_KEYS, written_here
from paramrules.rules.keys import KEYS, RESERVED, near_key
from paramrules.rules.model import Setting
from paramrules.rules.scope import Scope, Typed, broken, described
from paramrules.rules.terms import Constant, TupleValue, Value
from paramrules.rules.value_expressions import DEFINE, in_digits, kind, value
from paramrules.syntax import nodes


def settings(written: tuple[nodes.Setting, ...] | None, scope: Scope) -> tuple[Setting, ...] | None:
    """Return the settings of one rule; None if it has no arrow. Report what is wrong with them."""
    if written is None:
        return None
    found: dict[str, Setting] = {}
    for node in written:
        word = _word(node, scope)
        typed = broken(node.value.span) if word else value(node.value, scope, _ONE_VALUE, _unquoted(node))
        if word:
            fits = ("none" if word == "none" else "boolean") in KEYS[node.key]
            help = write(f"{node.key} = {word}") if fits else _mend(node.key, word, KEYS[node.key][0])
            scope.report("E301", f"`{node.value.span.text}` is not defined", node.value.span, help=help)
        if node.key in found:
            scope.report(
                "E313",
                f"`{node.key}` is set twice in one rule",
                node.key_span,
                help="remove one of the two",
                also=(Place(found[node.key].key_span, "it is set first here"),),
            )
            continue
        _check_key(node, typed, scope)
        found[node.key] = Setting(node.span, node.key, node.key_span, typed.term)
    return tuple(found.values())


_ONE_VALUE = "a setting has one value for the whole label: write a rule for each case"


def _unquoted(node: nodes.Setting) -> str:
    """Return the help for an undefined name, which may be meant as a string."""
    return write(f'{node.key} = "{node.value.span.text}"') if "string" in KEYS.get(node.key, ()) else DEFINE


def _word(node: nodes.Setting, scope: Scope) -> str:
    """Return the constant that a word of another language stands for, if no definition has its name."""
    name = node.value.name if isinstance(node.value, nodes.Reference) else ""
    if not KEYS.get(node.key) or name in scope.captures or scope.lookup(name) or name in scope.names.own:
        return ""
    word = python_habits.constant(name)
    return word if word in ("true", "false", "none") else ""


def _check_key(node: nodes.Setting, typed: Typed, scope: Scope) -> None:
    instead = written_here(node.key, node.value.span.one_line)
    near = helping(f"did you mean `{instead}`?", instead, at=node.span) if instead else ""
    if node.key in RESERVED:
        message = f"`{node.key}` is not a setting: a group keeps its own {RESERVED[node.key]} there"
        scope.report("E317", message, node.key_span, help=near or "choose another name")
    elif instead:
        tools = FOREIGN_KEYS[node.key.lower()].tools
        own = " if the optimizer has a setting of this name, write `# allow: W327 -- why` above"
        scope.report(
            "W327",
            f"`{node.key}` is a name that other tools use" + (f" ({tools})" if tools else ""),
            node.key_span,
            "goes to the optimizer as it stands",
            help=near + own if node.key in KEYS else near,
        )
    elif node.key in KEYS:
        _check_type(node, typed, scope)
    elif near := _near(node.key, scope):
        scope.report(
            "W316",
            f"no known optimizer has a setting `{node.key}`",
            node.key_span,
            help=meant(node.key, near),
        )


def _near(key: str, scope: Scope) -> str:
    """Return the known key nearest to an unknown one, or "" if none is near or there are too many of them."""
    far = scope.findings.far
    if key in far or len(far) == 100:  # a search takes half a millisecond
        return ""
    near = near_key(key)
    if not near:
        far.add(key)
    return near


def _check_type(node: nodes.Setting, typed: Typed, scope: Scope) -> None:
    allowed = KEYS[node.key]
    term, type = typed
    if not allowed or type == "any":
        return
    if type not in allowed:
        scope.report(
            "E317",
            f"`{node.key}` is {' or '.join(map(a, allowed))}, and {described(node.value.span, type)}",
            node.value.span,
            help=in_digits(term) or _mend(node.key, _text(term, type), allowed[0]),
        )
    elif isinstance(term, TupleValue):
        for item in term.items:
            if isinstance(item, Constant) and kind(item.value) != "number":
                message = f"`{node.key}` is a tuple of numbers, and {described(item.span, kind(item.value))}"
                scope.report("E317", message, item.span)


def _text(term: Value, type: str) -> str:
    """Return a constant as it is written, without quotes; "" for what only a model tells."""
    if not isinstance(term, Constant):
        return ""
    return type if type == "none" else str(term.value).lower() if type == "boolean" else str(term.value)


def _mend(key: str, written: str, wanted: str) -> str:
    """Return the help for a value of the wrong type, `wanted` being the first type that the key may have."""
    if written == "none":
        return f"leave `{key}` out to use the optimizer's own value"
    if wanted == "boolean":
        return write(f"{key} = {'false' if written.lower() in _FALSE else 'true'}")
    if written == "false" and key in ("lr", "lr_scale"):
        return "write `freeze = true` for what is not trained"
    if written == "false" and key in _MAY_BE_OFF:
        return write(f"{key} = 0")
    if wanted == "number" and (name := _INSERTED.fullmatch(written)):
        return write(f"{key} = {name[1]}")
    return write(f"{key} = {_EXAMPLES.get(key, _EXAMPLES[wanted])}")


_MAY_BE_OFF = ("weight_decay", "weight_decay_scale", "momentum", "dampening")
_FALSE = ("0", "0.0", "false", "no", "off", "n", "f")
_INSERTED = re.compile(r"(?:[$%@][{(]*|\{+)([A-Za-z_]\w*)[)}]*s?")
_EXAMPLES = {
    "eps": "1e-8",
    "schedule": '"late"',
    "weight_decay_schedule": '"cosine"',
    "number": "0.1",
    "tuple": "(0.9, 0.999)",
    "string": '"adamw"',
}
