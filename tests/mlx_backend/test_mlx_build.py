"""Training with the optimizer that `paramrules_mlx.build` makes."""

from functools import partial
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np
import paramrules_mlx
import pytest
from mlx.utils import tree_flatten, tree_map, tree_unflatten

import paramrules
from paramrules import RulesError, RulesWarning

RULES = r"""
[decay]
no_decay: role in (bias, scale) -> weight_decay = 0
decay:    else

[lr]
head:      name ~ ^head
layer_{i}: name ~ ^layers\.(?<i>\d+)\. -> lr_scale = 0.5 ** (2 - i)
"""


class MLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(4, 4) for _ in range(2)]
        self.norm = nn.LayerNorm(4)
        self.head = nn.Linear(4, 3)

    def __call__(self, x: mx.array) -> mx.array:
        for layer in self.layers:
            x = mx.tanh(layer(x))
        return self.head(self.norm(x))


@pytest.fixture
def model() -> MLP:
    mx.random.seed(0)
    return MLP()


def batch() -> tuple[mx.array, mx.array]:
    generator = np.random.default_rng(1)
    return mx.array(generator.normal(size=(16, 4)).astype("float32")), mx.array(generator.integers(0, 3, 16))


def loss_of(model: MLP, x: mx.array, y: mx.array) -> mx.array:
    return nn.losses.cross_entropy(model(x), y).mean()


def train(model: MLP, optimizer: optim.Optimizer, steps: int = 5) -> list[float]:
    losses = []
    step = nn.value_and_grad(model, loss_of)
    for _ in range(steps):
        loss, gradients = step(model, *batch())
        optimizer.update(model, gradients)
        mx.eval(model.parameters(), optimizer.state)
        losses.append(loss.item())
    return losses


def values(model: MLP) -> dict[str, np.ndarray[Any, Any]]:
    return {name: np.array(array) for name, array in tree_flatten(model.parameters())}


def by_hand(model: MLP, base: float, decay: float, steps: int) -> None:
    """Train with an AdamW for each array, its rate and decay written out."""
    optimizers = {}
    for name, _ in tree_flatten(model.parameters()):
        scale = 0.5 ** (2 - int(name.split(".")[1])) if name.startswith("layers") else 1.0
        own = 0.0 if name.endswith("bias") or name.startswith("norm") else decay
        optimizers[name] = optim.AdamW(base * scale, weight_decay=own)
    step = nn.value_and_grad(model, loss_of)
    for _ in range(steps):
        _, gradients = step(model, *batch())
        for name, gradient in tree_flatten(gradients):
            model.update(
                optimizers[name].apply_gradients(tree_unflatten([(name, gradient)]), model), strict=False
            )
        mx.eval(model.parameters())


def test_groups_train_as_optimizers_made_by_hand(model: MLP) -> None:
    mx.random.seed(0)
    other = MLP()
    optimizer = paramrules_mlx.build(model, paramrules.parse(RULES), learning_rate=0.1, weight_decay=0.5)
    assert optimizer.labels == (
        "no_decay/head", "no_decay/layer_0", "no_decay/layer_1", "no_decay/default",
        "decay/head", "decay/layer_0", "decay/layer_1",
    )  # fmt: skip
    assert optimizer.names[-1] == ("layers.1.weight",)
    losses = train(model, optimizer, 10)
    assert losses[-1] < losses[0]
    by_hand(other, 0.1, 0.5, 10)
    for name, value in values(other).items():
        np.testing.assert_allclose(values(model)[name], value, rtol=1e-5, atol=1e-6, err_msg=name)


def test_members_keep_their_ratio_when_the_rate_is_set(model: MLP) -> None:
    optimizer = paramrules_mlx.build(model, paramrules.parse(RULES), learning_rate=0.5)
    rates = [member.learning_rate.item() for member in optimizer.optimizers]
    assert rates == [0.5, 0.125, 0.25, 0.5, 0.5, 0.125, 0.25]
    assert optimizer.learning_rate.item() == 0.5
    optimizer.learning_rate = 1.0
    assert [member.learning_rate.item() for member in optimizer.optimizers] == [2 * rate for rate in rates]
    still = paramrules_mlx.build(model, paramrules.parse("all: else -> lr_scale = 0"), learning_rate=0.5)
    assert still.learning_rate.item() == 0.5
    assert still.optimizers[0].learning_rate.item() == 0.0


