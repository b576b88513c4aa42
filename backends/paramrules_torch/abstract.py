"""Models without memory for their parameters."""

from collections.abc import Callable
from typing import cast

import torch
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.nn.parameter import UninitializedParameter
from torch.utils.weak import WeakIdKeyDictionary


def build_abstract(make: Callable[[], object]) -> object:
    """Return what `make()` returns, on the meta device: shapes and dtypes without memory or initialisation.

    A model that reads values while it is built, such as `torch.linspace(0, rate, depth)[3].item()`, cannot be
    built there. It is built again on the CPU, and each parameter is released as soon as its module has it.
    One that reads its parameters' own values, as `torch.nn.utils.parametrizations.orthogonal` does, is then
    built as it is.
    """
    for build in (_on_meta, _releasing):
        try:
            return build(make)
        except (RuntimeError, TypeError) as error:  # NotImplementedError among them
            if "meta" not in str(error):
                raise
    return make()


def _on_meta(make: Callable[[], object]) -> object:
    with torch.device("meta"):
        return make()


def _releasing(make: Callable[[], object]) -> object:
    """Return what `make()` returns on the CPU, with each parameter replaced by one on the meta device."""
    made = WeakIdKeyDictionary()

    def without_memory(_: nn.Module, __: str, parameter: nn.Parameter | None) -> nn.Parameter | None:
        """Return the parameter on the meta device, the same one each time; None leaves it as it is."""
        if parameter is None or parameter.is_meta or isinstance(parameter, UninitializedParameter):
            return None
        if parameter not in made:
            made[parameter] = _like(parameter)
        return cast(nn.Parameter, made[parameter])

    hook = register_module_parameter_registration_hook(without_memory)  # type: ignore[arg-type]  # see its docs
    try:
        return make()
    finally:
        hook.remove()


def _like(parameter: nn.Parameter) -> nn.Parameter:
    """Return a parameter of this class, shape and dtype, with these attributes and without values."""
    empty = torch.Tensor._make_subclass(
        type(parameter), parameter.detach().to("meta"), parameter.requires_grad
    )
    vars(empty).update(vars(parameter))
    return empty
