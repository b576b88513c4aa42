"""Convert the state that an optimizer made under one grouping for one with another."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from paramrules.backends import (
    Changed,
    Diagnostic,
    Extra,
    Missing,
    RulesError,
    SavedEntry,
    a,
    check_choice,
    regrouping,
    warn,
)
from paramrules_optax.resume.parameter_paths import ParameterPaths
from paramrules_optax.resume.shared_values import Move, shared_values
from paramrules_optax.resume.state_kinds import moment_misfit, not_arrays
from paramrules_optax.resume.state_tree import StateTree, refuse_endless


def regroup_state(
    state: Any,
    params: Any,
    optimizer: Any,
    *,
    missing: Missing = "refuse",
    extra: Extra = "refuse",
) -> Any:
    """Return a state that was made under other rules, in the structure of `optimizer.init(params)`.

    What was kept for a parameter (its moments) follows it by name. Settings are those that `optimizer` has
    now, injected ones included. Step counts follow the parameters that they were counted for, and those of
    schedules go on. Call it outside of `jax.jit`: it compares counts.

    Args:
        state: the old optimizer's state, as its `init` and `update` return it, or what a checkpoint restores
            of it without knowing its types: dicts and lists with the same keys.
        params: the parameters as they are now, as `optimizer.init` takes them.
        optimizer: the transformation of the new rules: what `build` returns, or a chain, an
            `optax.inject_hyperparams` or an `optax.MultiSteps` around it.
        missing: `"fresh"` lets parameters start without state if there is none that fits: they are new,
            their shape is another, or another optimizer takes them now.
        extra: `"drop"` leaves out state of parameters that the optimizer does not have.

    Returns:
        The state, placed like that of `optimizer.init(params)`. Arrays of parameters are those of `state`
        where dtype and placement agree.

    Raises:
        RulesError: everything that prevents it: E518 for a state that is nested too deeply or in itself;
            E620 if it is not an optimizer's; E622 if it lacks a
            parameter; E623 if it has state of a parameter that the optimizer lacks; E624 if a parameter's
            state is another optimizer's; E625 if an array has another shape, E680 if
            it is of another kind; E628 if merged groups have
            counted differently.
        TypeError: `optimizer` is not a transformation.
        ValueError: an unknown `missing` or `extra`.

    Warns:
        RulesWarning: W665 for parameters that start fresh beside others, whose step count they share.

    >>> tx = paramrules_optax.build(params, "new.rules", optax.adamw, learning_rate=1e-3)
    >>> state = paramrules_optax.regroup_state(restored["opt_state"], params, tx)
    """
    check_choice("missing", missing, "refuse", "fresh")
    check_choice("extra", extra, "refuse", "drop")
    if not hasattr(optimizer, "init"):
        raise TypeError(
            f"`optimizer` is {optimizer!r:.60} and should be a transformation, such as `build` returns"
        )
    _refuse_holder(state)
    refuse_endless(state)
    start = _initialised(optimizer, params, state)
    paths = ParameterPaths(params)
    now = StateTree(start, paths)
    before = StateTree(state, paths, now.fields)
    if before.is_parameters:
        raise _swapped()
    if wrong := not_arrays(before):
        raise RulesError(wrong)

    names = list(dict.fromkeys([*paths.names, *now.of]))  # a state may hold a tree for a parameter
    numbers = {name: number for number, name in enumerate(names)}
    saved = [name for name in before.of if before.keeps(name)]
    pairs = {name: _pairs(before, now, name) for name in before.of if name in now.of}
    plan = regrouping(
        [SavedEntry(name, numbers.get(name), True) for name in saved],
        names,
        [numbers[name] for name in names if now.keeps(name)],
        keeps=lambda _: True,
        changed=lambda _, at: _changed(before, now, saved[at], pairs[saved[at]]),
        missing=missing,
        extra=extra,
    )
    findings = plan.findings
    moves: list[Move] = []
    values: dict[int, Any] = {}
    for name, own in pairs.items():
        if numbers[name] not in plan.sources:
            own = {new: old for new, old in own.items() if now.records[new].wraps}
        moved = {
            leaf: before.leaves[at].value if (at := before.of[name][old].get(field)) is not None else None
            for new, old in own.items()
            for field, leaf in now.of[name][new].items()
        }
        wrong = [
            finding
            for leaf, value in moved.items()
            if (finding := moment_misfit(now.called(leaf), name, value, now.leaves[leaf].value))
        ]
        if missing == "refuse":
            findings += wrong
        if not wrong:
            values |= {leaf: _placed(value, now.leaves[leaf].value) for leaf, value in moved.items()}
            moves += [Move(name, new, old) for new, old in own.items()]
    shared = shared_values(before, now, moves)
    findings += shared.findings
    if findings:
        raise RulesError(findings)
    warn(shared.warnings, stacklevel=2)
    for leaf, value in shared.values.items():
        # Copied, since a state that holds one array twice cannot be donated.
        values[leaf] = jnp.array(value, now.leaves[leaf].value.dtype)
    leaves, structure = jax.tree.flatten(start)
    return jax.tree.unflatten(structure, [values.get(at, leaf) for at, leaf in enumerate(leaves)])


def _pairs(before: StateTree, now: StateTree, name: str) -> dict[int, int]:
    """Return the old record in place of each new one that holds something for a parameter."""
    left = list(before.of[name])
    pairs: dict[int, int] = {}
    for new in now.of[name]:
        kind = now.records[new].kind
        old = next((old for old in left if kind.is_like(before.records[old].kind)), None)
        if old is not None:
            pairs[new] = old
            left.remove(old)
    return pairs


def _changed(before: StateTree, now: StateTree, name: str, pairs: Mapping[int, int]) -> Changed | None:
    """Return what the old and the new optimizer keep for a parameter; None if they are the same.

    What wrappers keep, such as accumulated gradients, does not belong to an optimizer.
    """
    lost, new = before.of[name].keys() - set(pairs.values()), now.of[name].keys() - pairs.keys()
    alike = all(before.records[old].wraps for old in lost) and all(now.records[at].wraps for at in new)
    return None if alike else Changed(before.keeps(name), now.keeps(name))


def _placed(value: Any, expected: Any) -> Any:
    """Return an array in the dtype and the placement of another."""
    array = jnp.asarray(value, expected.dtype)
    return array if array.sharding == expected.sharding else jax.device_put(array, expected.sharding)


def _initialised(optimizer: Any, params: Any, state: Any) -> Any:
    """Return the optimizer's own state of the parameters.

    Raises what its `init` raises; RulesError (E620) if it accepts `state` in their place.
    """
    try:
        return optimizer.init(params)
    except RulesError as error:
        try:
            jax.eval_shape(optimizer.init, state)
        except (RulesError, TypeError):  # neither of the two is a tree of parameters
            raise error from None
        raise _swapped() from None


def _swapped() -> RulesError:
    message = "this is a tree of parameters, and not the state of an optimizer"
    return RulesError(Diagnostic("E620", message, help="pass the state first, and the parameters second"))


def _refuse_holder(state: Any) -> None:
    """Raise RulesError (E620) for a whole checkpoint, or flax's `TrainState`."""
    inside = "opt_state" in state if isinstance(state, Mapping) else hasattr(state, "opt_state")
    if inside:
        how = "['opt_state']" if isinstance(state, Mapping) else ".opt_state"
        message = f"{a(type(state).__name__)} is not the state of an optimizer"
        raise RulesError(Diagnostic("E620", message, help=f"it holds one: pass its `{how}`"))
