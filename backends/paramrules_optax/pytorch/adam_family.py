"""Optimizers with running averages of gradients and their squares: Adam, AdamW, Adamax, NAdam, RAdam."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from paramrules_optax.pytorch.factories import Slots, factory_of_stages


@factory_of_stages(learning_rate=1e-3)
def adam(
    slots: Slots, *, b1: Any = 0.9, b2: Any = 0.999, eps: Any = 1e-8, amsgrad: bool = False
) -> list[optax.GradientTransformation]:
    """Return PyTorch's Adam: `p -= lr * m / (1 - b1**t) / (sqrt(v / (1 - b2**t)) + eps)`.

    Args:
        learning_rate, lr: a number or a schedule; 1e-3 by default.
        weight_decay: multiplies the parameter, and is added to the gradient; 0 by default.
        b1, b2, betas: the factors of the running averages of the gradient and of its square.
        eps: added to the root.
        amsgrad: divide by the largest `v` so far, and correct the bias of that. `optax.amsgrad` takes the
            largest of the corrected ones.

    References:
        Kingma and Ba, Adam: A Method for Stochastic Optimization, 2014, https://arxiv.org/abs/1412.6980
        Reddi et al., On the Convergence of Adam and Beyond, 2018, https://arxiv.org/abs/1904.09237
        https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html

    >>> tx = adam(lr=1e-3, betas=(0.9, 0.98), eps=1e-9)
    """
    return [slots.decay, _scale_by_adam(b1, b2, eps, amsgrad), slots.rate]


@factory_of_stages(learning_rate=1e-3, weight_decay=1e-2)
def adamw(
    slots: Slots, *, b1: Any = 0.9, b2: Any = 0.999, eps: Any = 1e-8, amsgrad: bool = False
) -> list[optax.GradientTransformation]:
    """Return PyTorch's AdamW: Adam, and `p -= lr * weight_decay * p` beside its step.

    `optax.adamw` has the same formula, and a `weight_decay` of 1e-4 by default.

    Args:
        learning_rate, lr: a number or a schedule; 1e-3 by default.
        weight_decay: 1e-2 by default.
        b1, b2, betas, eps, amsgrad: see `adam`.

    References:
        Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019, https://arxiv.org/abs/1711.05101
        https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html

    >>> tx = adamw(lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)
    """
    return [_scale_by_adam(b1, b2, eps, amsgrad), slots.decay, slots.rate]


@factory_of_stages(learning_rate=2e-3)
def adamax(
    slots: Slots, *, b1: Any = 0.9, b2: Any = 0.999, eps: Any = 1e-8
) -> list[optax.GradientTransformation]:
    """Return PyTorch's Adamax: `u = max(b2 * u, abs(g) + eps)`, `p -= lr * m / (1 - b1**t) / u`.

    Args:
        learning_rate, lr: a number or a schedule; 2e-3 by default.
        weight_decay: multiplies the parameter, and is added to the gradient; 0 by default.
        b1, b2, betas: the factors of the running average, and of the running maximum.
        eps: added to the size of the gradient.

    References:
        Kingma and Ba, Adam: A Method for Stochastic Optimization, 2014, https://arxiv.org/abs/1412.6980
        https://docs.pytorch.org/docs/stable/generated/torch.optim.Adamax.html

    >>> tx = adamax(lr=2e-3)
    """
    return [slots.decay, optax.scale_by_adamax(b1=b1, b2=b2, eps=eps), slots.rate]


@factory_of_stages(learning_rate=2e-3)
def nadam(
    slots: Slots,
    *,
    b1: Any = 0.9,
    b2: Any = 0.999,
    eps: Any = 1e-8,
    momentum_decay: Any = 4e-3,
    decoupled_weight_decay: bool = False,
    mu_product_dtype: Any = "float32",
) -> list[optax.GradientTransformation]:
    """Return PyTorch's NAdam, whose momentum rises: `mu = b1 * (1 - 0.96**(t * momentum_decay) / 2)`.

    `optax.nadam` has a constant momentum.

    Args:
        learning_rate, lr: a number or a schedule; 2e-3 by default.
        weight_decay: multiplies the parameter, and is added to the gradient; 0 by default.
        b1, b2, betas: the factors of the running averages of the gradient and of its square.
        eps: added to the root.
        momentum_decay: how fast the momentum rises.
        decoupled_weight_decay: decay beside the step, as AdamW does.
        mu_product_dtype: the type of the product of all `mu`: in PyTorch `torch.get_default_dtype()`.

    References:
        Dozat, Incorporating Nesterov Momentum into Adam, 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ
        https://docs.pytorch.org/docs/stable/generated/torch.optim.NAdam.html

    >>> tx = nadam(lr=2e-3, momentum_decay=1e-2)
    """
    core = _scale_by_nadam(b1, b2, eps, momentum_decay, mu_product_dtype)
    return [core, slots.decay, slots.rate] if decoupled_weight_decay else [slots.decay, core, slots.rate]


@factory_of_stages(learning_rate=1e-3)
def radam(
    slots: Slots,
    *,
    b1: Any = 0.9,
    b2: Any = 0.999,
    eps: Any = 1e-8,
    decoupled_weight_decay: bool = False,
) -> list[optax.GradientTransformation]:
    """Return PyTorch's RAdam: Adam times a rectification, once that is more than 5 steps' worth.

    `optax.radam` adds `eps` after the correction of the bias, PyTorch before.

    Args:
        learning_rate, lr: a number or a schedule; 1e-3 by default.
        weight_decay: multiplies the parameter, and is added to the gradient; 0 by default.
        b1, b2, betas: the factors of the running averages of the gradient and of its square.
        eps: added to the root of the average that is not corrected.
        decoupled_weight_decay: decay beside the step, as AdamW does.

    References:
        Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, 2020,
        https://arxiv.org/abs/1908.03265
        https://docs.pytorch.org/docs/stable/generated/torch.optim.RAdam.html

    >>> tx = radam(lr=1e-3)
    """
    core = _scale_by_radam(b1, b2, eps)
    return [core, slots.decay, slots.rate] if decoupled_weight_decay else [slots.decay, core, slots.rate]


def _scale_by_adam(b1: Any, b2: Any, eps: Any, amsgrad: bool) -> optax.GradientTransformation:
    if not amsgrad:
        return optax.scale_by_adam(b1=b1, b2=b2, eps=eps)

    def init(params: Any) -> optax.ScaleByAmsgradState:
        return optax.ScaleByAmsgradState(_zero(), *(_zeros_like(params) for _ in range(3)))

    def update(
        updates: Any, state: optax.ScaleByAmsgradState, params: Any = None
    ) -> tuple[Any, optax.ScaleByAmsgradState]:
        count, mu, nu = _moments(updates, state, b1, b2)
        largest = jax.tree.map(jnp.maximum, state.nu_max, nu)
        means, squares = _corrected(mu, b1, count), _corrected(largest, b2, count)
        scaled = jax.tree.map(lambda m, v: m / (jnp.sqrt(v) + eps), means, squares)
        return scaled, optax.ScaleByAmsgradState(count, mu, nu, largest)

    return optax.GradientTransformation(init, update)


class ScaleByNadamState(NamedTuple):
    """The state of NAdam.

    Attributes:
        count: the number of steps so far.
        mu_product: the product of their momenta.
        mu, nu: the running averages of the gradient and of its square.
    """

    count: Any
    mu_product: Any
    mu: Any
    nu: Any


def _scale_by_nadam(
    b1: Any, b2: Any, eps: Any, momentum_decay: Any, dtype: Any
) -> optax.GradientTransformation:
    def init(params: Any) -> ScaleByNadamState:
        return ScaleByNadamState(_zero(), jnp.ones([], dtype), _zeros_like(params), _zeros_like(params))

    def update(updates: Any, state: ScaleByNadamState, params: Any = None) -> tuple[Any, ScaleByNadamState]:
        count, mu, nu = _moments(updates, state, b1, b2)
        now, next = (b1 * (1 - 0.5 * 0.96 ** (step * momentum_decay)) for step in (count, count + 1))
        product = state.mu_product * jnp.asarray(now, state.mu_product.dtype)
        whole = jnp.asarray(product, jnp.result_type(float))
        of_gradient, of_mean = (1 - now) / (1 - whole), next / (1 - whole * next)

        def step(g: Any, m: Any, v: Any) -> Any:
            mean = of_mean.astype(g.dtype) * m + of_gradient.astype(g.dtype) * g
            return mean / (jnp.sqrt(v) + eps)

        scaled = jax.tree.map(step, updates, mu, _corrected(nu, b2, count))
        return scaled, ScaleByNadamState(count, product, mu, nu)

    return optax.GradientTransformation(init, update)


def _scale_by_radam(b1: Any, b2: Any, eps: Any) -> optax.GradientTransformation:
    limit = 2 / (1 - b2) - 1

    def init(params: Any) -> optax.ScaleByAdamState:
        return optax.ScaleByAdamState(_zero(), _zeros_like(params), _zeros_like(params))

    def update(
        updates: Any, state: optax.ScaleByAdamState, params: Any = None
    ) -> tuple[Any, optax.ScaleByAdamState]:
        count, mu, nu = _moments(updates, state, b1, b2)
        left = 1 - b2**count
        length = limit - 2 * count * (1 - left) / left
        tractable = length > 5
        # An average that is too short would have the root of a negative number.
        safe = jnp.where(tractable, length, 6.0)
        rectified = jnp.sqrt((safe - 4) * (safe - 2) * limit / ((limit - 4) * (limit - 2) * safe))
        factor = rectified * jnp.sqrt(left)

        def step(m: Any, v: Any) -> Any:
            return jnp.where(tractable, factor.astype(m.dtype) * m / (jnp.sqrt(v) + eps), m)

        scaled = jax.tree.map(step, _corrected(mu, b1, count), nu)
        return scaled, optax.ScaleByAdamState(count, mu, nu)

    return optax.GradientTransformation(init, update)


def _moments(updates: Any, state: Any, b1: Any, b2: Any) -> tuple[Any, Any, Any]:
    """Return the count of this step, and the running averages of gradients and their squares after it."""
    mu = optax.tree.update_moment(updates, state.mu, b1, 1)
    nu = optax.tree.update_moment_per_elem_norm(updates, state.nu, b2, 2)
    return optax.safe_increment(state.count), mu, nu


def _corrected(moment: Any, decay: Any, count: Any) -> Any:
    return optax.tree.bias_correction(moment, decay, count)


def _zero() -> Any:
    return jnp.zeros([], jnp.int32)


def _zeros_like(params: Any) -> Any:
    return jax.tree.map(jnp.zeros_like, params)
