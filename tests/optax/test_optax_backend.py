"""The backend's own promises: cheap to import, found by the core."""

import subprocess
import sys

import jax.numpy as jnp
import paramrules_optax
import pytest

from paramrules import assign
from paramrules.backends import inventory
from paramrules.inventory import Inventory


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
