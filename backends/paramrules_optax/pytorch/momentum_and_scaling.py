"""SGD, and optimizers that scale each gradient by its own history: Adagrad, Adadelta, RMSprop, Rprop."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from paramrules_optax.pytorch.factories import Slots, by_both_names, factory_of_stages, is_zero


@factory_of_stages(learning_rate=1e-3)
def sgd(
    slots: Slots, *, momentum: Any = 0.0, dampening: Any = 0.0, nesterov: bool = False
) -> list[optax.GradientTransformation]:
    """Return PyTorch's SGD: `b = momentum * b + (1 - dampening) * g`, where the first `b` is `g` itself.

    Args:
        learning_rate, lr: a number or a schedule; 1e-3 by default.
        weight_decay: multiplies the parameter, and is added to the gradient; 0 by default.
        momentum: the factor of the momentum buffer; without one if 0.
        dampening: by how much less than the whole gradient enters the buffer after the first step.
        nesterov: step along `g + momentum * b` in place of `b`.

    Raises:
        ValueError: `nesterov` without momentum, or with dampening.

    References:
        https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html

    >>> tx = sgd(lr=0.1, momentum=0.9, nesterov=True)
    """
    if nesterov and (is_zero(momentum) or not is_zero(dampening)):
        raise ValueError("`nesterov` needs a `momentum`, and no `dampening`")
    if is_zero(momentum):
        return [slots.decay, slots.rate]
    stages = [slots.decay]
    if not is_zero(dampening):
        stages.append(optax.scale_by_schedule(lambda count: jnp.where(count == 0, 1.0, 1.0 - dampening)))
    return [*stages, optax.trace(decay=momentum, nesterov=nesterov), slots.rate]


@factory_of_stages(learning_rate=1e-2)
def adagrad(
    slots: Slots, *, lr_decay: Any = 0.0, initial_accumulator_value: Any = 0.0, eps: Any = 1e-10
) -> list[optax.GradientTransformation]:
    """Return PyTorch's Adagrad: `p -= lr / (1 + t * lr_decay) * g / (sqrt(sum(g**2)) + eps)`, t from 0.

    `optax.adagrad` has accumulators that start at 0.1 and `eps` inside the root.

    Args:
        learning_rate, lr: a number or a schedule; 1e-2 by default.
        weight_decay: multiplies the parameter, and is added to the gradient; 0 by default.
        lr_decay: how fast the rate falls.
        initial_accumulator_value: the first value of the sums of squares.
        eps: added to the root.

    References:
        Duchi et al., Adaptive Subgradient Methods, 2011, https://jmlr.org/papers/v12/duchi11a.html
        https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html

    >>> tx = adagrad(lr=0.1, lr_decay=1e-3)
    """
    stages = [slots.decay, _scale_by_root_of_sum(initial_accumulator_value, eps)]
    if not is_zero(lr_decay):
        stages.append(optax.scale_by_schedule(lambda count: 1 / (1 + count * lr_decay)))
    return [*stages, slots.rate]


def _scale_by_root_of_sum(initial: Any, eps: Any) -> optax.GradientTransformation:
    """Divide each gradient by the root of the sum of its squares, plus `eps`."""

    def init(params: Any) -> optax.ScaleByRssState:
        return optax.ScaleByRssState(jax.tree.map(lambda p: jnp.full_like(p, initial), params))

    def update(
        updates: Any, state: optax.ScaleByRssState, params: Any = None
    ) -> tuple[Any, optax.ScaleByRssState]:
        sums = jax.tree.map(lambda g, total: total + g * g, updates, state.sum_of_squares)
        scaled = jax.tree.map(lambda g, total: g / (jnp.sqrt(total) + eps), updates, sums)
        return scaled, optax.ScaleByRssState(sums)

    return optax.GradientTransformation(init, update)


@factory_of_stages(learning_rate=1.0)
def adadelta(slots: Slots, *, rho: Any = 0.9, eps: Any = 1e-6) -> list[optax.GradientTransformation]:
    """Return PyTorch's Adadelta: `g * sqrt(d + eps) / sqrt(v + eps)`, with `d` the average of squared steps.

    Args:
        learning_rate, lr: a number or a schedule; 1 by default.
        weight_decay: multiplies the parameter, and is added to the gradient; 0 by default.
        rho: the factor of both running averages.
        eps: added inside both roots.

    References:
        Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012, https://arxiv.org/abs/1212.5701
        https://docs.pytorch.org/docs/stable/generated/torch.optim.Adadelta.html

    >>> tx = adadelta(rho=0.95)
    """
    return [slots.decay, optax.scale_by_adadelta(rho=rho, eps=eps), slots.rate]


@factory_of_stages(learning_rate=1e-2)
def rmsprop(
    slots: Slots, *, decay: Any = 0.99, eps: Any = 1e-8, momentum: Any = 0.0, centered: bool = False
) -> list[optax.GradientTransformation]:
    """Return PyTorch's RMSprop: `b = momentum * b + g / (sqrt(v) + eps)`, `p -= lr * b`.

    `optax.rmsprop` has `eps` inside the root, a `decay` of 0.9, and the learning rate before the momentum.

    Args:
        learning_rate, lr: a number or a schedule; 1e-2 by default.
        weight_decay: multiplies the parameter, and is added to the gradient; 0 by default.
        decay, alpha: the factor of the running average of squares.
        eps: added to the root.
        momentum: the factor of the momentum buffer; without one if 0.
        centered: subtract the square of the running average of gradients from `v`.

    References:
        Hinton, Neural Networks for Machine Learning, lecture 6, 2012,
        https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf
        Graves, Generating Sequences With Recurrent Neural Networks, 2013, https://arxiv.org/abs/1308.0850
        https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html

    >>> tx = rmsprop(lr=1e-3, alpha=0.95, momentum=0.9)
    """
    core = optax.scale_by_stddev if centered else optax.scale_by_rms
    stages = [slots.decay, core(decay=decay, eps=eps, eps_in_sqrt=False)]
    if not is_zero(momentum):
        stages.append(optax.trace(decay=momentum))
    return [*stages, slots.rate]


@by_both_names
def rprop(
    learning_rate: Any = 1e-2,
    *,
    eta_minus: Any = 0.5,
    eta_plus: Any = 1.2,
    min_step_size: Any = 1e-6,
    max_step_size: Any = 50.0,
) -> optax.GradientTransformationExtraArgs:
    """Return PyTorch's Rprop: step sizes that grow while a gradient keeps its sign, and shrink when not.

    `optax.rprop` applies each step one update late (0.2.8).

    Args:
        learning_rate, lr: the first step size. Of a schedule the first value counts, as with PyTorch's
            schedulers.
        eta_minus, eta_plus, etas: the factors of a step size, after a change of sign and without one.
        min_step_size, max_step_size, step_sizes: the bounds of step sizes.

    References:
        Riedmiller and Braun, The RPROP algorithm, 1993, https://doi.org/10.1109/ICNN.1993.298623
        https://docs.pytorch.org/docs/stable/generated/torch.optim.Rprop.html

    >>> tx = rprop(lr=0.1, etas=(0.5, 1.1))
    """
    first = learning_rate(0) if callable(learning_rate) else learning_rate

    def init(params: Any) -> optax.ScaleByRpropState:
        sizes = jax.tree.map(lambda p: jnp.full_like(p, first), params)
        return optax.ScaleByRpropState(sizes, jax.tree.map(jnp.zeros_like, params))

    def resized(size: Any, agreement: Any) -> Any:
        factor = jnp.where(agreement < 0, eta_minus, jnp.where(agreement > 0, eta_plus, 1.0))
        return jnp.clip(size * factor.astype(size.dtype), min_step_size, max_step_size)

    def update(
        updates: Any, state: optax.ScaleByRpropState, params: Any = None
    ) -> tuple[Any, optax.ScaleByRpropState]:
        agreements = jax.tree.map(jnp.multiply, updates, state.prev_updates)
        sizes = jax.tree.map(resized, state.step_sizes, agreements)
        # After a change of sign a parameter rests for a step.
        kept = jax.tree.map(lambda g, agreement: jnp.where(agreement < 0, 0, g), updates, agreements)
        steps = jax.tree.map(lambda g, size: -jnp.sign(g) * size, kept, sizes)
        return steps, optax.ScaleByRpropState(sizes, kept)

    return optax.GradientTransformationExtraArgs(init, lambda *args, **_: update(*args))