def test_a_schedule_is_scaled(model: MLP) -> None:
    schedule = optim.linear_schedule(1.0, 0.0, 4)
    optimizer = paramrules_mlx.build(model, paramrules.parse(RULES), optim.SGD, learning_rate=schedule)
    seen = []
    for _ in range(4):
        train(model, optimizer, 1)
        seen.append([member.learning_rate.item() for member in optimizer.optimizers[:3]])
    assert seen == [[rate, rate / 4, rate / 2] for rate in (1.0, 0.75, 0.5, 0.25)]


def test_a_rule_cannot_replace_a_schedule(model: MLP) -> None:
    rules = paramrules.parse("a: ndim == 2 -> lr = 0.1\nb: role == scale -> lr = 0.2\nc: else")
    with pytest.raises(RulesError) as raised:
        paramrules_mlx.build(model, rules, learning_rate=optim.linear_schedule(1.0, 0.0, 4))
    assert (
        str(raised.value)
        == """
error[E630]: the groups `a` and `b` set `lr`, and a schedule has no base rate to replace
  --> <rules>:1:17
   |
 1 | a: ndim == 2 -> lr = 0.1
   |                 ^^^^^^^^
  --> <rules>:2:21
   |
 2 | b: role == scale -> lr = 0.2
   |                     ^^^^^^^^
   = help: write `lr_scale`, which multiplies the schedule, \
or give the group a schedule of its own, with `schedule`"""
    )


def test_a_rules_rate_replaces_a_number(model: MLP) -> None:
    rules = paramrules.parse("a: ndim == 2 -> lr = 0.1\nb: else")
    optimizer = paramrules_mlx.build(model, rules, learning_rate=0.5)
    assert [round(member.learning_rate.item(), 6) for member in optimizer.optimizers] == [0.1, 0.5]


MUON = 'muon: ndim == 2 and name ~ layers -> optimizer = "muon", momentum = 0.9\nrest: else'


def test_several_optimizers(model: MLP) -> None:
    optimizer = paramrules_mlx.build(
        model,
        paramrules.parse(MUON),
        {"muon": partial(optim.Muon, ns_steps=3), "default": optim.AdamW},
        learning_rate=0.02,
        weight_decay=0.1,
        betas=[0.8, 0.9],
    )
    muon, adam = optimizer.optimizers
    assert (type(muon), muon.momentum, muon.ns_steps, muon.weight_decay) == (optim.Muon, 0.9, 3, 0.1)
    assert (type(adam), adam.betas) == (optim.AdamW, [0.8, 0.9])
    losses = train(model, optimizer, 10)
    assert losses[-1] < losses[0]


def test_an_optimizer_that_no_rule_names_is_reported(model: MLP) -> None:
    with pytest.warns(RulesWarning, match="W617") as caught:
        paramrules_mlx.build(
            model,
            paramrules.parse("all: else"),
            {"muon": optim.Muon, "default": optim.AdamW},
            learning_rate=0.1,
        )
    assert caught[0].filename == __file__


FREEZING = "stem: name ~ layers\\.0 -> freeze = true\nrest: else"


def test_frozen_arrays_stay_and_train_again(model: MLP) -> None:
    model.head.freeze(keys="bias")
    before = values(model)
    train(model, paramrules_mlx.build(model, paramrules.parse(FREEZING), learning_rate=0.1))
    after = values(model)
    fixed = {name for name in before if np.array_equal(before[name], after[name])}
    assert fixed == {"layers.0.weight", "layers.0.bias", "head.bias"}
    again = paramrules_mlx.build(model, paramrules.parse(FREEZING), learning_rate=0.1)
    assert again.labels == ("rest",)
    train(model, paramrules_mlx.build(model, paramrules.parse("all: else"), learning_rate=0.1))
    assert {n for n in before if np.array_equal(after[n], values(model)[n])} == {"head.bias"}


