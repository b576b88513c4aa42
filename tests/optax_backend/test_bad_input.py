"""Mistakes in what users pass, in each of the four libraries, and the messages for them."""

import sys
from types import ModuleType

import equinox as eqx
import haiku as hk
import jax
import jax.numpy as jnp
import optax
import paramrules_optax
import paramrules_torch
import pytest
import torch
from flax import linen as nn
from flax import nnx
from flax.core import FrozenDict
from flax.training.train_state import TrainState
from paramrules_optax import build, decay_mask_fn, label_fn, labels, mask, mask_fn, masks

import paramrules
from paramrules import RulesError, RulesWarning, parse

RANK = parse("no_decay: ndim <= 1\ndecay: else\n", "rank.rules")
TYPE = parse("no_decay: type(BatchNorm)\ndecay: else\n", "type.rules")
KEY = jax.random.key(0)
X = jnp.ones((2, 3))


class Linen(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.BatchNorm(use_running_average=False, name="bn")(nn.Dense(4, name="fc")(x))


class Nnx(nnx.Module):
    def __init__(self, rngs):
        self.fc = nnx.Linear(3, 4, rngs=rngs)
        self.bn = nnx.BatchNorm(4, rngs=rngs)


class Equinox(eqx.Module):
    fc: eqx.nn.Linear
    bn: eqx.nn.BatchNorm

    def __init__(self):
        self.fc = eqx.nn.Linear(3, 4, key=KEY)
        self.bn = eqx.nn.BatchNorm(4, "batch", mode="batch")


def haiku(x):
    return hk.BatchNorm(True, True, 0.9, name="bn")(hk.Linear(4, name="fc")(x), True)


VARIABLES = Linen().init(KEY, X)
PARAMS = VARIABLES["params"]
NNX = Nnx(nnx.Rngs(0))
HAIKU, HAIKU_STATE = hk.transform_with_state(haiku).init(KEY, X)
EQUINOX, EQUINOX_STATE = eqx.nn.make_with_state(Equinox)()
LINEN_INVENTORY = paramrules.inventory(Linen(), inputs=X)
HAIKU_INVENTORY = paramrules.inventory(haiku, inputs=X)


def optimizer(params, rules, **how):
    return build(params, rules, learning_rate=1e-3, **how).init(params)


def decay_mask(params, rules, **how):
    return mask(params, rules, "decay", **how)


CALLS = [labels, decay_mask, optimizer]


def refused(*arguments, calls=CALLS, **how):
    """Return the one message with which labels, masks and optimizers refuse the arguments."""
    texts = set()
    for call in calls:
        with pytest.raises(RulesError) as caught:
            call(*arguments, **how)
        texts.add(str(caught.value))
    [text] = texts
    return text


def test_nothing():
    expected = """
error[E501]: `None` is not a tree of parameters
  = help: pass the parameters, or the module that has them"""
    assert refused(None, RANK, calls=[*CALLS, label_fn]) == expected
    assert refused(None, RANK, model=LINEN_INVENTORY) == expected
    assert (
        refused(None, calls=[paramrules.inventory]).splitlines()[1]
        == "error[E504]: no backend knows what a `NoneType` is"
    )


@pytest.mark.parametrize("call", [*CALLS, label_fn])
@pytest.mark.parametrize(("rules", "what"), [(None, "NoneType"), (PARAMS, "dict")])
def test_something_else_in_place_of_rules(call, rules, what):
    with pytest.raises(TypeError) as caught:
        call(PARAMS, rules)
    assert str(caught.value) == (
        f"`rules` comes after the parameters, as a path or what `paramrules.load` returns; this is a `{what}`"
    )


@pytest.mark.parametrize("call", [*CALLS, label_fn, masks, decay_mask_fn])
def test_rules_before_the_parameters(call):
    with pytest.raises(TypeError) as caught:
        call(RANK, PARAMS)
    assert str(caught.value) == "the arguments are in the wrong order: pass the parameters, then the rules"


@pytest.mark.parametrize("call", [mask, mask_fn])
def test_a_label_before_the_rules(call):
    with pytest.raises(TypeError) as caught:
        call(PARAMS, "decay", RANK)
    assert str(caught.value) == (
        "`label` is a `paramrules.rules.model.Rules` and should be a text: "
        "pass the parameters, the rules, then the label"
    )


@pytest.mark.parametrize(
    ("call", "more"),
    [
        (labels, ()),
        (label_fn, ()),
        (mask, ("decay",)),
        (mask_fn, ("decay",)),
        (masks, ()),
        (paramrules_optax.decay_mask, ()),
        (decay_mask_fn, ()),
    ],
)
def test_an_option_as_a_keyword(call, more):
    rules = parse("option most = 1\nno_decay: ndim <= most\ndecay: else")
    with pytest.raises(TypeError) as caught:
        call(PARAMS, rules, *more, most=2)
    assert str(caught.value) == (
        f"`{call.__name__}` takes no argument `most`: it is an option of the rules, "
        'so pass `options={"most": 2}`'
    )


def test_a_model_of_another_framework():
    with pytest.raises(RulesError) as caught:
        paramrules_torch.build(NNX, RANK)
    assert str(caught.value) == (
        f"\nerror[E519]: a `{Nnx.__module__}.Nnx` is not a `torch.nn.Module`\n"
        "  = help: it belongs to `optax`: use `paramrules_optax`"
    )


def test_arrays_and_modules_of_another_framework():
    array = type(jnp.ones(2))
    with pytest.raises(RulesError) as caught:
        paramrules_torch.build({"a": jnp.ones(2)}, RANK)
    assert str(caught.value) == (
        f"\nerror[E546]: `a` is a `{array.__module__}.{array.__qualname__}`, not a tensor\n"
        "  = help: it belongs to `optax`: use `paramrules_optax`"
    )
    with pytest.raises(RulesError) as caught:
        paramrules_optax.build(torch.nn.Linear(2, 2), RANK, learning_rate=0.1)
    assert str(caught.value) == (
        "\nerror[E537]: the argument is a `torch.nn.modules.linear.Linear`, not an array\n"
        "  = help: it belongs to `torch`: use `paramrules_torch`"
    )


def test_what_keeps_the_state_of_an_optimizer():
    trained = nnx.Optimizer(NNX, optax.adamw(1e-3), wrt=nnx.Param)
    state = TrainState.create(apply_fn=None, params=PARAMS, tx=optax.adamw(1e-3))
    for value, help in ((trained, "pass the module that it trains"), (state, "pass its `.params`")):
        cls = type(value)
        expected = (
            f"\nerror[E519]: a `{cls.__module__}.{cls.__qualname__}` keeps the state of an optimizer beside "
            f"parameters\n  = help: {help}"
        )
        assert refused(value, RANK) == expected
        assert refused(value, calls=[paramrules.inventory]) == expected


@pytest.mark.parametrize(
    ("model", "keyword", "help"),
    [
        (Linen(), "input", "did you mean `inputs`?"),
        (Linen(), "train", 'leave `train` out, or pass it to the model: `kwargs={"train": ...}`'),
        (NNX, "input", "leave `input` out"),
        (NNX, "type", "did you mean `types`?"),
    ],
)
def test_keywords_of_an_inventory(model, keyword, help):
    assert refused(model, calls=[paramrules.inventory], **{keyword: 1}) == (
        f"\nerror[E517]: `{keyword}` says nothing about a model of `optax`\n  = help: {help}"
    )


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("stacked", ["layers"], "is ['layers'] and should be a mapping: `stacked={\"layers\": 1}`"),
        ("stacked", {0: 1}, "has the key 0, and should have paths in the model"),
        ("types", 3, 'is 3 and should be a mapping: `types={"encoder.norm": LayerNorm}`'),
        ("kwargs", {0: 1}, "has the key 0, and should have names of arguments"),
    ],
)
def test_arguments_of_an_inventory_that_are_no_mappings(argument, value, message):
    with pytest.raises(TypeError) as caught:
        paramrules.inventory(PARAMS, **{argument: value})
    assert str(caught.value) == f"`{argument}` {message}"


