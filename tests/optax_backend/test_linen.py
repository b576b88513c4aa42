"""Linen modules: the owner and logical shape of each parameter, and labels of the real tree."""

import math

import flax
import jax
import jax.numpy as jnp
import optax
import pytest
from flax import linen as nn
from flax import nnx
from flax.training.train_state import TrainState
from jax_models import facts, owners
from linen_models import ResNet, Tagger, Transformer
from paramrules_optax import label_fn, labels, mask, mask_fn, masks
from paramrules_optax.libraries.abstract_init import Sightings

import paramrules
from paramrules import Inventory, RulesError, assign
from paramrules.rules import parse

IDS = jax.ShapeDtypeStruct((2, 6), "int32")
DECAY = parse("no_decay: type(LayerNorm|RMSNorm|Embedding) or ndim <= 1\ndecay: else\n", "decay.rules")


def block_owners(name):
    classes = "Transformer > Block"
    attention = f"{classes} > MultiHeadDotProductAttention > DenseGeneral"
    return {
        **{f"{name}.attention.{part}": attention for part in ("query", "key", "value", "out")},
        f"{name}.norm1": f"{classes} > LayerNorm",
        f"{name}.norm2": f"{classes} > RMSNorm",
        f"{name}.up": f"{classes} > Dense",
        f"{name}.down": f"{classes} > Dense",
    }


OUTSIDE = {"": "Transformer", "tokens": "Transformer > Embed", "norm": "Transformer > LayerNorm"}


def stored(model, *inputs):
    """Return the shapes of the real tree by canonical name."""
    params = jax.eval_shape(lambda: model.init(jax.random.key(0), *inputs))["params"]
    inventory = paramrules.inventory(params)
    return dict(zip(inventory.names, inventory.column("shape"), strict=True))


@pytest.mark.parametrize("remat", [False, True])
def test_an_unrolled_transformer(remat):
    inventory = paramrules.inventory(Transformer(remat=remat), inputs=(IDS, True))
    assert owners(inventory) == OUTSIDE | block_owners("blocks_0") | block_owners("blocks_1")
    assert len(inventory) == 4 + 2 * 15
    assert inventory.unknown == {}
    assert inventory["blocks_0.norm1.scale"].owner.cls.name == "flax.linen.normalization.LayerNorm"
    assert dict(zip(inventory.names, inventory.column("stored"), strict=True)) == stored(
        Transformer(remat=remat), jnp.zeros((2, 6), int), False
    )


