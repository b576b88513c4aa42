"""The errors of `build`, word for word."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import paramrules_optax as pro
import pytest

import paramrules
from paramrules import RulesError, RulesWarning

PARAMS = {
    "embed": {"embedding": jnp.ones((4, 3))},
    "head": {"kernel": jnp.ones((3, 2)), "bias": jnp.ones(2)},
}


def built(text: str, optimizer: Any = optax.adamw, params: Any = PARAMS, **arguments: Any) -> Any:
    arguments = {"learning_rate": 0.1} | arguments
    return pro.build(params, paramrules.parse(text, "r.rules"), optimizer, **arguments)


def plain(learning_rate: float) -> optax.GradientTransformation:
    """A factory without weight decay, as a third party may have it."""
    return optax.sgd(learning_rate)


REFUSED = {
    "a setting that the optimizer does not know": (
        lambda: built("bias: ndim <= 1 -> momentum_decay = 0.9\nrest: else", optax.sgd),
        """
error[E611]: `sgd` has no setting `momentum_decay`, which the group `bias` sets
  --> r.rules:1:20
   |
 1 | bias: ndim <= 1 -> momentum_decay = 0.9
   |                    ^^^^^^^^^^^^^^
   = help: did you mean `momentum`?""",
    ),
    "one that nothing is like": (
        lambda: built("bias: ndim <= 1 -> rho = 0.9\nrest: else", optax.lion),
        """
error[E611]: `lion` has no setting `rho`, which the group `bias` sets
  --> r.rules:1:20
   |
 1 | bias: ndim <= 1 -> rho = 0.9
   |                    ^^^
   = help: it takes `b1`, `b2`, `mu_dtype`, `betas`, `beta1` and `beta2`""",
    ),
    "betas of another number": (
        lambda: built("bias: ndim <= 1 -> betas = (0.9, 0.99)\nrest: else", optax.adan),
        """
error[E611]: `adan` has no setting `betas`, which the group `bias` sets
  --> r.rules:1:20
   |
 1 | bias: ndim <= 1 -> betas = (0.9, 0.99)
   |                    ^^^^^
   = help: it takes 3 values: `b1`, `b2` and `b3`""",
    ),
    "a setting under two names": (
        lambda: built("bias: ndim <= 1 -> betas = (0.9, 0.99), b2 = 0.9\nrest: else"),
        """
error[E611]: the group `bias` sets `b2` twice, here as `b2`
  --> r.rules:1:41
   |
 1 | bias: ndim <= 1 -> betas = (0.9, 0.99), b2 = 0.9
   |                                         ^^
   = help: write it once, under the name that you prefer""",
    ),
    "decay for an optimizer of a third party that has none": (
        lambda: built("bias: ndim <= 1 -> weight_decay = 0.1\nrest: else", plain),
        """
error[E611]: `plain` has no setting `weight_decay`, which the group `bias` sets
  --> r.rules:1:20
   |
 1 | bias: ndim <= 1 -> weight_decay = 0.1
   |                    ^^^^^^^^^^^^
   = help: leave it out, or decay beside the step, with `decay="unscaled"`""",
    ),
    "the same from the caller": (
        lambda: built("all: else", plain, weight_decay=0.1),
        """
error[E612]: `plain` takes no argument `weight_decay`
  = help: leave it out, or decay beside the step, with `decay="unscaled"`""",
    ),
    "an argument that the optimizer does not know": (
        lambda: built("all: else", bettas=(0.9, 0.99)),
        """
error[E612]: `adamw` takes no argument `bettas`
  = help: did you mean `betas`?""",
    ),
    "a misspelt argument of its own": (
        lambda: built("all: else", stricct=True),
        """
error[E612]: `build` takes no argument `stricct`
  = help: did you mean `strict`?""",
    ),
    "PyTorch's name of the rate beside it": (
        lambda: built("all: else", lr=0.1),
        """
error[E612]: `adamw` takes no argument `lr`
  = help: `lr` is called `learning_rate` here""",
    ),
    "a short name of the weight decay": (
        lambda: built("all: else", wd=0.1),
        """
error[E612]: `adamw` takes no argument `wd`
  = help: did you mean `weight_decay`?""",
    ),
    "an option of the rules": (
        lambda: built("option rate = 0.5\nall: else -> lr_scale = rate", rate=0.8),
        """
error[E612]: `adamw` takes no argument `rate`
  = help: it is an option of the rules, so pass `options={"rate": 0.8}`""",
    ),
    "an argument that none of several knows": (
        lambda: built("all: else", {"default": optax.adamw, "muon": optax.contrib.muon}, ns_step=3),
        """