@pytest.mark.parametrize("cls", [nn.Dense, nnx.Linear, eqx.nn.Linear, hk.Linear])
def test_a_class_in_place_of_a_module(cls):
    name = cls.__name__
    assert (
        refused(cls, calls=[paramrules.inventory])
        == f"""
error[E504]: `{cls.__module__}.{name}` is a class, not a model
  = help: pass an instance: `{name}(...)`"""
    )
    expected = f"""
error[E537]: the argument is the class `{name}`, not an array
  = help: pass an instance: `{name}(...)`"""
    assert refused(cls, RANK) == expected
    assert refused(PARAMS, RANK, model=cls) == expected


@pytest.mark.parametrize(
    ("params", "model", "first"),
    [
        (nn.Dense(4).init(KEY, X)["params"], LINEN_INVENTORY, "bias"),
        (nnx.Linear(3, 4, rngs=nnx.Rngs(0)), NNX, "bias"),
        (nnx.state(nnx.Linear(3, 4, rngs=nnx.Rngs(0)), nnx.Param), NNX, "bias"),
        (hk.transform(lambda x: hk.Linear(4)(x)).init(KEY, X), HAIKU_INVENTORY, "linear.b"),
        (eqx.nn.MLP(3, 4, 2, 1, key=KEY), EQUINOX, "layers.0.weight"),
        (HAIKU, LINEN_INVENTORY, "bn.offset"),
    ],
    ids=["linen", "nnx", "nnx state", "haiku", "equinox", "haiku for linen"],
)
def test_parameters_of_another_model(params, model, first):
    assert (
        refused(params, RANK, model=model)
        == f"""
error[E601]: `{first}` is not a parameter of the model that the rules were assigned to
  = help: pass the tree that is trained, or the model that it belongs to"""
    )


