"""Muon, which makes the momentum of a matrix orthogonal."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from optax.contrib import MuonDimensionNumbers

from paramrules_optax.pytorch.factories import Slots, factory_of_stages
from paramrules_optax.transforms.arrays import Matrix
from paramrules_optax.trees.fit import fitted

_Dimensions = Any
"""`MuonDimensionNumbers`, a tree of them, or a function from the tree of updates to one; None for (0, 1)."""


@factory_of_stages(learning_rate=1e-3, weight_decay=0.1)
def muon(
    slots: Slots,
    *,
    beta: Any = 0.95,
    nesterov: bool = True,
    ns_coeffs: Sequence[float] = (3.4445, -4.7750, 2.0315),
    eps: Any = 1e-7,
    ns_steps: Any = 5,
    adjust_lr_fn: str | None = None,
    muon_weight_dimension_numbers: _Dimensions = None,
    ns_dtype: Any = "bfloat16",
) -> list[optax.GradientTransformation]:
    """Return PyTorch's Muon: an orthogonal matrix near the momentum, and decay beside the step as in AdamW.

    `optax.contrib.muon` corrects the bias of the momentum, and iterates in the type of the gradient.

    Args:
        learning_rate, lr: a number or a schedule; 1e-3 by default.
        weight_decay: 0.1 by default.
        beta, momentum: the factor of the running average of gradients.
        nesterov: look one step ahead along the average.
        ns_coeffs, ns_coefficients: the three coefficients of the Newton-Schulz iteration.
        eps: the smallest norm to divide by.
        ns_steps: the number of iterations.
        adjust_lr_fn: `"original"`, also if None, scales by `sqrt(max(1, out / in))`; `"match_rms_adamw"` by
            `0.2 * sqrt(max(out, in))`.
        muon_weight_dimension_numbers: which axes a layer contracts and which it produces, as for
            `optax.contrib.muon`. By default a matrix is (in, out), as flax stores it; PyTorch's is (out, in).
            Other axes hold several matrices.
        ns_dtype: the type in which to iterate, PyTorch's by default; None for that of the gradient.

    Raises:
        ValueError: other than three coefficients, or another `adjust_lr_fn`; from `init`, an array that is
            not a matrix, without dimension numbers.

    References:
        Jordan et al., Muon, 2024, https://kellerjordan.github.io/posts/muon/
        Liu et al., Muon is Scalable for LLM Training, 2025, https://arxiv.org/abs/2502.16982
        https://docs.pytorch.org/docs/stable/generated/torch.optim.Muon.html

    >>> tx = muon(lr=0.02, momentum=0.95)
    """
    if len(ns_coeffs) != 3:
        raise ValueError(f"`ns_coeffs` are {len(ns_coeffs)} numbers and should be three")
    if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
        raise ValueError(f"`adjust_lr_fn` is {adjust_lr_fn!r} and should be 'original' or 'match_rms_adamw'")
    dimensions = muon_weight_dimension_numbers
    if dimensions is None and slots.matrices:
        dimensions = by_matrix(slots.matrices)

    def step(momentum: Any, dimensions: MuonDimensionNumbers) -> Any:
        matrices, restored = _matrices(momentum, dimensions)
        done = _orthogonal(matrices, ns_coeffs, ns_steps, eps, ns_dtype).astype(momentum.dtype)
        return restored(_adjustment(matrices.shape, adjust_lr_fn) * done)

    return [
        _momentum(beta, nesterov, dimensions is None),
        _with_dimensions(step, dimensions),
        slots.decay,
        slots.rate,
    ]


def by_matrix(matrices: Mapping[str, Matrix | None]) -> Callable[[Any], Any]:
    """Return the function from a tree to the dimension numbers of its arrays, None for those without."""
    numbers = {name: matrix and MuonDimensionNumbers(*matrix) for name, matrix in matrices.items()}
    return lambda tree: fitted(numbers, tree)


class AverageState(NamedTuple):
    """A running average of gradients: not their sum, as `optax.TraceState` holds."""

    average: Any


def _momentum(beta: Any, nesterov: bool, matrices_only: bool) -> optax.GradientTransformation:
    """Average gradients, without correction of the bias."""

    def init(params: Any) -> AverageState:
        if matrices_only:
            for array in jax.tree.leaves(params):
                if array.ndim != 2:
                    raise ValueError(
                        f"Muon trains matrices, and this array has the shape {array.shape}: "
                        "pass `muon_weight_dimension_numbers`"
                    )
        return AverageState(jax.tree.map(jnp.zeros_like, params))

    def update(updates: Any, state: AverageState, params: Any = None) -> tuple[Any, AverageState]:
        average = optax.tree.update_moment(updates, state.average, beta, 1)
        ahead = optax.tree.update_moment(updates, average, beta, 1) if nesterov else average
        return ahead, AverageState(average)

    return optax.GradientTransformation(init, update)


def _with_dimensions(step: Callable[..., Any], dimensions: _Dimensions) -> optax.GradientTransformation:
    """Call a function of each update and its dimension numbers."""

    def update(updates: Any, state: optax.EmptyState, params: Any = None) -> tuple[Any, optax.EmptyState]:
        own = dimensions(updates) if callable(dimensions) else dimensions
        if own is None or isinstance(own, MuonDimensionNumbers):
            one = own or MuonDimensionNumbers()
            return jax.tree.map(lambda update: step(update, one), updates), state
        return jax.tree.map(step, updates, own), state

    return optax.GradientTransformation(lambda params: optax.EmptyState(), update)


def _matrices(array: Any, dimensions: MuonDimensionNumbers) -> tuple[Any, Callable[[Any], Any]]:
    """Return an array's matrices in the shape (any, out, in), and the function that undoes this."""
    contracted, produced = (
        [axis % array.ndim for axis in ([axes] if isinstance(axes, int) else axes)]
        for axes in (dimensions.reduction_axis, dimensions.output_axis)
    )
    others = [axis for axis in range(array.ndim) if axis not in (*contracted, *produced)]
    order = [*others, *produced, *contracted]
    back = sorted(range(array.ndim), key=order.__getitem__)
    moved = array.transpose(order)
    extents = [math.prod(array.shape[axis] for axis in axes) for axes in (others, produced, contracted)]
    return moved.reshape(extents), lambda matrices: matrices.reshape(moved.shape).transpose(back)


