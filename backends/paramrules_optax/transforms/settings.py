"""Settings under the names that optax's factories have for them."""

from collections.abc import Iterator, Mapping
from typing import Any

from paramrules.assignment import Assignment, Group
from paramrules.assignment.origin import setting
from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean
from paramrules_optax.transforms.optimizers import Optimizer

SAID = ("freeze", "optimizer", "lr", "lr_scale", "weight_decay", "weight_decay_scale")
"""The keys that are no settings of an optimizer."""

_ELSEWHERE = {
    "alpha": "decay",
    "beta1": "b1",
    "beta2": "b2",
    "momentum": "beta",
    "ns_coefficients": "ns_coeffs",
}
"""Settings of PyTorch's optimizers, and what optax's call them."""

_BETAS = ("b1", "b2", "b3")


def own_settings(
    assignment: Assignment, group: Group, optimizer: Optimizer
) -> tuple[dict[str, Any], list[Diagnostic]]:
    """A group's settings by the optimizer's own names, and those that it does not know (E611)."""
    own: dict[str, Any] = {}
    wrong = []
    for key, value in group.settings.items():
        if key in SAID:
            continue
        names = _renamed(optimizer, key, value)
        if names is not None and not any(name in own for name, _ in names):
            own.update(names)
            continue
        written = setting(assignment, group, key)
        if names is None:
            message = f"`{optimizer.called}` knows no setting `{key}`, which the group `{group.label}` has"
            help = _instead([optimizer], key)
        else:
            message = f"the group `{group.label}` has `{names[0][0]}` twice, here as `{key}`"
            help = "write it once, under the name that you prefer"
        wrong.append(Diagnostic("E611", message, written.key_span, help=help))
    return own, wrong


def arguments(settings: Mapping[str, Any], optimizers: Mapping[str, Optimizer]) -> dict[str, dict[str, Any]]:
    """For each optimizer what it is given, by its own names: what is bound comes first.

    Raises RulesError: E612 for an argument that no optimizer takes, or a bound one that its own does not.
    """
    found: dict[str, dict[str, Any]] = {}
    wrong = [
        _lost(key, list(optimizers.values()))
        for key, value in settings.items()
        if all(_renamed(optimizer, key, value) is None for optimizer in optimizers.values())
    ]
    for name, optimizer in optimizers.items():
        found[name] = {}
        bound = {
            key: value
            for key, value in optimizer.bound.items()
            if key != "learning_rate" and key != optimizer.decay
        }
        for key, value in (*settings.items(), *bound.items()):
            names = _renamed(optimizer, key, value)
            if names is not None:
                found[name].update(names)
            elif key in bound:
                wrong.append(_lost(key, [optimizer]))
    if wrong:
        raise RulesError(wrong)
    return found


def no_decay(optimizers: list[Optimizer]) -> Diagnostic:
    """What is said of a base weight decay that means nothing to any of the optimizers (E612)."""
    return _lost("weight_decay", optimizers)


def _lost(key: str, optimizers: list[Optimizer]) -> Diagnostic:
    called = [f"`{optimizer.called}`" for optimizer in optimizers]
    who = f"{called[0]} takes no" if len(called) == 1 else f"neither {' nor '.join(called)} takes an"
    if key in ("mask", "weight_decay_mask"):
        help = "the rules say which parameters decay: `weight_decay = 0`"
    elif key == "weight_decay":
        help = 'leave it out, or let it decay beside the step, with `decay="unscaled"`'
    else:
        help = _instead(optimizers, key)
    return Diagnostic("E612", f"{who} argument `{key}`", help=help)


def _renamed(optimizer: Optimizer, key: str, value: Any) -> list[tuple[str, Any]] | None:
    """A setting by the optimizer's own names, None where it knows none like it."""
    if key in optimizer.takes:
        return [(key, value)]
    if key == "betas" and isinstance(value, tuple | list):
        names = _betas(optimizer)
        return list(zip(names, value, strict=True)) if len(names) == len(value) else None
    if _ELSEWHERE.get(key) in optimizer.takes:
        return [(_ELSEWHERE[key], value)]
    return [(key, value)] if optimizer.takes_any else None


def _betas(optimizer: Optimizer) -> list[str]:
    return [name for name in _BETAS if name in optimizer.takes]


def _instead(optimizers: list[Optimizer], key: str) -> str:
    betas = _betas(optimizers[0])
    if key == "betas" and len(betas) > 1:
        return f"it takes {len(betas)}, which it calls {' and '.join(f'`{name}`' for name in betas)}"
    known = list(dict.fromkeys(name for optimizer in optimizers for name in _known(optimizer)))
    who = "it knows" if len(optimizers) == 1 else "they know"
    return did_you_mean(key, known) or f"{who} {', '.join(f'`{name}`' for name in known)}"


def _known(optimizer: Optimizer) -> Iterator[str]:
    """All names that `_renamed` knows."""
    yield from optimizer.takes
    if len(_betas(optimizer)) > 1:
        yield "betas"
    yield from (key for key, other in _ELSEWHERE.items() if other in optimizer.takes)
