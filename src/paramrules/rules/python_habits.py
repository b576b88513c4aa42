"""The spelling of things in Python and YAML, and the spelling of this language to suggest instead."""

from paramrules.diagnostics import write
from paramrules.rules.builtin_names import TEXTS
from paramrules.syntax import nodes
from paramrules.syntax.verbs import text_test

CONSTANTS = {
    "True": "true",
    "yes": "true",
    "on": "true",
    "False": "false",
    "no": "false",
    "off": "false",
    "None": "none",
    "null": "none",
    "nil": "none",
    **dict.fromkeys(("numel", "nelement", "num_elements", "n_elements", "num_params", "n_params"), "size"),
    **dict.fromkeys(("rank", "dim", "dims", "num_dims", "n_dims"), "ndim"),
    "in_features": "fan_in",
    "out_features": "fan_out",
    "kernel_size": "layer_kernel",
    **dict.fromkeys(("groups", "feature_group_count"), "layer_groups"),
    "requires_grad": "trainable",
    "frozen": "not trainable",
    "shared": "tied",
}
"""Constants and facts under another name."""

LAYERS = {
    **dict.fromkeys(
        ("num_layers", "n_layers", "n_layer", "num_hidden_layers", "num_blocks", "n_blocks", "depth"),
        r"the number of layers is counted, as in `count(name ~ ^layers\.(?<i>\d+)\.)`",
    ),
    **dict.fromkeys(
        ("layer", "layer_id", "layer_idx", "layer_index", "layer_num", "block_id", "block_idx"),
        r"the number of a layer is captured, as in `name ~ ^layers\.(?<i>\d+)\.`, and is `i` then",
    ),
}
"""Names for the number of layers and for that of one, with the help."""


def constant(name: str) -> str:
    """Return what this language writes for a constant or a fact of another name, "" if it is none.

    >>> constant("OFF"), constant("numel")
    ('false', 'size')
    """
    words = {**CONSTANTS, "true": "true", "false": "false", "none": "none"}
    return CONSTANTS.get(name) or (words.get(name.lower(), "") if name.isupper() or name.istitle() else "")


REST = frozenset(
    {"all", "any", "anything", "default", "everything", "other", "others", "otherwise", "remaining", "rest"}
)
"""Words for the parameters that no rule takes."""

BASE = {
    "lr": "lr_scale",
    "base_lr": "lr_scale",
    "learning_rate": "lr_scale",
    "weight_decay": "weight_decay_scale",
    "base_weight_decay": "weight_decay_scale",
    "wd": "weight_decay_scale",
}
"""Arguments of the optimizer, each with the setting that multiplies it."""

_ATTRIBUTES = ("hasattr", "getattr")
_CLASSES = ("isinstance", "issubclass")
_OTHER_TESTS = {
    "class": "type({})",
    "cls": "type({})",
    "module": "within({})",
    "inside": "within({})",
    "name": "name ~ {}",
    "leaf": "leaf ~ {}",
    "role": "role == {}",
    "dtype": "dtype == {}",
}
_OF_SHAPE = {
    "len": "ndim",
    "prod": "size",
    "numel": "size",
    "nelement": "size",
    "rank": "ndim",
    "dim": "ndim",
}


def call(node: nodes.Call) -> str:
    """Return what to write instead of a call of an unknown function, or an empty string."""
    function, arguments = node.function, node.arguments
    if function in _CLASSES:
        return f"write `type({names(arguments[1:]) or '...'})`"
    if function in _ATTRIBUTES:
        of_module = names(arguments[:1]) in ("module", "owner", "layer", "m")
        return f"write `{'module_' * of_module}attr({names(arguments[:2][-1:]) or '...'})`"
    if function == "len" and (listed := names(arguments)) and listed != "shape":
        return write(rf"count(name ~ ^{listed}\.(?<i>\d+)\.)") if listed.isidentifier() else ""
    if function in _OF_SHAPE:
        return write(f"{_OF_SHAPE[function]}")
    if function in ("all", "any") and arguments:
        return f"join them by `{'and' if function == 'all' else 'or'}`"
    if function == "pow" and len(arguments) == 2:
        base, power = (_bracketed(each.span.text) for each in arguments)
        return write(f"{base} ** {power}")
    if function in _OTHER_TESTS:
        return f"write `{_OTHER_TESTS[function].format(names(arguments) or '...')}`"
    words = (each.name for each in arguments if isinstance(each, nodes.Reference))
    subject = next((word for word in words if word in TEXTS), "name" if len(arguments) == 1 else "")
    text = next(filter(None, map(_text, arguments)), "")
    test = text_test(function, subject, text) if subject and text else ""
    return write(test) if test else ""


def names(written: tuple[nodes.Expression, ...]) -> str:
    """Return the alternatives of `type` for classes listed one by one or as a tuple, or an empty string."""
    if len(written) == 1 and isinstance(written[0], nodes.Tuple):
        written = written[0].items
    found = [each.name if isinstance(each, nodes.Reference) else _text(each) for each in written]
    return "|".join(found) if all(found) else ""


def _bracketed(text: str) -> str:
    return text if text.replace(".", "").isalnum() else f"({text})"


def _text(node: nodes.Expression) -> str:
    return node.value if isinstance(node, nodes.Literal) and isinstance(node.value, str) else ""