def test_what_is_skipped_is_left_to_another_optimizer(model: MLP) -> None:
    stem = paramrules.parse("stem: name ~ layers\\.0 -> skip = true\nrest: else")
    mine = paramrules.parse("stem: name ~ layers\\.0\nrest: else -> skip = true")
    before = values(model)
    first = paramrules_mlx.build(model, stem, learning_rate=0.1)
    second = paramrules_mlx.build(model, mine, learning_rate=0.1)
    assert (first.labels, second.labels) == (("rest",), ("stem",))
    train(model, first)
    between = values(model)
    assert {n for n in before if np.array_equal(before[n], between[n])} == {
        "layers.0.weight",
        "layers.0.bias",
    }
    train(model, second)
    after = values(model)
    assert {n for n in before if not np.array_equal(between[n], after[n])} == {
        "layers.0.weight",
        "layers.0.bias",
    }


def test_freezing_what_a_living_optimizer_trains(model: MLP) -> None:
    first = paramrules_mlx.build(model, paramrules.parse("all: else"), learning_rate=0.1)
    with pytest.warns(paramrules.RulesWarning) as caught:
        paramrules_mlx.build(model, paramrules.parse(FREEZING, "s.rules"), learning_rate=0.1)
    assert [str(warning.message) for warning in caught] == [
        """W643: this freezes `layers.0.weight` and `layers.0.bias`, \
which the `GroupedOptimizer` of an earlier `build` still trains
  --> s.rules:1:27
   |
 1 | stem: name ~ layers\\.0 -> freeze = true
   |                           ^^^^^^^^^^^^^
   = help: write `skip = true` to leave a parameter to another optimizer, or delete that optimizer first"""
    ]
    assert caught[0].filename == __file__
    assert first.labels == ("all",)
    paramrules_mlx.build(model, paramrules.parse(FREEZING), learning_rate=0.1)  # frozen already: said once


def test_a_collected_optimizer_trains_nothing(model: MLP) -> None:
    looped = paramrules_mlx.build(model, paramrules.parse("all: else"), learning_rate=0.1)
    looped.scheduler = looped  # a cycle, which waits for the collector
    other = MLP()
    kept = paramrules_mlx.build(other, paramrules.parse("all: else"), learning_rate=0.1)
    del looped
    paramrules_mlx.build(model, paramrules.parse(FREEZING), learning_rate=0.1)
    assert kept.labels == ("all",)


def test_what_other_rules_froze_stays_frozen_where_it_is_skipped(model: MLP) -> None:
    paramrules_mlx.build(model, paramrules.parse(FREEZING), learning_rate=0.1)
    skipping = paramrules.parse("stem: name ~ layers\\.0 -> skip = true\nrest: else")
    paramrules_mlx.build(model, skipping, learning_rate=0.1)
    assert "layers.0.weight" not in dict(tree_flatten(model.trainable_parameters()))


