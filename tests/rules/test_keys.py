"""The table of settings, held against the optimizers themselves."""

import inspect

import pytest

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.rules import parse
from paramrules.rules.foreign_keys import FOREIGN_KEYS, written_here
from paramrules.rules.keys import KEYS, PORTABLE, RESERVED, SCALES, near_key


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
    assert keys - KEYS.keys() - FOREIGN_KEYS.keys() == set()


def test_the_table_says_each_thing_once() -> None:
    assert not PORTABLE.keys() & FOREIGN_KEYS.keys()
    assert not KEYS.keys() & RESERVED
    assert {key.instead.partition(" = ")[0] for key in FOREIGN_KEYS.values()} | SCALES.keys() <= KEYS.keys()


@pytest.mark.parametrize(("key", "value"), [*((key, "1") for key in FOREIGN_KEYS), ("LR_MULT", "rate")])
def test_a_name_of_other_tools_is_reported_with_the_setting_to_write(key: str, value: str) -> None:
    rules = f"option rate = 2\na: ndim == 1 -> {key} = {value}"
    (finding,) = findings_of(rules)
    assert finding.code == ("E317" if key in RESERVED else "W327")
    assert finding.help.startswith(f"did you mean `{written_here(key, value)}`?")
    assert ("# allow: W327" in finding.help) == (key in KEYS)


@pytest.mark.parametrize(
    ("key", "value", "instead"),
    [
        ("lr_mult", "10", "lr_scale = 10"),
        ("layer_decay", "0.75", "lr_scale = 0.75 ** (depth - i)"),
        ("beta2", "0.95", "betas = (0.9, 0.95)"),
        ("requires_grad", "false", "freeze = true"),
        ("trainable", "true", "freeze = false"),
        ("frozen", "true", "freeze = true"),
        ("lr", "1", ""),
    ],
)
def test_what_to_write_instead(key: str, value: str, instead: str) -> None:
    assert written_here(key, value) == instead


def findings_of(text: str) -> tuple[Diagnostic, ...]:
    try:
        return parse(text).findings
    except RulesError as error:
        return error.diagnostics


@pytest.mark.parametrize(
    "key",
    [
        "is_expert_parallel",
        "is_last_layer",
        "layer_id",
        "clip",
        "xyz",
        "w",
        "moe",
        "mod",
        "model",
        "modes",
        "stem",
    ],
)
def test_a_key_far_from_all_known_ones_is_the_users_own(key: str) -> None:
    assert parse(f"a: ndim == 1 -> {key} = 1\nb: ndim == 2 -> {key} = 2").findings == ()


def test_the_nearest_key() -> None:
    assert near_key("lr_scal") == "lr_scale"
    assert near_key("EPS") == "eps"
    assert near_key("moe") == near_key("mod") == near_key("modes") == ""


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