error[E612]: neither `adamw` nor `muon` takes an argument `ns_step`
  = help: did you mean `ns_steps`?""",
    ),
    "a bound argument": (
        lambda: built("all: else", partial(optax.adamw, beta=0.9)),
        """
error[E612]: `adamw` takes no argument `beta`
  = help: did you mean `betas`?""",
    ),
    "an argument that is bound already": (
        lambda: built("all: else", partial(optax.adamw, eps=1e-6), eps=1e-8),
        """
error[E612]: `adamw` takes no argument `eps`
  = help: `functools.partial` binds it already: remove one of the two""",
    ),
    "a rate that is bound already": (
        lambda: built("all: else", partial(optax.adamw, learning_rate=0.1), learning_rate=0.2),
        """
error[E612]: `adamw` takes no argument `learning_rate`
  = help: `functools.partial` binds it already: remove one of the two""",
    ),
    "a weight decay that is bound already": (
        lambda: built("all: else", partial(optax.adamw, weight_decay=0.1), weight_decay=0.2),
        """
error[E612]: `adamw` takes no argument `weight_decay`
  = help: `functools.partial` binds it already: remove one of the two""",
    ),
    "several groups with scales and no decay": (
        lambda: built(
            "a: ndim <= 1 -> weight_decay_scale = 0.5\nb: else -> weight_decay_scale = 2", optax.adam
        ),
        """
error[E604]: `weight_decay_scale` has no `weight_decay` to multiply in the groups `a` (0.5) and `b` (2)
  --> r.rules:1:17
   |
 1 | a: ndim <= 1 -> weight_decay_scale = 0.5
   |                 ^^^^^^^^^^^^^^^^^^^^^^^^
  --> r.rules:2:12
   |
 2 | b: else -> weight_decay_scale = 2
   |            ^^^^^^^^^^^^^^^^^^^^^^
   = help: pass `weight_decay=...`, the base rate""",
    ),
    "several rates under a schedule": (
        lambda: built(
            "a: ndim <= 1 -> lr = 0.5\nb: else -> lr = 2", learning_rate=optax.constant_schedule(0.1)
        ),
        """
error[E630]: the groups `a` and `b` set `lr`, and a schedule has no base rate to replace
  --> r.rules:1:17
   |
 1 | a: ndim <= 1 -> lr = 0.5
   |                 ^^^^^^^^
  --> r.rules:2:12
   |
 2 | b: else -> lr = 2
   |            ^^^^^^
   = help: write `lr_scale`, which multiplies the schedule, \
or give the group a schedule of its own, with `schedule`""",
    ),
    "a rate that is not finite with its scale": (
        lambda: built("all: else -> lr_scale = 1e200", learning_rate=1e200),
        """
error[E208]: `learning_rate` of the group `all` is 1e+200 times 1e+200, and the result is not a finite number
  = help: pass a smaller `learning_rate`, or set `lr_scale` to less""",
    ),
    "a mask beside the rules": (
        lambda: built("all: else", mask=lambda tree: tree),
        """
error[E612]: `adamw` takes no argument `mask`
  = help: the rules say which parameters decay: `weight_decay = 0`""",
    ),
    "a scale without a decay": (
        lambda: built("less: ndim <= 1 -> weight_decay_scale = 0.5\nrest: else", optax.adam),
        """
error[E604]: `weight_decay_scale` has no `weight_decay` to multiply in the group `less` (0.5)
  --> r.rules:1:20
   |
 1 | less: ndim <= 1 -> weight_decay_scale = 0.5
   |                    ^^^^^^^^^^^^^^^^^^^^^^^^
   = help: pass `weight_decay=...`, the base rate""",
    ),
    "an optimizer where there is one": (
        lambda: built('all: else -> optimizer = "muon"'),
        """
error[E610]: the group `all` names the optimizer `muon`, and only `adamw` was passed
  --> r.rules:1:14
   |
 1 | all: else -> optimizer = "muon"
   |              ^^^^^^^^^^^^^^^^^^
   = help: pass both, as in `{"muon": ..., "default": adamw}`""",
    ),
    "an optimizer that is not there": (
        lambda: built('all: else -> optimizer = "moun"', {"muon": optax.contrib.muon, "adamw": optax.adamw}),
        """
error[E610]: the group `all` names the optimizer `moun`, and there are `muon` and `adamw`
  --> r.rules:1:14
   |
 1 | all: else -> optimizer = "moun"
   |              ^^^^^^^^^^^^^^^^^^
   = help: did you mean `muon`?""",
    ),
    "no optimizer where there are two": (
        lambda: built("all: else", {"muon": optax.contrib.muon, "adamw": optax.adamw}),
        """
