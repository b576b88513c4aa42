"""The flax models of transformers: objects that keep a linen module and its parameters beside each other."""

from typing import Any

from paramrules.backends import Diagnostic, RulesError, a, class_name
from paramrules_optax.libraries.loaded import loaded


def is_model(value: Any) -> bool:
    """Return whether a value is one, such as a `FlaxBertModel`."""
    return isinstance(value, loaded("transformers.modeling_flax_utils", "FlaxPreTrainedModel"))


def refuse_model(value: Any) -> None:
    """Refuse one, which is neither a module nor a tree. Raises RulesError (E519)."""
    if is_model(value):
        cls = type(value)
        raise RulesError(
            Diagnostic(
                "E519",
                f"{a(class_name(cls))} is neither a linen module nor a tree of parameters",
                help="pass its `.params`, and its module for the types, as in `labels(model.params, rules, "
                "model=paramrules.inventory(model.module, inputs=input_ids))`",
                cli_help="name a function that returns `model.module`, and give its `--input int32[1,128]`",
            )
        )