class Tied(nn.Module):
    """A model that uses one layer twice; MLX computes its whole gradient under the last name."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(4, 4)
        self.mid = nn.Linear(4, 4)
        self.head = self.embed

    def __call__(self, x: mx.array) -> mx.array:
        return self.head(self.mid(self.embed(x)))


def test_a_shared_module_trains_as_with_one_optimizer() -> None:
    trained = []
    for rules in ("no_decay: role == bias\nrest: else", None):
        mx.random.seed(3)
        model = Tied()
        optimizer = (
            optim.SGD(0.1)
            if rules is None
            else paramrules_mlx.build(model, paramrules.parse(rules), optim.SGD, learning_rate=0.1)
        )
        train(model, optimizer, 3)
        trained.append({name: np.array(array) for name, array in tree_flatten(model.parameters())})
        assert optimizer.learning_rate.item() == pytest.approx(0.1)
    for name, value in trained[0].items():
        np.testing.assert_array_equal(value, trained[1][name], err_msg=name)


def test_what_is_frozen_around_an_array_stays_frozen(model: MLP) -> None:
    stem = paramrules.parse(FREEZING)
    paramrules_mlx.build(model, stem, learning_rate=0.1)
    model.freeze(recurse=False, keys="layers.0")
    optimizer = paramrules_mlx.build(model, paramrules.parse("all: else"), learning_rate=0.1)
    assert not any(name.startswith("layers.0") for name in optimizer.names[0])


def test_rates_of_their_own_stay_when_the_base_is_set(model: MLP) -> None:
    own = paramrules.parse("own: ndim == 2 -> lr = 0.25\nrest: else")
    optimizer = paramrules_mlx.build(model, own, optim.SGD, learning_rate=0.0)
    optimizer.learning_rate = 0.5
    assert [member.learning_rate.item() for member in optimizer.optimizers] == [0.25, 0.5]
    two = paramrules.parse('own: ndim == 2 -> optimizer = "fixed"\nrest: else')
    fixed = {"fixed": partial(optim.SGD, learning_rate=2.0), "default": optim.SGD}
    schedule = optim.linear_schedule(1.0, 0.0, 4)
    optimizer = paramrules_mlx.build(model, two, fixed, learning_rate=schedule)
    assert [member.learning_rate.item() for member in optimizer.optimizers] == [2.0, 1.0]
    assert optimizer.learning_rate.item() == 1.0
    moving = {"fixed": partial(optim.SGD, learning_rate=schedule), "default": optim.SGD}
    optimizer = paramrules_mlx.build(model, two, moving, learning_rate=mx.array(0.5))
    optimizer.learning_rate = 0.25
    assert [member.learning_rate.item() for member in optimizer.optimizers] == [1.0, 0.25]
    assert optimizer.learning_rate.item() == 0.25


def test_every_optimizer_may_bind_its_rate(model: MLP) -> None:
    every = paramrules.parse("all: else -> lr_scale = 0.5")
    optimizer = paramrules_mlx.build(model, every, partial(optim.SGD, learning_rate=0.5))
    assert [member.learning_rate.item() for member in optimizer.optimizers] == [0.25]
    assert optimizer.learning_rate.item() == 0.0


def test_a_schedule_that_no_group_follows_is_still_the_base(model: MLP) -> None:
    schedule = optim.linear_schedule(1.0, 0.0, 4)
    frozen = paramrules.parse("all: else -> lr_scale = 0")
    assert paramrules_mlx.build(model, frozen, learning_rate=schedule).learning_rate.item() == 1.0


def test_state_is_saved_and_loaded(model: MLP, tmp_path: Path) -> None:
    optimizer = paramrules_mlx.build(model, paramrules.parse(RULES), learning_rate=0.1)
    train(model, optimizer)
    mx.savez(str(tmp_path / "state.npz"), **dict(tree_flatten(optimizer.state)))
    copy = MLP()
    copy.update(tree_map(mx.array, model.parameters()))
    resumed = paramrules_mlx.build(copy, paramrules.parse(RULES), learning_rate=0.1)
    resumed.state = tree_unflatten(list(mx.load(str(tmp_path / "state.npz")).items()))
    assert train(copy, resumed) == train(model, optimizer)


def test_a_compiled_step(model: MLP) -> None:
    optimizer = paramrules_mlx.build(model, paramrules.parse(RULES), learning_rate=0.1)
    optimizer.init(model.trainable_parameters())
    state = [model.state, optimizer.state]

    @partial(mx.compile, inputs=state, outputs=state)
    def step(x: mx.array, y: mx.array) -> mx.array:
        loss, gradients = nn.value_and_grad(model, loss_of)(model, x, y)
        optimizer.update(model, gradients)
        return loss

    losses = [step(*batch()).item() for _ in range(5)]
    mx.random.seed(0)
    other = MLP()
    plain = paramrules_mlx.build(other, paramrules.parse(RULES), learning_rate=0.1)
    np.testing.assert_allclose(losses, train(other, plain), rtol=1e-5)


def test_a_parameter_that_came_later_is_refused(model: MLP) -> None:
    optimizer = paramrules_mlx.build(model, paramrules.parse(RULES), learning_rate=0.1)
    model.layers.append(nn.Linear(4, 4))
    with pytest.raises(RulesError) as raised:
        train(model, optimizer, 1)
    assert str(raised.value) == (
        "\nerror[E601]: `layers.2.weight` is not a parameter of the model that the optimizer was built for\n"
        "  = help: did you mean `layers.1.weight`?"
    )


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        (
            {"learning_rate": "1e-3"},
            TypeError,
            "`learning_rate` is '1e-3', a `str`, and should be a number or",
        ),
        ({"learning_rate": 0.1, "weight_decay": "0"}, TypeError, "`weight_decay` is '0', a `str`"),
        (
            {"learning_rate": 0.1, "weight_decay": len},
            TypeError,
            "and should be a number: MLX's optimizers take one decay for all steps, and `learning_rate` may",
        ),
        ({}, TypeError, "the base rate is missing: pass `learning_rate=1e-3`, a number or a schedule"),
        ({"lr": 0.1}, TypeError, "`lr` is called `learning_rate` here: pass `learning_rate=1e-3`"),
        (
            {"learning_rate": 0.1, "optimizer": partial(optim.AdamW, 0.1)},
            TypeError,
            "`functools.partial` of an optimizer should bind its arguments by name",
        ),
        (
            {"learning_rate": 0.1, "optimizer": partial(optim.AdamW, bogus=3)},
            RulesError,
            r"E612\]: `AdamW` takes no argument `bogus`\n  = help: it takes `betas`",
        ),
        (
            {"learning_rate": 0.1, "optimizer": partial(optim.AdamW, learning_rate=0.2)},
            RulesError,
            r"E612\]: `AdamW` takes no argument `learning_rate`\n  = help: `functools.partial` binds it",
        ),
        (
            {"learning_rate": 0.1, "option": {}},
            RulesError,
            r"E612\]: `build` takes no argument `option`\n  = help: did you mean `options`\?",
        ),
        ({"learning_rate": 0.1, "optimizer": Path}, TypeError, r"and not `pathlib\.Path`"),
        ({"learning_rate": 0.1, "weight_decy": 0}, RulesError, "did you mean `weight_decay`"),
        ({"learning_rate": 0.1, "optimizer": {}}, ValueError, "`optimizer` is an empty mapping"),
        (
            {"learning_rate": 0.1, "optimizer": optim.AdamW(0.1)},
            TypeError,
            "`optimizer` should be a class such as `mlx.optimizers.AdamW`, or a function that makes an "
            "optimizer, and not an `AdamW`: pass `mlx.optimizers.AdamW`",
        ),
        (
            {"learning_rate": 0.1, "optimizer": "adamw"},
            TypeError,
            "and not 'adamw': pass `mlx.optimizers.AdamW`",
        ),
        (
            {"learning_rate": 0.1, "optimizer": lambda learning_rate: 3},
            TypeError,
            "made an `int`, and should",
        ),
        ({"learning_rate": 0.1, "beta": 3}, RulesError, r"E612\]: `AdamW` takes no argument `beta`"),
        ({"learning_rate": 0.1, "weight_decay": 0.1, "optimizer": optim.Adam}, RulesError, "E612"),
    ],
)
def test_arguments_of_no_use(model: MLP, how: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        paramrules_mlx.build(model, paramrules.parse("all: else"), **how)


def test_settings_that_the_optimizer_does_not_have(model: MLP) -> None:
    rules = paramrules.parse("all: else -> momentum = 0.9, weight_decay = 0")
    with pytest.raises(
        RulesError, match=r"E611\]: `Adam` has no setting `momentum`, which the group `all` sets"
    ):
        paramrules_mlx.build(model, rules, optim.Adam, learning_rate=0.1)


def test_a_function_that_takes_anything(model: MLP) -> None:
    def make(learning_rate: float, **settings: Any) -> optim.Optimizer:
        return optim.SGD(learning_rate, **settings)

    optimizer = paramrules_mlx.build(
        model, paramrules.parse("all: else -> momentum = 0.9"), make, learning_rate=0.1
    )
    assert optimizer.optimizers[0].momentum == 0.9


def test_an_optimizer_without_weight_decay_takes_no_scale_of_it(model: MLP) -> None:
    rules = paramrules.parse("all: else -> weight_decay_scale = 0.5")
    with pytest.raises(RulesError, match=r"E611\]: `Adagrad` has no setting `weight_decay_scale`"):
        paramrules_mlx.build(model, rules, optim.Adagrad, learning_rate=0.1)


NAMED = 'body: name ~ layers -> schedule = "late", lr_scale = 0.5, is_body = true\nrest: else'


def test_groups_follow_schedules_by_name(model: MLP) -> None:
    rules = paramrules.parse(NAMED, "n.rules")

    def late(step: mx.array) -> mx.array:
        return mx.where(step < 2, 0.0, 0.3)

    optimizer = paramrules_mlx.build(
        model, rules, optim.SGD, learning_rate={"default": 0.1, "late": late}, marks=["is_body"]
    )
    rates = []
    for _ in range(3):
        train(model, optimizer, 1)
        rates.append([round(member.learning_rate.item(), 6) for member in optimizer.optimizers])
    assert rates == [[0.0, 0.1], [0.0, 0.1], [0.15, 0.1]]
    optimizer.learning_rate = 0.2
    assert [round(member.learning_rate.item(), 6) for member in optimizer.optimizers] == [0.15, 0.2]


def test_schedules_that_are_not_there_and_of_decay(model: MLP) -> None:
    def said(text: str, **how: Any) -> str:
        with pytest.raises(paramrules.RulesError) as raised:
            paramrules_mlx.build(
                model, paramrules.parse(text, "n.rules"), optim.AdamW, marks=["is_body"], **how
            )
        return str(raised.value)

    assert said(NAMED, learning_rate=0.1).startswith(
        "\nerror[E644]: the group `body` names the schedule `late`, and only one was passed\n"
    )
    named = 'body: name ~ layers -> weight_decay_schedule = "cosine"\nrest: else'
    assert (
        said(named, learning_rate=0.1)
        == """
