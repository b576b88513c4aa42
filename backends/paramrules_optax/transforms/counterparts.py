"""The optimizers of optax that PyTorch has too, and where the two differ."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import optax
import optax.contrib

from paramrules_optax import pytorch
from paramrules_optax.setting_names import RENAMED


class Counterpart(NamedTuple):
    """PyTorch's optimizer of the same name, beside one of optax's.

    Attributes:
        factory: that of `paramrules_optax.pytorch`.
        unlike: by setting, what optax's does with it and PyTorch's does not. `{key}` is the name that the
            setting was given.
    """

    factory: Callable[..., Any]
    unlike: Mapping[str, str] = {}

    @property
    def called(self) -> str:
        """The factory's full name."""
        return f"paramrules_optax.pytorch.{self.factory.__name__}"


_NADAM = Counterpart(
    pytorch.nadam, {"b1": "keeps the momentum in `{key}` constant, and PyTorch lets it rise"}
)

_COUNTERPARTS: Mapping[Callable[..., Any], Counterpart] = {
    optax.adafactor: Counterpart(
        pytorch.adafactor,
        {"eps": "adds `{key}` to squared gradients, and to PyTorch it is the least root of their average"},
    ),
    optax.adagrad: Counterpart(pytorch.adagrad, {"eps": "adds `{key}` inside the root, and PyTorch outside"}),
    optax.adam: Counterpart(pytorch.adam),
    optax.adamw: Counterpart(pytorch.adamw),
    optax.radam: Counterpart(
        pytorch.radam, {"eps": "adds `{key}` after correcting the bias, and PyTorch before"}
    ),
    optax.rmsprop: Counterpart(
        pytorch.rmsprop,
        {
            "eps": "adds `{key}` inside the root, and PyTorch outside",
            "momentum": "applies the schedule before `{key}`, and PyTorch after it",
        },
    ),
    optax.sgd: Counterpart(pytorch.sgd),
    optax.contrib.muon: Counterpart(
        pytorch.muon,
        {
            "beta": "corrects the bias of the average that `{key}` is for, and PyTorch does not",
            "eps": "adds `{key}` to the norm, and to PyTorch it is the least norm",
        },
    ),
}


def counterpart_of(factory: Callable[..., Any], settings: Mapping[str, Any]) -> Counterpart | None:
    """Return the counterpart of a factory with some settings; None if it is not known.

    `optax.nadam` is `optax.adam` with `nesterov=True`.
    """
    if factory in (optax.adam, optax.adamw) and settings.get("nesterov"):
        return _NADAM
    return _COUNTERPARTS.get(factory)


def only_in_pytorch(
    factory: Callable[..., Any], bound: Mapping[str, Any], takes: Iterable[str]
) -> dict[str, str]:
    """Return a help line for each setting that PyTorch's optimizer of the same name has beyond `takes`."""
    counterpart = counterpart_of(factory, bound)
    if counterpart is None:
        return {}
    known = {*takes, *RENAMED, "learning_rate", "weight_decay"}
    has = inspect.signature(counterpart.factory).parameters
    return {key: f"`{counterpart.called}` has it" for key in has if key not in known}