def _orthogonal(matrices: Any, coefficients: Sequence[float], steps: Any, eps: Any, dtype: Any) -> Any:
    """Iterate `X = a X + (b A + c A A) X` with `A = X X^T`, by Newton and Schulz.

    Products are summed in float32 at least and rounded once, as PyTorch's `addmm` does.

    Args:
        matrices: of the shape (any, rows, columns).
        coefficients: a, b and c.
        steps: the number of iterations.
        eps: the smallest norm to divide by.
        dtype: the type to iterate in; None for that of the matrices.
    """
    a, b, c = coefficients
    x = matrices if dtype is None else matrices.astype(dtype)
    exact = jnp.promote_types(x.dtype, jnp.float32)
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    norm = jnp.sqrt(jnp.sum(x.astype(exact) ** 2, (-2, -1), keepdims=True)).astype(x.dtype)
    x = x / jnp.maximum(norm, jnp.asarray(eps, x.dtype))

    def product(one: Any, other: Any) -> Any:
        return jnp.matmul(one, other, preferred_element_type=exact)

    def iterate(_: Any, x: Any) -> Any:
        gram = product(x, x.mT).astype(x.dtype)
        change = (b * gram.astype(exact) + c * product(gram, gram)).astype(x.dtype)
        return (a * x.astype(exact) + product(change, x)).astype(x.dtype)

    x = jax.lax.fori_loop(0, steps, iterate, x)
    return x.mT if tall else x


def _adjustment(shape: tuple[int, ...], how: str | None) -> float:
    """Return the factor of the learning rate for matrices of the shape (any, out, in)."""
    _, produced, contracted = shape
    if not contracted:
        return 1.0  # an array without elements
    if how == "match_rms_adamw":
        return 0.2 * math.sqrt(max(produced, contracted))
    return math.sqrt(max(1.0, produced / contracted))
