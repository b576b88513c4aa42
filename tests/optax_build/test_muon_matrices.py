"""Muon on weights that are matrices and stored otherwise: attention kernels, (out, in), scanned layers."""

from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import paramrules_optax as pro
import paramrules_torch as prt
import pytest
import torch
from flax import linen as nn
from flax import nnx

import paramrules

WIDTH, HEADS, QKV, STEPS = 8, 2, 12, 5

RULES = """
muon: ndim == 2 -> optimizer = "muon"
rest: else      -> weight_decay = 0
"""

# Optax corrects the bias of the momentum, which leaves its direction without Nesterov's step, and adds `eps`.
OPTAX_MUON = partial(optax.contrib.muon, beta=0.9, nesterov=False, eps=1e-30)
TORCH_MUON = partial(torch.optim.Muon, momentum=0.9, nesterov=False, eps=1e-30)


class TorchBlock(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = torch.nn.LayerNorm(WIDTH)
        self.query = torch.nn.Linear(WIDTH, QKV)
        self.key = torch.nn.Linear(WIDTH, QKV)
        self.value = torch.nn.Linear(WIDTH, QKV)
        self.out = torch.nn.Linear(QKV, WIDTH)
        self.up = torch.nn.Linear(WIDTH, 3 * WIDTH)


class NnxBlock(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.norm = nnx.LayerNorm(WIDTH, rngs=rngs)
        self.attention = nnx.MultiHeadAttention(HEADS, WIDTH, QKV, decode=False, rngs=rngs)
        self.up = nnx.Einsum("bi,io->bo", (WIDTH, 3 * WIDTH), (3 * WIDTH,), rngs=rngs)


class EquinoxBlock(eqx.Module):
    norm: eqx.nn.LayerNorm
    query: eqx.nn.Linear
    key: eqx.nn.Linear
    value: eqx.nn.Linear
    out: eqx.nn.Linear
    up: eqx.nn.Linear

    def __init__(self) -> None:
        key = jax.random.key(0)
        self.norm = eqx.nn.LayerNorm(WIDTH)
        self.query, self.key, self.value = (eqx.nn.Linear(WIDTH, QKV, key=key) for _ in range(3))
        self.out = eqx.nn.Linear(QKV, WIDTH, key=key)
        self.up = eqx.nn.Linear(WIDTH, 3 * WIDTH, key=key)


class LinenLayer(nn.Module):
    @nn.compact
    def __call__(self, x: Any, _: Any = None) -> tuple[Any, None]:
        h = nn.MultiHeadDotProductAttention(HEADS, qkv_features=QKV, name="attention")(
            nn.LayerNorm(name="norm")(x)
        )
        return x + nn.Dense(WIDTH, name="up")(h), None


class Scanned(nn.Module):
    @nn.compact
    def __call__(self, x: Any) -> Any:
        layers = nn.scan(LinenLayer, variable_axes={"params": 1}, split_rngs={"params": True}, length=2)
        return layers(name="layers")(x, None)[0]


class Unrolled(nn.Module):
    @nn.compact
    def __call__(self, x: Any) -> Any:
        for number in range(2):
            x, _ = LinenLayer(name=f"layers_{number}")(x)
        return x


def arrays(seed: int) -> dict[str, np.ndarray[Any, Any]]:
    """The values of a block as torch stores them, by torch's names."""
    random = np.random.default_rng(seed)
    return {name: random.normal(size=tuple(p.shape)) for name, p in TorchBlock().named_parameters()}


def in_torch(rules: paramrules.Rules, muon: Any = TORCH_MUON) -> dict[str, np.ndarray[Any, Any]]:
    model = TorchBlock().double()
    model.load_state_dict({name: torch.tensor(value) for name, value in arrays(0).items()})
    both = {"muon": muon, "default": torch.optim.AdamW}
    optimizer = prt.build(model, rules, both, lr=0.02, weight_decay=0.1)
    for step in range(STEPS):
        for name, parameter in model.named_parameters():
            parameter.grad = torch.tensor(arrays(step + 1)[name])
        optimizer.step()
    return {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}


def in_optax(
    model: Any, rules: paramrules.Rules, stored: Callable[[Any], Any], muon: Any = OPTAX_MUON
) -> Any:
    """The parameters of a model after the steps; `stored` turns torch's values into a tree of them."""
    both = {"muon": muon, "default": optax.adamw}
    tx = pro.build(model, rules, both, learning_rate=0.02, weight_decay=0.1)
    params = stored(arrays(0))
    state, update = tx.init(params), jax.jit(tx.update)
    for step in range(STEPS):
        updates, state = update(stored(arrays(step + 1)), state, params)
        params = optax.apply_updates(params, updates)
    return params


def flax_names(params: dict[str, Any]) -> dict[str, Any]:
    """Values of a block of flax from those of torch."""
    found: dict[str, Any] = {"norm": {"scale": params["norm.weight"], "bias": params["norm.bias"]}}
    found["up"] = {"kernel": params["up.weight"].T, "bias": params["up.bias"]}
    found["attention"] = {
        name: {
            "kernel": params[f"{name}.weight"].T.reshape(WIDTH, HEADS, -1),
            "bias": params[f"{name}.bias"].reshape(HEADS, -1),
        }
        for name in ("query", "key", "value")
    }
    kernel = params["out.weight"].T.reshape(HEADS, -1, WIDTH)
    found["attention"]["out"] = {"kernel": kernel, "bias": params["out.bias"]}
    return found


@pytest.fixture
def float64(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Torch's Muon orthogonalizes in bfloat16, whatever the parameters' dtype; here in theirs."""
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    with jax.enable_x64(True):
        yield


def close(one: Any, other: Any) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=1e-10), one, other)


@pytest.mark.usefixtures("float64")
def test_attention_trains_as_with_muon_of_torch() -> None:
    rules = paramrules.parse(RULES, "muon.rules")
    model = NnxBlock(nnx.Rngs(0))
    there = in_torch(rules)
    here = in_optax(model, rules, lambda params: jax.tree.map(jnp.asarray, flax_names(params)))
    close(here, flax_names(there))
    for side in (paramrules.inventory(TorchBlock()), paramrules.inventory(model)):
        groups = {group.label: len(group.parameters) for group in paramrules.assign(rules, side).groups}
        assert groups == {"muon": 5, "rest": 7}


@pytest.mark.usefixtures("float64")
def test_attention_trains_as_with_muon_of_torch_by_its_own_rule() -> None:
    """Nesterov's momentum without correction, which `optax.contrib.muon` has not."""
    rules = paramrules.parse(RULES, "muon.rules")
    muon = partial(pro.pytorch.muon, ns_dtype=None)
    here = in_optax(NnxBlock(nnx.Rngs(0)), rules, lambda p: jax.tree.map(jnp.asarray, flax_names(p)), muon)
    close(here, flax_names(in_torch(rules, torch.optim.Muon)))


@pytest.mark.usefixtures("float64")
def test_a_matrix_stored_as_out_in_is_scaled_by_its_outputs() -> None:
    rules = paramrules.parse(RULES, "muon.rules")

    def stored(params: dict[str, Any]) -> Any:
        leaves = ("norm", "query", "key", "value", "out", "up")
        places = [f"{layer}.{leaf}" for layer in leaves for leaf in ("weight", "bias")]
        return eqx.tree_at(
            lambda m: [getattr(getattr(m, layer), leaf) for layer in leaves for leaf in ("weight", "bias")],
            EquinoxBlock(),
            [jnp.asarray(params[place]) for place in places],
        )

    arrays_only = eqx.filter(EquinoxBlock(), eqx.is_array)
    here = in_optax(arrays_only, rules, lambda params: eqx.filter(stored(params), eqx.is_array))
    close(here, eqx.filter(stored(in_torch(rules)), eqx.is_array))


def test_scanned_attention_trains_like_the_same_unrolled() -> None:
    x = jax.ShapeDtypeStruct((1, 3, WIDTH), "float32")
    rules = paramrules.parse(RULES, "muon.rules")
    params = jax.jit(Unrolled().init)(jax.random.key(0), jnp.ones(x.shape))["params"]
    both = {"muon": OPTAX_MUON, "default": optax.adamw}

    def steps(model: nn.Module, params: Any) -> Any:
        inventory = paramrules.inventory(model, inputs=x)
        tx = pro.build(params, rules, both, learning_rate=0.02, weight_decay=0.1, model=inventory)
        state = tx.init(params)

        @jax.jit
        def train(params: Any, state: Any, number: int) -> Any:
            gradients = jax.tree.map(lambda p: jnp.sin(100 * p + number), params)
            updates, state = tx.update(gradients, state, params)
            return optax.apply_updates(params, updates), state

        for number in range(3):
            params, state = train(params, state, number)
        return params

    def stacked(params: Any) -> Any:
        one, other = params["layers_0"], params["layers_1"]
        return {"layers": jax.tree.map(lambda a, b: jnp.stack([a, b], axis=min(1, a.ndim)), one, other)}

    here, there = steps(Scanned(), stacked(params)), stacked(steps(Unrolled(), params))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=2e-6), here, there)


@pytest.mark.parametrize(
    ("text", "name", "shape"),
    [
        ("role == bias", "attention.key.bias", (12,)),
        ("ndim == 3", "experts.kernel", (4, 8, 8)),
    ],
)
def test_what_is_not_a_matrix_is_refused(text: str, name: str, shape: tuple[int, ...]) -> None:
    model = NnxBlock(nnx.Rngs(0))
    model.experts = nnx.Einsum("ebi,eio->ebo", (4, 8, 8), rngs=nnx.Rngs(0))
    rules = paramrules.parse(f'm: {text} -> optimizer = "muon"\nrest: else', "muon.rules")
    with pytest.raises(paramrules.RulesError) as raised:
        pro.build(model, rules, {"muon": optax.contrib.muon, "default": optax.adamw}, learning_rate=0.1)
    assert str(raised.value) == (
        f"\nerror[E633]: `muon` trains matrices, and `{name}` has the shape {shape}\n"
        "  --> muon.rules:1:1\n"
        "   |\n"
        f' 1 | m: {text} -> optimizer = "muon"\n'
        "   | ^\n"
        "   = help: add `ndim == 2` to the rule that gives it to `muon`, or say which axes form the matrix, "
        "with `muon_weight_dimension_numbers`"
    )


def test_a_matrix_without_elements_is_left_as_it_is() -> None:
    params = {"empty": jnp.zeros((0, 3)), "wide": jnp.zeros((3, 0))}
    muon = pro.pytorch.muon()
    updates, _ = muon.update(params, muon.init(params), params)
    assert {name: update.shape for name, update in updates.items()} == {"empty": (0, 3), "wide": (3, 0)}


def test_the_axes_that_an_argument_names_go_before_the_rules_own() -> None:
    rules = paramrules.parse("all: else")

    def updated(matrix: jax.Array, optimizer: Any) -> jax.Array:
        tx = pro.build({"w": matrix}, rules, optimizer, learning_rate=0.1)
        return tx.update({"w": jnp.cos(matrix)}, tx.init({"w": matrix}), {"w": matrix})[0]["w"]

    matrix = jnp.arange(8.0).reshape(4, 2)
    axes = optax.contrib.MuonDimensionNumbers(reduction_axis=1, output_axis=0)
    turned = updated(matrix.T, partial(optax.contrib.muon, muon_weight_dimension_numbers={"w": axes}))
    np.testing.assert_allclose(turned.T, updated(matrix, optax.contrib.muon), rtol=0, atol=1e-6)
    assert not np.allclose(updated(matrix.T, optax.contrib.muon).T, turned.T, atol=1e-3)