@pytest.mark.parametrize("remat", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_scanned_transformer_is_its_layers(remat, axis):
    # Five layers: no other extent is five.
    model = Transformer(layers=5, scanned=True, remat=remat, scan_axis=axis)
    inventory = paramrules.inventory(model, inputs=IDS, kwargs={"train": True})
    unrolled = paramrules.inventory(Transformer(layers=5), inputs=(IDS, True))
    assert facts_but_stored(inventory) == {
        name.replace("blocks_", "blocks."): told for name, told in facts_but_stored(unrolled).items()
    }
    whole = stored(model, jnp.zeros((2, 6), int), True)
    for parameter in inventory:
        if parameter.layer:
            array, axes, at = parameter.layer
            assert parameter.stored == whole[array]
            assert parameter.name == array.replace("blocks.", f"blocks.{at[0]}.")
            assert axes == (axis,)
            assert parameter.shape == unrolled[parameter.name.replace("blocks.", "blocks_")].shape
        else:
            assert parameter.stored == parameter.shape == whole[parameter.name]
    assert sum(inventory.column("elements")) == sum(math.prod(shape) for shape in whole.values())


def facts_but_stored(inventory):
    """Return all facts of each parameter by name, except how it is stored."""
    return {
        parameter.name: (
            [cls.short for cls in parameter.owner.around],
            parameter.shape,
            parameter.dtype,
            parameter.variable,
            parameter.role,
            parameter.fan_in,
            parameter.fan_out,
        )
        for parameter in inventory
    }


def test_a_vmap_of_a_scan():
    class Layer(nn.Module):
        @nn.compact
        def __call__(self, x, _):
            return nn.LayerNorm(name="norm")(nn.Dense(4, name="dense")(x)), None

    class Stacked(nn.Module):
        @nn.compact
        def __call__(self, x):
            both = {"variable_axes": {"params": 0}, "split_rngs": {"params": True}}
            layers = nn.scan(Layer, length=5, **both)
            members = nn.vmap(layers, in_axes=None, axis_size=3, **both)
            return members(name="members")(x, None)

    inventory = paramrules.inventory(Stacked(), inputs=jnp.ones((2, 4)))
    assert stored(Stacked(), jnp.ones((2, 4)))["members.dense.kernel"] == (3, 5, 4, 4)
    assert [(p.name, p.shape) for p in inventory] == [
        (f"members.{member}.{layer}.{leaf}", (4, 4) if leaf == "dense.kernel" else (4,))
        for member in range(3)
        for layer in range(5)
        for leaf in ("dense.bias", "dense.kernel", "norm.bias", "norm.scale")
    ]
    assert inventory["members.2.4.dense.kernel"].layer == ("members.dense.kernel", (0, 1), (2, 4))
    assert owners(inventory)["members.2.4.norm"] == "Stacked > Layer > LayerNorm"


def test_layers_that_share_their_parameters_in_a_scan_are_not_a_stack():
    class Layer(nn.Module):
        @nn.compact
        def __call__(self, x, _):
            return nn.Dense(4)(x), None

    class Shared(nn.Module):
        @nn.compact
        def __call__(self, x):
            scan = nn.scan(Layer, variable_broadcast="params", split_rngs={"params": False}, length=4)
            return scan(name="layers")(x, None)

    inventory = paramrules.inventory(Shared(), inputs=jnp.ones((2, 4)))
    assert inventory["layers.Dense_0.kernel"].shape == (4, 4)
    assert inventory.column("elements") == [4, 16]


def test_layers_that_are_scanned_twice_and_used_as_they_are():
    class Layer(nn.Module):
        @nn.compact
        def __call__(self, x, _):
            return nn.Dense(4, name="dense")(x), None

        def double(self, x):  # is not scanned: it runs in the class that flax makes
            return 2 * x

    class Twice(nn.Module):
        def setup(self):
            scan = nn.scan(Layer, variable_axes={"params": 0}, split_rngs={"params": True}, length=5)
            self.layers = scan()

        def __call__(self, x):
            return self.layers.double(self.layers(self.layers(x, None)[0], None)[0])

    inventory = paramrules.inventory(Twice(), inputs=jnp.ones((2, 4)))
    assert owners(inventory) == {f"layers.{n}.dense": "Twice > Layer > Dense" for n in range(5)}
    assert inventory["layers.4.dense.kernel"].shape == (4, 4)


def test_a_resnet_with_its_statistics_left_out():
    inventory = paramrules.inventory(ResNet(), inputs=jax.ShapeDtypeStruct((2, 8, 8, 3), "float32"))
    residual = {
        f"Residual_{n}.{kind}_{m}": f"ResNet > Residual > {kind}"
        for n in (0, 1)
        for kind in ("Conv", "BatchNorm")
        for m in (0, 1)
    }
    assert owners(inventory) == residual | {
        "stem": "ResNet > Conv",
        "Residual_1.shortcut": "ResNet > Residual > Conv",
        "head": "ResNet > Dense",
    }
    kernel = inventory["Residual_1.Conv_0.kernel"]
    assert (kernel.role, kernel.fan_in, kernel.fan_out) == ("weight", 36, 72)
    assert inventory["Residual_1.BatchNorm_1.scale"].role == "scale"


def test_recurrent_cells_and_weight_norm():
    inventory = paramrules.inventory(Tagger(), inputs=IDS)
    forward, backward = "reader.forward_rnn.cell", "reader.backward_rnn.cell"
    expected = {
        "embed": "Tagger > Embed",
        "head.layer_instance": "Tagger > WeightNorm > Dense",
        "head.layer_instance.kernel": "Tagger > WeightNorm",
    }
    for gate in ("if", "ig", "ii", "io", "hf", "hg", "hi", "ho"):
        expected[f"{forward}.{gate}"] = "Tagger > Bidirectional > RNN > LSTMCell > Dense"
        expected[f"fast.cell.{gate}"] = "Tagger > RNN > OptimizedLSTMCell > DenseParams"
    for gate in ("ir", "iz", "in", "hr", "hz", "hn"):
        expected[f"{backward}.{gate}"] = "Tagger > Bidirectional > RNN > GRUCell > Dense"
    assert owners(inventory) == expected
    assert inventory["head.layer_instance.kernel.scale"].role == "scale"
    assert inventory["head.layer_instance.kernel"].role == "weight"
    groups = assign(parse("a: attr(no_weight_decay)\nb: else\n"), inventory).groups
    assert [inventory.names[n] for n in groups[0].parameters] == ["embed.embedding"]


def test_a_method_makes_only_its_own_parameters():
    for method in ("encode", Tagger.encode):
        inventory = paramrules.inventory(Tagger(), inputs=IDS, method=method)
        assert {name.partition(".")[0] for name in inventory.names} == {"embed", "reader"}


def test_random_keys_that_a_model_reads():
    class Noisy(nn.Module):
        @nn.compact
        def __call__(self, x):
            if not self.has_rng("noise"):
                raise ValueError("no noise")
            return nn.Dense(3)(x + jax.random.normal(self.make_rng("noise"), x.shape))

    keys = {"params": jax.random.key(0), "noise": jax.random.PRNGKey(1)}
    assert len(paramrules.inventory(Noisy(), inputs=jnp.ones((2, 4)), rngs=keys)) == 2
    abstract = jax.eval_shape(lambda: keys)
    assert len(paramrules.inventory(Noisy(), inputs=jnp.ones((2, 4)), rngs=abstract)) == 2


def test_boxes_are_the_variables_of_their_parameters():
    class Sharded(nn.Module):
        @nn.compact
        def __call__(self, x):
            kernel = nn.with_partitioning(nn.initializers.lecun_normal(), ("in", "out"))
            return nn.Dense(3, kernel_init=kernel, name="dense")(x)

    class Layers(nn.Module):
        @nn.compact
        def __call__(self, x):
            scan = nn.vmap(
                Sharded,
                variable_axes={"params": 0},
                split_rngs={"params": True},
                in_axes=None,
                axis_size=5,
                metadata_params={nn.PARTITION_NAME: None},
            )
            return scan(name="stack")(x)

    inventory = paramrules.inventory(Layers(), inputs=jnp.ones((2, 4)))
    kernel, bias = inventory["stack.0.dense.kernel"], inventory["stack.0.dense.bias"]
    assert (kernel.variable.short, bias.variable.short) == ("Partitioned", "Array")
    assert (kernel.shape, bias.shape) == ((4, 3), (3,))
    assert owners(inventory) == {f"stack.{n}.dense": "Layers > Sharded > Dense" for n in range(5)}
    params = jax.eval_shape(Layers().init, jax.random.key(0), jnp.ones((2, 4)))["params"]
    rules = parse("boxed: variable(Partitioned)\nrest: else\n")
    boxed = labels(params, rules, model=inventory)
    assert boxed["stack"]["dense"]["kernel"].value == "boxed"
    assert labels(nn.unbox(params), rules, model=inventory) == {
        "stack": {"dense": {"kernel": "boxed", "bias": "rest"}}
    }


def test_parameters_that_are_trees_and_scopes_that_are_shared():
    class Inner(nn.Module):
        @nn.compact
        def __call__(self, x):
            both = self.param("both", lambda _: {"a": jnp.ones(4), "b": [jnp.ones((4, 4))]})
            return x * both["a"] @ both["b"][0]

    class Outer(nn.Module):
        def setup(self):
            self.inner = Inner()
            nn.share_scope(self, self.inner)
            self.own = self.param("own", nn.initializers.ones, (4,))

        def __call__(self, x):
            return self.inner(x) * self.own

    class Model(nn.Module):
        @nn.compact
        def __call__(self, x):
            return Outer(name="outer")(x)

    inventory = paramrules.inventory(Model(), inputs=jnp.ones((2, 4)))
    assert {p.name: [cls.short.rpartition(">.")[2] for cls in p.owner.around] for p in inventory} == {
        "outer.both.a": ["Model", "Outer", "Inner"],
        "outer.both.b.0": ["Model", "Outer", "Inner"],
        "outer.own": ["Model", "Outer"],
    }


def test_parameters_that_are_numbers_or_boxes_of_trees():
    class Odd(nn.Module):
        @nn.compact
        def __call__(self, x, _=None):
            gain = self.param("gain", lambda _: 1.0)
            tree = self.param("tree", lambda _: nn.Partitioned({"a": jnp.ones(4), "b": [1.0]}, ("in",)))
            return x * gain * tree["a"] * tree["b"][0], None

    class Layers(nn.Module):
        @nn.compact
        def __call__(self, x):
            both = {"variable_axes": {"params": 0}, "split_rngs": {"params": True}}
            scan = nn.scan(Odd, length=2, metadata_params={nn.PARTITION_NAME: None}, **both)
            return scan(name="layers")(x, None)[0]

    inventory = paramrules.inventory(Layers(), inputs=jnp.ones((2, 4)))
    assert {p.name: (p.shape, p.stored, p.variable.short) for p in inventory} == {
        f"layers.{n}.{name}": facts
        for n in (0, 1)
        for name, facts in {
            "gain": ((), (2,), "Array"),
            "tree.a": ((4,), (2, 4), "Partitioned"),
            "tree.b.0": ((), (2,), "Partitioned"),
        }.items()
    }
    assert {p.owner.cls.short for p in inventory} == {inventory["layers.0.gain"].owner.cls.short}


def test_a_model_that_initialises_another_one():
    class Hyper(nn.Module):
        @nn.compact
        def __call__(self, x):
            small = nn.Dense(4)
            weights = self.param("weights", lambda key: small.init(key, x)["params"])
            return nn.Dense(2, name="out")(small.apply({"params": weights}, x))

    inventory = paramrules.inventory(Hyper(), inputs=jnp.ones((2, 4)))
    assert owners(inventory) == {"weights": "Hyper", "out": "Hyper > Dense"}


def test_a_jit_that_was_traced_before():
    class Layer(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.LayerNorm(name="norm")(nn.Dense(4, name="dense")(x))

    class Jitted(nn.Module):
        @nn.compact
        def __call__(self, x):
            for number in range(3):
                x = nn.jit(Layer)(name=f"layer_{number}")(x)
            return x

    model, inputs = Jitted(), jnp.ones((2, 4))
    first = paramrules.inventory(model, inputs=inputs)
    assert owners(first) == {
        f"layer_{n}.{part}": f"Jitted > Layer > {cls}"
        for n in range(3)
        for part, cls in (("norm", "LayerNorm"), ("dense", "Dense"))
    }
    assert facts(paramrules.inventory(model, inputs=inputs)) == facts(first)


RULES_OF_BOTH = parse(
    """\
[decay]
no_decay: type(LayerNorm|RMSNorm|Embedding) or role == bias -> weight_decay = 0
decay: else
[place]
attention: within(Attention)
block: within(Block)
rest: else
"""
)


@pytest.fixture(scope="module")
def model_and_params():
    model = Transformer()
    ids = jnp.arange(12).reshape(2, 6) % 11
    init = jax.jit(model.init, static_argnums=2)
    return model, init(jax.random.key(0), ids, False)["params"], ids


def test_labels_have_the_structure_of_the_tree(model_and_params):
    model, params, ids = model_and_params
    inventory = paramrules.inventory(model, inputs=(ids, False))
    found = labels(params, RULES_OF_BOTH, "place", model=inventory)
    assert found["blocks_1"]["attention"]["query"] == {"kernel": "attention", "bias": "attention"}
    assert found["blocks_1"]["up"] == {"kernel": "block", "bias": "block"}
    assert found["positions"] == found["tokens"]["embedding"] == "rest"
    assert jax.tree.structure(found) == jax.tree.structure(params)

    frozen = flax.core.freeze(params)
    assert labels(frozen, RULES_OF_BOTH, "place", model=inventory) == flax.core.freeze(found)
    assert labels({"params": params}, RULES_OF_BOTH, "place", model=inventory) == {"params": found}
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    assert labels(state.params, RULES_OF_BOTH, "place", model=inventory) == found
    assert labels(inventory, RULES_OF_BOTH, "place") == found
    assert label_fn(params, RULES_OF_BOTH, "place", model=inventory)(frozen) == flax.core.freeze(found)

    assignment = assign(RULES_OF_BOTH, inventory)
    assert labels(params, assignment, "place") == found
    decay = mask(params, assignment, "decay", "decay")
    assert decay["blocks_0"]["attention"]["query"] == {"kernel": True, "bias": False}
    assert masks(params, assignment, "decay")["decay"] == decay


def test_a_saved_inventory_serves_the_tree_too(model_and_params, tmp_path):
    taken = paramrules.inventory(Transformer(layers=5, scanned=True), inputs=(IDS, True))
    taken.save(tmp_path / "model.json")
    loaded = Inventory.load(tmp_path / "model.json")
    assert facts(loaded) == facts(taken)
    stack = Transformer(layers=5, scanned=True)
    ids = jnp.zeros((2, 6), int)
    scanned = jax.eval_shape(lambda: stack.init(jax.random.key(0), ids, False))["params"]
    assert labels(scanned, DECAY, model=loaded) == labels(scanned, DECAY, model=taken)

    model, params, ids = model_and_params
    inventory = paramrules.inventory(model, inputs=(ids, True))
    inventory.save(tmp_path / "model.json")
    assert labels(params, DECAY, model=Inventory.load(tmp_path / "model.json")) == labels(
        params, DECAY, model=inventory
    )


def test_training_with_a_mask_by_type(model_and_params):
    model, params, ids = model_and_params
    inventory = paramrules.inventory(model, inputs=(ids, True))
    rules = parse("no_decay: type(LayerNorm|RMSNorm|Embedding)\ndecay: else\n")
    tx = optax.adamw(1e-2, weight_decay=0.1, mask=mask_fn(params, rules, "decay", model=inventory))

    @jax.jit
    def loss(params):
        logits = model.apply({"params": params}, ids, False)
        return optax.softmax_cross_entropy_with_integer_labels(logits, ids).mean()

    def trained(gradient):
        state = TrainState.create(apply_fn=model.apply, params=params, tx=tx)
        step = jax.jit(lambda state: state.apply_gradients(grads=gradient(state.params)))
        for _ in range(3):
            state = step(state)
        return state.params

    assert loss(trained(jax.grad(loss))) < loss(params)
    still = trained(lambda tree: jax.tree.map(jnp.zeros_like, tree))
    same = jax.tree.map(lambda a, b: bool((a == b).all()), params, still)
    flat = dict(zip(inventory.names, jax.tree.leaves(same), strict=True))
    undecayed = {"tokens.embedding", "norm.scale"} | {
        f"blocks_{n}.norm{m}.scale" for n in (0, 1) for m in (1, 2)
    }
    nonzero = {p for p, v in zip(inventory.names, jax.tree.leaves(params), strict=True) if v.any()}
    assert {name for name in nonzero if flat[name]} == undecayed


def refused(call, *arguments, **how):
    with pytest.raises(RulesError) as caught:
        call(*arguments, **how)
    return str(caught.value)


def test_no_inputs():
    expected = """
error[E541]: the linen module `Transformer` has no parameters before it runs, and there are no inputs \
to run it with
  = help: pass inputs, arrays or shapes: \
`paramrules.inventory(module, inputs=jax.ShapeDtypeStruct((1, 224, 224, 3), "float32"))`"""
    assert refused(paramrules.inventory, Transformer()) == expected
    assert refused(labels, {"a": jnp.ones(2)}, DECAY, model=Transformer()) == expected


def test_inputs_that_the_module_refuses():
    help = """
  = help: `inputs` is a tuple of the positional arguments, arrays or shapes; those by name go into \
`kwargs={"train": False}`"""
    assert (
        refused(paramrules.inventory, Transformer(), inputs=IDS)
        == """
error[E542]: the linen module `Transformer` cannot run with these inputs: TypeError: \
Transformer.__call__() missing 1 required positional argument: 'train'"""
        + help
    )

    class Picky(nn.Module):
        def __call__(self, x):
            raise KeyError(f"no key\nin {x.shape}\n\nand much more")

    with pytest.raises(RulesError) as caught:
        paramrules.inventory(Picky(), inputs=IDS)
    assert isinstance(caught.value.__cause__, KeyError)

    class Wordy(nn.Module):
        def __call__(self, x):
            raise ValueError(f"  images of 4 axes,\n  and not {x.ndim}.\n\nA long story follows.")

    assert (
        refused(paramrules.inventory, Wordy(), inputs=IDS)
        == """
error[E542]: the linen module `Wordy` cannot run with these inputs: \
ValueError: images of 4 axes, and not 2"""
        + help
    )

    class Terse(nn.Module):
        def __call__(self, x):
            raise AssertionError

    assert (
        refused(paramrules.inventory, Terse(), inputs=IDS)
        == """
error[E542]: the linen module `Terse` cannot run with these inputs: AssertionError"""
        + help
    )


def test_a_tree_of_another_module(model_and_params):
    _, params, ids = model_and_params
    small = paramrules.inventory(Transformer(layers=1), inputs=(ids, True))
    assert (
        refused(labels, params, DECAY, model=small)
        == """
error[E601]: `blocks_1.attention.key.bias` is not a parameter of the model that the rules were assigned to
  = help: did you mean `blocks_0.attention.key.bias`?"""
    )


def test_statistics_in_place_of_parameters():
    images = jnp.ones((2, 8, 8, 3))
    inventory = paramrules.inventory(ResNet(), inputs=images)
    by_rank = parse("no_decay: ndim <= 1\ndecay: else\n")
    variables = jax.eval_shape(ResNet().init, jax.random.key(0), images)
    assert (
        refused(labels, variables, by_rank, model=inventory)
        == """
error[E540]: the tree holds the collection `batch_stats` beside `params`
  = help: pass `variables["params"]`"""
    )
    assert (
        refused(labels, variables["batch_stats"], by_rank, model=inventory)
        == """
error[E601]: `Residual_0.BatchNorm_0.mean` is not a parameter of the model that the rules were assigned to
  = help: pass the tree that is trained, or the model that it belongs to"""
    )


def test_arguments_for_other_models():
    assert (
        refused(paramrules.inventory, {"a": jnp.ones(2)}, inputs=IDS)
        == """
error[E517]: `inputs` is for linen modules and haiku functions: this model has its parameters
  = help: leave `inputs` out"""
    )


class Wrapped(nnx.Module):
    def __init__(self, width, rngs):
        self.norm = nnx.LayerNorm(width, rngs=rngs)
        self.attention = nnx.MultiHeadAttention(2, width, rngs=rngs, use_bias=False, decode=False)

    def __call__(self, x):
        return self.attention(self.norm(x))


class Gain(nnx.Module):
    def __init__(self, width):
        self.scale = nnx.Param(jnp.ones(width))

    def __call__(self, x):
        return x * self.scale[...]


def test_owners_inside_a_bridge_to_nnx():
    class Mixed(nn.Module):
        @nn.compact
        def __call__(self, x):
            x = nnx.bridge.to_linen(Wrapped, 4, name="wrapped")(nn.Dense(4, name="dense")(x))
            return nnx.bridge.ToLinen(Gain, (4,), skip_rng=True, name="gain")(x)

    inventory = paramrules.inventory(Mixed(), inputs=jnp.ones((2, 4)))
    around = {p.name: " ".join(cls.short for cls in p.owner.around[1:]) for p in inventory}
    attention = "ToLinen Wrapped MultiHeadAttention LinearGeneral"
    assert around == {
        "dense.bias": "Dense",
        "dense.kernel": "Dense",
        "gain.scale": "ToLinen Gain",
        "wrapped.attention.key.kernel": attention,
        "wrapped.attention.out.kernel": attention,
        "wrapped.attention.query.kernel": attention,
        "wrapped.attention.value.kernel": attention,
        "wrapped.norm.bias": "ToLinen Wrapped LayerNorm",
        "wrapped.norm.scale": "ToLinen Wrapped LayerNorm",
    }
    out = inventory["wrapped.attention.out.kernel"]
    assert (inventory["wrapped.norm.scale"].role, out.fan_in, out.fan_out) == ("scale", 4, 4)
    assert inventory.unknown == {
        "attr": "the attributes of an NNX module inside a linen module are unknown: match a name, a type "
        "or a shape"
    }


def test_a_parameter_is_looked_at_once_whatever_its_depth(monkeypatch):
    seen = []
    look = Sightings.seen
    monkeypatch.setattr(Sightings, "seen", lambda self, *what: (seen.append(what[0]), look(self, *what)))
    inventory = paramrules.inventory(Transformer(), inputs=(IDS, False))
    assert sorted(seen) == sorted(inventory.names)
