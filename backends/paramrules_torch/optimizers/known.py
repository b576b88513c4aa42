"""What the optimizers know: a setting or an argument that is lost on them is a mistake."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from torch.optim import Optimizer

from paramrules.assignment import Assignment, Group
from paramrules.assignment.origin import setting
from paramrules.diagnostics import Diagnostic, did_you_mean
from paramrules_torch.optimizers.factories import Factory

_OURS = frozenset({"lr_scale", "optimizer"})
"""Settings that are not for the optimizer itself: for its schedulers, and for `build`."""

ELSEWHERE = {
    "b1": "betas",
    "b2": "betas",
    "beta1": "betas",
    "beta2": "betas",
    "beta": "momentum",
    "decay": "alpha",
    "ns_coeffs": "ns_coefficients",
}
"""What other libraries call a setting of torch's optimizers."""


def unknown(
    assignment: Assignment, factory: Factory, made: Optimizer, groups: Sequence[Group]
) -> Iterator[Diagnostic]:
    """The settings of these groups that their optimizer does not know, each where it is written once.

    An optimizer knows what stands among its defaults. Groups lose a weight decay of zero that it does not
    know, since it does not decay anyway.
    """
    told = set()
    for held, group in zip(made.param_groups, groups, strict=True):
        for key, value in group.settings.items():
            if key in made.defaults or key in _OURS or key in ("freeze", "weight_decay_scale"):
                continue
            if key == "weight_decay" and value == 0:
                held.pop("weight_decay", None)
                continue
            span = setting(assignment, group, key).key_span
            if (key, span) in told:
                continue
            told.add((key, span))
            yield Diagnostic(
                "E611",
                f"`{factory.called}` knows no setting `{key}`, which the group `{group.label}` has",
                span,
                help=_instead(key, made.defaults),
            )


def drop_unknown_bases(made: Optimizer, groups: Sequence[Group]) -> None:
    """Takes the base rates that an optimizer does not know out of its groups."""
    for base in ("lr", "weight_decay"):
        if base in made.defaults:
            continue
        for held, group in zip(made.param_groups, groups, strict=True):
            if base not in group.settings:
                held.pop(base, None)


def lost(
    bases: Mapping[str, float | None], arguments: Iterable[str], factories: Mapping[str, Factory]
) -> Iterator[Diagnostic]:
    """The arguments that no optimizer takes. Base rates go into groups, unless all bind their own."""
    for name, rate in bases.items():
        if rate is not None and all(name in factory.bound for factory in factories.values()):
            yield nobody_takes(name, factories)
    for name in arguments:
        if not any(factory.takes(name) for factory in factories.values()):
            yield nobody_takes(name, factories)


def nobody_takes(argument: str, factories: Mapping[str, Factory]) -> Diagnostic:
    """An argument that has no effect."""
    if any(argument in factory.bound for factory in factories.values()):
        help = "it is bound by `functools.partial` already: take it out there or here"
    else:
        known = {name: None for factory in factories.values() for name in factory.arguments}
        help = _instead(argument, known)
    called = [f"`{factory.called}`" for factory in factories.values()]
    who = f"{called[0]} takes" if len(called) == 1 else f"neither {' nor '.join(called)} takes"
    no = "no" if len(called) == 1 else "an"
    return Diagnostic("E612", f"{who} {no} argument `{argument}`", help=help)


def one_group_only(factory: Factory, groups: Sequence[Group]) -> Diagnostic:
    """What L-BFGS is told, which takes no groups."""
    labels = ", ".join(f"`{group.label}`" for group in groups[:3])
    more = f" and {len(groups) - 3} more" if len(groups) > 3 else ""
    return Diagnostic(
        "E613",
        f"`{factory.called}` takes one group only, and these are {len(groups)}: {labels}{more}",
        help="give it all parameters with one label, as in `all: else`",
    )


def _instead(key: str, known: Iterable[str]) -> str:
    known = list(known)
    if ELSEWHERE.get(key) in known:
        return f"did you mean `{ELSEWHERE[key]}`?"
    listed = ", ".join(f"`{name}`" for name in known)
    return did_you_mean(key, known) or (f"it knows {listed}" if listed else "")