error[E610]: the group `all` names no optimizer, and there are `muon` and `adamw`
  = help: write `optimizer = "adamw"` among the settings, or name one of them `default`""",
    ),
    "nothing to train": (
        lambda: built("all: else", params={}),
        """
error[E614]: there is nothing to train: the model has no parameters
  = help: pass the model or the parameters that the optimizer trains""",
    ),
    "nothing left to train": (
        lambda: built("all: else -> freeze = true"),
        """
error[E614]: nothing is left to train: every parameter of the model is frozen
  = help: `freeze = true` in the rules freezes; train at least one parameter""",
    ),
    "a rate under a schedule": (
        lambda: built("bias: ndim <= 1 -> lr = 0.5\nrest: else", learning_rate=optax.constant_schedule(0.1)),
        """
error[E630]: the group `bias` sets `lr`, and a schedule has no base rate to replace
  --> r.rules:1:20
   |
 1 | bias: ndim <= 1 -> lr = 0.5
   |                    ^^^^^^^^
   = help: write `lr_scale`, which multiplies the schedule, \
or give the group a schedule of its own, with `schedule`""",
    ),
    "unscaled decay under a schedule": (
        lambda: built("all: else", learning_rate=optax.constant_schedule(0.1), decay="unscaled"),
        """
error[E630]: `decay="unscaled"` follows the schedule but not the base rate, and a schedule \
does not tell the two apart
  = help: build with a number and append the schedule's shape: \
`optax.chain(build(..., learning_rate=1e-3), optax.scale_by_schedule(shape))`""",
    ),
    "what is no matrix to Muon": (
        lambda: built("all: else", optax.contrib.muon),
        """
error[E633]: `muon` trains matrices, and `head.bias` has the shape (2,)
  --> r.rules:1:1
   |
 1 | all: else
   | ^^^
   = help: add `ndim == 2` to the rule that gives it to `muon`, or say which axes form the matrix, with \
`muon_weight_dimension_numbers`""",
    ),
    "another tree": (
        lambda: built("all: else").init({"tail": {"kernel": jnp.ones((3, 2))}}),
        """
error[E601]: `tail.kernel` is not a parameter of the model that the rules were assigned to
  = help: did you mean `head.kernel`?""",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_refused(why: str) -> None:
    act, said = REFUSED[why]
    with pytest.raises(RulesError) as refused:
        act()
    assert str(refused.value) == said


def test_an_optimizer_that_no_rule_names() -> None:
    both = {"muon": optax.contrib.muon, "default": optax.adamw}
    with pytest.warns(RulesWarning) as warned:
        built("all: else", both)
    assert [str(one.message) for one in warned] == [
        "W617: no rule names the optimizer `muon`\n"
        '  = help: write `optimizer = "muon"` among the settings of a rule, or remove the optimizer'
    ]
    assert warned[0].filename == __file__


USELESS = {
    "no rate by name": (
        lambda: built("all: else", learning_rate={"default": None}),
        "`learning_rate` is None, a `NoneType`",
    ),
    "text for a rate": (
        lambda: built("all: else", learning_rate="1e-3"),
        "`learning_rate` is '1e-3', a `str`",
    ),
    "several rates": (
        lambda: built("all: else", learning_rate=jnp.ones(2)),
        "`learning_rate` is Array([1., 1.], dtype=float32), an `ArrayImpl`",
    ),
    "true for a rate": (lambda: built("all: else", learning_rate=True), "`learning_rate` is True, a `bool`"),
}


@pytest.mark.parametrize("why", USELESS)
def test_a_rate_is_a_number_or_a_schedule(why: str) -> None:
    act, said = USELESS[why]
    with pytest.raises(TypeError) as refused:
        act()
    assert str(refused.value) == said + ", and should be a number or a schedule"


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({}, "the base rate is missing: pass `learning_rate=1e-3`, a number or a schedule"),
        ({"lr": 1}, "`lr` is called `learning_rate` here: pass `learning_rate=1e-3`, a number or a schedule"),
        (
            {"optimizer": partial(optax.adamw, 0.1)},
            "`functools.partial` of an optimizer should bind its arguments by name",
        ),
    ],
)
def test_a_rate_is_passed_or_bound_by_name(how: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as refused:
        built("all: else", learning_rate=None, **how)
    assert str(refused.value) == message
    tx = built("all: else", partial(optax.sgd, learning_rate=0.5), learning_rate=None)
    updates, _ = tx.update(PARAMS, tx.init(PARAMS), PARAMS)
    jax.tree.map(lambda update, param: np.testing.assert_allclose(update, -0.5 * param), updates, PARAMS)


def test_a_decay_is_a_number_or_a_schedule() -> None:
    with pytest.raises(TypeError) as refused:
        built("all: else", weight_decay="0.1")
    assert str(refused.value) == "`weight_decay` is '0.1', a `str`, and should be a number or a schedule"


def test_decay_has_two_words() -> None:
    with pytest.raises(ValueError, match=r"^`decay` is 'coupled' and should be 'scaled' or 'unscaled'$"):
        built("all: else", decay="coupled")


def test_an_optimizer_is_a_factory() -> None:
    with pytest.raises(TypeError) as refused:
        built("all: else", optax.adamw(1e-3))
    assert str(refused.value) == (
        "an optimizer has been made already; pass what makes it: `optax.adamw`, not `optax.adamw(1e-3)`"
    )
    for wrong, what in (
        ("adamw", "'adamw': pass `optax.adamw`"),
        ("torch.optim.AdamW", "'torch.optim.AdamW': pass `optax.adamw`"),
        ("muon", "'muon': pass `optax.contrib.muon`"),
        ("adamm", "'adamm'"),
        (type("AdamW", (), {"__module__": "torch.optim"}), "`torch.optim.AdamW`: pass `optax.adamw`"),
        (type("SGD", (), {"__module__": "torch.optim"})(), "a `SGD`: pass `optax.sgd`"),
        ([optax.adamw], "a `list`"),
    ):
        with pytest.raises(TypeError) as refused:
            built("all: else", wrong)
        assert str(refused.value) == f"an optimizer should be a factory such as `optax.adamw`, and not {what}"
    with pytest.raises(ValueError, match=r"^`optimizer` is an empty mapping and should name an optimizer$"):
        built("all: else", {})
    with pytest.raises(
        TypeError, match=r"^`clip` takes no `learning_rate`, which every factory of optax does$"
    ):
        built("all: else", optax.clip)


def test_a_factory_makes_a_transformation() -> None:
    def broken(learning_rate: float) -> float:
        return learning_rate

    with pytest.raises(TypeError) as refused:
        built("all: else", broken)
    assert str(refused.value) == (
        "`broken` made a `float`, and should make an `optax.GradientTransformation`"
    )


def test_a_setting_without_a_default_has_to_be_given() -> None:
    def factory(learning_rate: float, momentum: float) -> optax.GradientTransformation:
        return optax.sgd(learning_rate, momentum)

    built("all: else", factory, momentum=0.9).init(PARAMS)
    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'momentum'$"):
        built("all: else", factory)


def test_decay_needs_parameters() -> None:
    tx = built("all: else")
    with pytest.raises(ValueError, match=r"^weight decay needs the parameters: call `update\(grads, state, "):
        tx.update(PARAMS, tx.init(PARAMS))
    without = built("all: else -> weight_decay = 0")
    without.update(PARAMS, without.init(PARAMS))


@pytest.mark.parametrize("more", ["gradients", "parameters"])
def test_gradients_of_another_tree(more: str) -> None:
    tx = built("all: else")
    less = {"head": PARAMS["head"]}
    trees = (PARAMS, less) if more == "gradients" else (less, PARAMS)
    with pytest.raises(RulesError) as refused:
        tx.update(trees[0], tx.init(PARAMS), trees[1])
    fewer = "parameters" if more == "gradients" else "gradients"
    assert str(refused.value) == (
        f"\nerror[E632]: the {more} have a leaf `embed.embedding` and the {fewer} do not\n"
        "  = help: pass gradients with respect to the tree that is trained"
    )


def test_gradients_in_another_container_are_for_jax_to_refuse() -> None:
    params = {"w": [jnp.ones(2), jnp.ones(3)]}
    tx = pro.build(params, paramrules.parse("all: else"), optax.sgd, learning_rate=0.1)
    gradients = {"w": (jnp.ones(2), jnp.ones(3))}
    updates, _ = tx.update(gradients, tx.init(params), params)
    assert isinstance(updates["w"], tuple)


def test_an_array_times_a_scale_is_finite() -> None:
    rules = paramrules.parse("a: else -> lr_scale = 1e30\n")
    with pytest.raises(RulesError, match=r"E208.*`learning_rate` of the group `a` is Array.* times 1e\+30"):
        pro.build({"w": jnp.ones(2)}, rules, optax.adamw, learning_rate=jnp.float32(1e30))
