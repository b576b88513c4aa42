"""Parameters without a module: a mapping of names to tensors, as Gaussian splatting keeps them.

Mappings may be nested, and names are the keys joined with dots. Such parameters have no owners, so rules
about types and roles are errors, while those about names, shapes and the tensors' own attributes work.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from paramrules.backends import (
    UNKNOWN_OWNER,
    Diagnostic,
    Owner,
    RulesError,
    a,
    class_name,
    listed,
    other_framework,
)

Parameters = nn.Module | Mapping[str, Any]
"""A module, or parameters by name."""

UNKNOWN = dict.fromkeys(
    ("type", "within", "role", "fan_in", "fan_out", "module_attr"),
    "parameters by name do not know their modules: pass the model itself, or test `name`, `shape` or `ndim`",
)
"""The facts that depend on a parameter's module, each with what makes it known."""


class NamedTensors:
    """The entries of a mapping of tensors, with the attributes of a `Walk`.

    Raises RulesError: E502 for two entries of one name, E546 for one that is not a tensor.
    """

    renamed = False

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self.model = nn.Module()  # a mapping has no modules, and this one has no parameters
        found: dict[str, Tensor] = {}
        for name, value in leaves(parameters):
            if not isinstance(value, Tensor):
                raise RulesError(_not_a_tensor(name, value))
            if name in found:
                message = f"two parameters are called `{name}`"
                raise RulesError(Diagnostic("E502", message, help="rename one of the keys"))
            found[name] = value
        self.names: list[str] = list(found)
        self.tensors: list[Tensor] = list(found.values())
        self.owners: list[Owner] = [UNKNOWN_OWNER] * len(found)
        self.raw = self.names
        self.leaves = [name[name.rfind(".") + 1 :] for name in found]
        self.flattened: set[int] = set()
        self.sharded: set[int] = set()
        self.deciders: list[tuple[str, nn.Module]] = []


def leaves(parameters: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield everything in a mapping, and in mappings inside it, but None, by its keys joined with dots."""
    for key, value in parameters.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{key}.")
        elif value is not None:
            yield f"{prefix}{key}", value


def check_trainable(names: Sequence[str], tensors: Sequence[Tensor], trainable: Sequence[bool]) -> None:
    """Refuse tensors in a mapping that no optimizer can train.

    Raises RulesError: E547 if none requires a gradient, E548 for those computed from other tensors.
    """
    computed = [name for name, tensor in zip(names, tensors, strict=False) if not tensor.is_leaf]
    if computed:
        verb = "is" if len(computed) == 1 else "are"
        raise RulesError(
            Diagnostic(
                "E548",
                f"{listed(computed, 3)} {verb} computed from other tensors, which no optimizer trains",
                help="make the parameter last: `nn.Parameter(tensor.to(device))`, "
                "not `nn.Parameter(tensor).to(device)`",
            )
        )
    if tensors and not any(trainable):
        raise RulesError(
            Diagnostic(
                "E547",
                f"none of these {len(tensors)} tensors requires a gradient",
                help="a `state_dict()` holds detached tensors: pass the model, or "
                "`dict(model.named_parameters())`; call `requires_grad_()` on tensors of your own",
            )
        )


def _not_a_tensor(name: str, value: object) -> Diagnostic:
    if isinstance(value, nn.Module):
        help = "put modules and parameters into one module, such as `nn.ModuleDict` or a class of your own"
    else:
        alone = "pass parameters alone, by name: `dict(model.named_parameters())`"
        help = other_framework(value, "torch") or alone
    return Diagnostic("E546", f"`{name}` is {a(class_name(type(value)))}, not a tensor", help=help)
