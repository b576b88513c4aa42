"""The table of settings, held against the optimizers themselves."""

import inspect

import pytest

from paramrules.rules import parse
from paramrules.rules.keys import KEYS, MULTIPLIED, OTHER_NAMES, RESERVED


@pytest.mark.frameworks
def test_every_setting_of_torch_optim_is_known() -> None:
    torch = pytest.importorskip("torch")
    optimizers = [
        each
        for each in vars(torch.optim).values()
        if inspect.isclass(each) and issubclass(each, torch.optim.Optimizer)
    ]
    unset = {"self", "params", "defaults", "args", "kwargs"}
    keys = {key for each in optimizers for key in inspect.signature(each.__init__).parameters} - unset
    # LBFGS takes all parameters as one group, and these are its
    keys -= {"max_iter", "max_eval", "tolerance_grad", "tolerance_change", "history_size"}
    assert len(keys) > 20
    assert keys - KEYS.keys() == set()


@pytest.mark.frameworks
def test_every_setting_of_optax_is_known_or_has_another_name_here() -> None:
    pytest.importorskip("optax.contrib")  # a folder of these tests is called optax too
    import optax

    keys = {
        key
        for each in vars(optax).values()
        if inspect.isfunction(each) and "learning_rate" in inspect.signature(each).parameters
        for key, parameter in inspect.signature(each).parameters.items()
        if isinstance(parameter.default, bool | int | float)
    }
    assert len(keys) > 20
    # not of a group of parameters: of L-BFGS's memory, of a line search, and masks
    keys -= {"memory_size", "scale_init_precond", "flip_sign", "weight_decay_mask", "trust_ratio_mask"}
    keys -= {"beta"}  # nearly always a typo of `betas`
    assert keys - KEYS.keys() - OTHER_NAMES.keys() == set()


def test_the_table_says_each_thing_once() -> None:
    assert not KEYS.keys() & OTHER_NAMES.keys()
    assert not KEYS.keys() & RESERVED
    assert {value.partition(" = ")[0] for value in OTHER_NAMES.values()} | MULTIPLIED <= KEYS.keys()


@pytest.mark.parametrize("key", ["is_expert_parallel", "is_last_layer", "layer_id", "clip", "xyz", "w"])
def test_a_key_far_from_all_known_ones_is_the_users_own(key: str) -> None:
    assert parse(f"a: ndim == 1 -> {key} = 1\nb: ndim == 2 -> {key} = 2").findings == ()


def test_a_hundred_keys_of_the_users_own_are_enough_to_search_for() -> None:
    lines = "\n".join(f"a{i}: ndim == {i} -> own_key_number_{i} = 1" for i in range(101))
    assert parse(f"{lines}\nb: ndim == 200 -> weight_deacy = 1").findings == ()


@pytest.mark.parametrize(
    "setting",
    [
        "eps = 1e-8",
        "eps = (1e-30, 1e-3)",
        "fused = none",
        "foreach = true",
        "betas = (0.9, rate)",
        "lr = any",
        "optimizer = any",
        "freeze = any",
        "betas = any",
        "lr = attr(lr)",
        "name = (1, 2)",
    ],
)
def test_a_setting_of_the_right_type(setting: str) -> None:
    assert parse(f"option any\noption rate = 0.99\na: ndim == 1 -> {setting}").findings == ()