@pytest.mark.parametrize(
    ("params", "model", "name", "shapes"),
    [
        (Linen().init(KEY, jnp.ones((2, 7)))["params"], LINEN_INVENTORY, "fc.kernel", ((7, 4), (3, 4))),
        (nnx.Linear(7, 4, rngs=nnx.Rngs(0)), nnx.Linear(3, 4, rngs=nnx.Rngs(0)), "kernel", ((7, 4), (3, 4))),
        (
            hk.transform_with_state(haiku).init(KEY, jnp.ones((2, 7)))[0],
            HAIKU_INVENTORY,
            "fc.w",
            ((7, 4), (3, 4)),
        ),
        (eqx.nn.Linear(7, 4, key=KEY), eqx.nn.Linear(3, 4, key=KEY), "weight", ((4, 7), (4, 3))),
    ],
    ids=["linen", "nnx", "haiku", "equinox"],
)
def test_parameters_of_a_model_of_another_width(params, model, name, shapes):
    assert (
        refused(params, RANK, model=model, calls=[*CALLS, label_fn])
        == f"""
error[E601]: `{name}` has the shape {shapes[0]}, and the model has it in the shape {shapes[1]}
  = help: pass the parameters and the inventory of the same model"""
    )


def test_several_models_in_one_tree_have_the_labels_of_one():
    several = jax.vmap(lambda key: Linen().init(key, X)["params"])(jax.random.split(KEY, 5))
    assert labels(several, TYPE, model=LINEN_INVENTORY) == labels(PARAMS, TYPE, model=LINEN_INVENTORY)
    assert labels({"gain": jnp.ones(5)}, RANK, model={"gain": jnp.ones(())}) == {"gain": "no_decay"}


@pytest.mark.parametrize(
    ("tree", "model", "path", "first"),
    [
        ((PARAMS, VARIABLES["batch_stats"]), LINEN_INVENTORY, "0", "bn.bias"),
        ({"model": PARAMS}, LINEN_INVENTORY, "model", "bn.bias"),
        ((HAIKU, HAIKU_STATE), HAIKU_INVENTORY, "0", "bn.offset"),
        ([EQUINOX, EQUINOX_STATE], EQUINOX, "0", "fc.weight"),
    ],
    ids=["linen", "in a dict", "haiku", "equinox"],
)
def test_parameters_with_their_state_beside_them(tree, model, path, first):
    assert (
        refused(tree, RANK, model=model)
        == f"""
error[E601]: `{path}.{first}` is not a parameter of the model that the rules were assigned to
  = help: the model's parameters are below `{path}`: pass the tree there"""
    )


def test_haikus_state_among_its_parameters():
    expected = """
error[E538]: `{}bn.~.mean_ema.counter` is an array of int32, which no optimizer trains (and 1 more)
  = help: pass parameters alone, as the optimizer gets them"""
    merged = hk.data_structures.merge(HAIKU, HAIKU_STATE)
    calls = [*CALLS, label_fn]
    assert (
        refused(merged, RANK, calls=calls) == refused(HAIKU_STATE, RANK, calls=calls) == expected.format("")
    )
    assert refused((HAIKU, HAIKU_STATE), RANK, calls=calls) == expected.format("1.")
    assert (
        refused(merged, RANK, model=HAIKU_INVENTORY)
        == """
error[E601]: `bn.~.mean_ema.average` is not a parameter of the model that the rules were assigned to
  = help: pass the tree that is trained, or the model that it belongs to"""
    )


def test_nnx_statistics_in_a_state():
    state = nnx.state(NNX)
    help = "\n  = help: pass `nnx.state(model, nnx.Param)`"
    calls = [*CALLS, label_fn]
    expected = "\nerror[E539]: `{}bn.mean` is a `BatchStat`, not a parameter (and 1 more)" + help
    assert refused(state, RANK, calls=calls) == expected.format("")
    assert refused(nnx.split(NNX), RANK, calls=calls) == expected.format("1.")
    assert (
        refused(state, RANK, model=NNX) == "\nerror[E601]: `bn.mean` is a `BatchStat`, not a parameter" + help
    )


