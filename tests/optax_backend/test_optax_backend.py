"""The backend itself: cheap to import, found by the core."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import paramrules_optax
import pytest
from flax import nnx
from jax_models import NnxTransformer, Transformer, facts

from paramrules import assign
from paramrules.backends import inventory
from paramrules.inventories import Inventory
from paramrules.inventories.saved import NO_MARKS


def test_importing_it_imports_no_framework():
    code = (
        "import sys, paramrules_optax; paramrules_optax.backend, dir(paramrules_optax);"
        "print(*{'jax', 'numpy', 'flax', 'equinox', 'haiku', 'optax'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


@pytest.mark.parametrize(
    ("imports", "model", "loaded"),
    [
        ("numpy", "{'a': numpy.ones(3), 'b': {'c': numpy.ones(3)}}", ""),
        ("equinox", "equinox.nn.Linear(2, 3, key=jax.random.key(0))", "equinox"),
    ],
)
def test_describing_a_model_imports_no_other_library(imports, model, loaded):
    code = (
        f"import sys, {imports}, jax, paramrules_optax;"
        f"print(paramrules_optax.backend.inventory({model}));"
        "print(*{'flax', 'equinox', 'haiku', 'optax'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"<Inventory of 2 parameters, optax>\n{loaded}\n"


def test_the_core_finds_it(tmp_path):
    found = inventory({"a": {"w": jnp.ones((2, 3))}})
    assert isinstance(found, Inventory)
    assert (found.framework, found.names) == ("optax", ["a.w"])
    path = tmp_path / "all.rules"
    path.write_text("all: true\n")
    assert len(assign(path, {"a": jnp.ones(3)}).groups) == 1


def test_its_names():
    assert set(paramrules_optax.__all__) <= set(dir(paramrules_optax))
    for name in paramrules_optax.__all__:
        assert callable(getattr(paramrules_optax, name)) or name in ("backend", "pytorch")
    with pytest.raises(AttributeError, match="module 'paramrules_optax' has no attribute 'lables'"):
        paramrules_optax.lables  # noqa: B018 - the look-up is the test


def test_the_former_name_of_build_abstract_warns():
    with pytest.warns(DeprecationWarning, match=r"^`abstractly` is now called `build_abstract`$"):
        former = paramrules_optax.abstractly
    assert former is paramrules_optax.build_abstract


def build(name):
    if name == "Equinox":
        return Transformer(key=jax.random.key(0))
    if name == "NNX":
        return NnxTransformer(rngs=nnx.Rngs(0))
    return {"dense": {"kernel": jnp.ones((2, 3), jnp.bfloat16)}, "gain": 1.0}


@pytest.mark.parametrize("name", ["Equinox", "NNX", "tree"])
def test_a_saved_inventory_says_the_same(name, tmp_path):
    taken = inventory(build(name))
    taken.save(tmp_path / "model.json")
    loaded = Inventory.load(tmp_path / "model.json")
    assert facts(loaded) == facts(taken)
    assert loaded.unknown == {**taken.unknown, "module_attr": NO_MARKS}