error[E646]: MLX's optimizers have one weight decay for all steps, and the group `body` names a schedule of it
  --> n.rules:1:24
   |
 1 | body: name ~ layers -> weight_decay_schedule = "cosine"
   |                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: leave it out for MLX, and set `optimizer.optimizers[number].weight_decay` as you train"""
    )
    with pytest.warns(paramrules.RulesWarning, match="W641"):
        paramrules_mlx.build(
            model, paramrules.parse("all: else"), optim.SGD, learning_rate={"default": 0.1, "late": 0.2}
        )


class Scaled(nn.Module):
    """A norm that no table has."""

    def __init__(self) -> None:
        super().__init__()
        self.amount = mx.ones(3)


def test_a_models_own_vocabulary(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(f'[families]\nRMSNorm = ["{__name__}.Scaled"]\n', "utf-8")
    rules = paramrules.parse("a: type(RMSNorm) -> lr_scale = 0.5\nb: else\n")
    optimizer = paramrules_mlx.build(
        nn.Sequential(Scaled(), nn.Linear(3, 2)), rules, learning_rate=0.1, vocabulary=file
    )
    assert optimizer.labels == ("a", "b")


def test_a_comment_allows_rules_without_settings() -> None:
    rules = paramrules.parse("# allow: W619 -- the labels are for plots\na: ndim == 1\nb: else\n")
    assert paramrules_mlx.build(nn.Linear(2, 2), rules, learning_rate=0.1).labels == ("a", "b")


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_a_learning_rate_that_is_an_array_is_finite(model: MLP, number: str) -> None:
    with pytest.raises(ValueError, match=r"^`learning_rate` is array.* and should be a finite number$"):
        paramrules_mlx.build(model, paramrules.parse(RULES), learning_rate=mx.array(float(number)))


def test_an_array_times_a_scale_is_finite(model: MLP) -> None:
    rules = paramrules.parse("a: else -> lr_scale = 1e30\n")
    with pytest.raises(RulesError, match=r"E208.*`learning_rate` of the group `a` is array.* times 1e\+30"):
        paramrules_mlx.build(model, rules, learning_rate=mx.array(1e30))