HELP = (
    "  = help: pass the parameters alone: linen's `variables[\"params\"]`, NNX's "
    "`nnx.state(model, nnx.Param)`; if they are trained, say so above a rule: `# allow: W513 -- why`"
)
MERGED = {**PARAMS, "bn": {**PARAMS["bn"], **VARIABLES["batch_stats"]["bn"]}}


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (VARIABLES["batch_stats"], "`bn.mean` and `bn.var` look like running statistics"),
        (MERGED, "`bn.mean` and `bn.var` look like running statistics"),
        (nnx.to_pure_dict(nnx.state(NNX)), "`bn.mean` and `bn.var` look like running statistics"),
        ((PARAMS, VARIABLES["batch_stats"]), "`1.bn.mean` and `1.bn.var` look like running statistics"),
        (
            {"running_mean": X, "running_var": X},
            "`running_mean` and `running_var` look like running statistics",
        ),
    ],
    ids=["linen", "merged", "nnx", "a tuple", "torch's names"],
)
def test_statistics_that_only_their_names_reveal(tree, text):
    message = f"{text}, which no optimizer trains\n{HELP}"
    for call in CALLS:
        with pytest.warns(RulesWarning) as caught:
            call(tree, RANK)
        assert str(caught[0].message) == f"W513: {message}"
    assert [paramrules.render(finding) for finding in paramrules.inventory(tree).findings] == [
        f"warning[W513]: {message}"
    ]


@pytest.mark.parametrize(
    ("count", "more"), [(2, " (and one more such pair)"), (4, " (and 3 more such pairs)")]
)
def test_statistics_of_many_modules_are_reported_once(count, more):
    tree = {f"bn{number}": VARIABLES["batch_stats"]["bn"] for number in range(count)}
    [finding] = paramrules.inventory(tree).findings
    assert finding.message == (
        f"`bn0.mean` and `bn0.var` look like running statistics, which no optimizer trains{more}"
    )


def test_statistics_that_are_trained():
    rules = parse("# allow: W513 -- a normal distribution that is learned\nall: else\n")
    assert labels({"mean": X, "var": X}, rules) == {"mean": "all", "var": "all"}
    assert paramrules.inventory({"mean": {"kernel": X}, "var": {"kernel": X}}).findings == ()
    assert paramrules.inventory({"mean": X, "scale": X}).findings == ()
    assert paramrules.inventory({"a_mean": X, "var": X}).findings == ()


def test_equinox_statistics_are_never_parameters():
    raw = Equinox()  # before `make_with_state`, with its statistics inside
    names = ["fc.weight", "fc.bias", "bn.weight", "bn.bias"]
    assert paramrules.inventory(raw).names == paramrules.inventory(EQUINOX).names == names
    for tree in (raw, (EQUINOX, EQUINOX_STATE), [EQUINOX, EQUINOX_STATE]):
        assert len(jax.tree.leaves(labels(tree, RANK))) == 4
    assert paramrules.inventory(EQUINOX_STATE).names == []
    assert (
        refused(raw, RANK, calls=[optimizer])
        == """
error[E601]: `bn.batch_counter.init` is a running statistic, not a parameter
  = help: build the model with `eqx.nn.make_with_state`, which takes them out of it"""
    )
    assert (
        refused(EQUINOX_STATE, parse("all: else"), calls=[optimizer])
        == """
error[E614]: there is nothing to train: the model has no parameters
  = help: pass the model or the parameters that the optimizer trains"""
    )


@pytest.mark.parametrize(
    "tree",
    [
        PARAMS,
        HAIKU,
        nnx.state(NNX, nnx.Param),
        jax.tree.leaves(eqx.filter(EQUINOX, eqx.is_inexact_array)),
    ],
    ids=["linen", "haiku", "nnx", "equinox"],
)
def test_types_of_bare_arrays(tree):
    assert (
        refused(tree, TYPE, calls=[*CALLS, label_fn])
        == """
error[E215]: `type` is not known for this model
  --> type.rules:1:11
   |
 1 | no_decay: type(BatchNorm)
   |           ^^^^^^^^^^^^^^^
   = help: a tree of arrays does not know its modules: pass the model as well, as in \
`labels(params, rules, model=model)`, a linen module or haiku function as \
`model=paramrules.inventory(module, inputs=batch)`; or name the classes: \
`paramrules.inventory(params, types={"encoder.norm": LayerNorm})`"""
    )


