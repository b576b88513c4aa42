"""The backend's own promises: cheap to import, found by the core."""

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


def test_importing_it_imports_no_framework():
    code = (
        "import sys, paramrules_optax; paramrules_optax.backend, dir(paramrules_optax);"
        "print(*{'jax', 'numpy', 'flax', 'equinox', 'optax'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_describing_a_tree_imports_neither_flax_nor_equinox_nor_optax():
    code = (
        "import sys, numpy, jax, paramrules_optax;"
        "print(paramrules_optax.backend.inventory({'a': numpy.ones(3)}));"
        "print(*{'flax', 'equinox', 'optax'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "<Inventory of 1 parameters, optax>\n\n"


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
        assert callable(getattr(paramrules_optax, name)) or name == "backend"
    with pytest.raises(AttributeError, match="module 'paramrules_optax' has no attribute 'lables'"):
        paramrules_optax.lables  # noqa: B018 - the look-up is the test


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
    assert loaded.unknown == taken.unknown