@pytest.mark.parametrize("model", [Linen(), haiku, hk.transform_with_state(haiku)])
def test_inputs_that_do_not_fit_the_layers(model):
    with pytest.raises(RulesError) as caught:
        paramrules.inventory(model, inputs=(X, X))
    message, help = str(caught.value).splitlines()[1:]
    assert " cannot run with these inputs: TypeError: " in message
    assert "positional argument" in message
    assert help == (
        "  = help: `inputs` is a tuple of the positional arguments, arrays or shapes; those by name "
        'go into `kwargs={"train": False}`'
    )


def test_integers_in_the_place_of_a_parameter():
    rounded = {**PARAMS, "bn": jax.tree.map(lambda leaf: leaf.astype("int32"), PARAMS["bn"])}
    assert (
        refused(rounded, RANK, model=LINEN_INVENTORY, calls=[*CALLS, label_fn])
        == """
error[E601]: `bn.bias` is an array of int32, which no optimizer trains
  = help: pass the parameters themselves, not something computed from them"""
    )
    assert (
        refused({**PARAMS, "step": jnp.zeros((), "int32")}, RANK, model=LINEN_INVENTORY)
        == """
error[E601]: `step` is not a parameter of the model that the rules were assigned to
  = help: pass the tree that is trained, or the model that it belongs to"""
    )


def test_none_keeps_its_place():
    tree = {**PARAMS, "fc": {"kernel": PARAMS["fc"]["kernel"], "bias": None}}
    for model in (None, LINEN_INVENTORY):
        assert labels(tree, RANK, model=model)["fc"] == {"kernel": "decay", "bias": None}
        optimizer(tree, RANK, model=model)


def test_haiku_modules_with_one_canonical_name():
    assert (
        refused({"a/b": {"w": X}, "a": {"b": {"w": X}}}, RANK, calls=[*CALLS, label_fn])
        == """
error[E502]: two parameters are called `a.b.w`
  = help: they are `['a']['b']['w']` and `['a/b']['w']`: rename one"""
    )


class Latent(nnx.Variable):
    pass


class Learned(nnx.Param):
    pass


class WithVariables(nnx.Module):
    def __init__(self, latent, rngs):
        self.fc = nnx.Linear(3, 4, rngs=rngs)
        self.z = latent(jnp.ones(4))


def test_trained_variables_that_are_not_params():
    wanted = (nnx.Param, Latent)
    model = WithVariables(Latent, nnx.Rngs(0))
    transformation = build(model, RANK, learning_rate=1e-3)
    expected = """
error[E601]: `z` is a `Latent`, and of an NNX module only each `nnx.Param` is a parameter
  = help: derive `Latent` from `nnx.Param`, or pass the trained state in place of the module"""
    assert refused(nnx.state(model, nnx.Any(*wanted)), RANK, model=model) == expected
    with pytest.raises(RulesError) as caught:
        nnx.Optimizer(model, transformation, wrt=nnx.Any(*wanted))
    assert str(caught.value) == expected
    # Both fixes in the help work.
    of_state = build(nnx.state(model, nnx.Any(*wanted)), RANK, learning_rate=1e-3)
    nnx.Optimizer(model, of_state, wrt=nnx.Any(*wanted))
    derived = WithVariables(Learned, nnx.Rngs(0))
    nnx.Optimizer(derived, build(derived, RANK, learning_rate=1e-3), wrt=nnx.Param)
    assert labels(derived, RANK)["z"].get_value() == "no_decay"


class FlaxPreTrainedModel:
    """Like a flax model of transformers, which holds a linen module and its parameters."""

    params = FrozenDict({"dense": {"kernel": jnp.ones((2, 3))}})


class FlaxBertModel(FlaxPreTrainedModel):
    pass


@pytest.mark.parametrize("ask", [paramrules.inventory, lambda model: labels(model, parse("a: else\n"))])
def test_a_model_that_keeps_its_module_and_its_parameters_apart(monkeypatch, ask):
    module = ModuleType("transformers.modeling_flax_utils")
    module.FlaxPreTrainedModel = FlaxPreTrainedModel
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(RulesError) as caught:
        ask(FlaxBertModel())
    assert str(caught.value) == (
        f"\nerror[E519]: a `{__name__}.FlaxBertModel` is neither a linen module nor a tree of parameters\n"
        "  = help: pass its `.params`, and its module for the types, as in `labels(model.params, rules, "
        "model=paramrules.inventory(model.module, inputs=input_ids))`"
    )
