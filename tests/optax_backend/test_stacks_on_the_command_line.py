"""`--stacked`: stacks of models that do not show them, declared where they are named."""

import json
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

import paramrules
from paramrules.cli import main

MODELS = """\
    import equinox as eqx
    import jax

    import paramrules


    class Block(eqx.Module):
        norm: eqx.nn.LayerNorm
        mlp: eqx.nn.Linear

        def __init__(self, key):
            self.norm = eqx.nn.LayerNorm(4)
            self.mlp = eqx.nn.Linear(4, 4, key=key)


    class Net(eqx.Module):
        layers: Block | list
        head: eqx.nn.Linear

        def __init__(self, stacked):
            key = jax.random.key(0)
            keys = jax.random.split(key, 3)
            self.layers = eqx.filter_vmap(Block)(keys) if stacked else [Block(k) for k in keys]
            self.head = eqx.nn.Linear(4, 2, key=key)


    class Mixture(eqx.Module):
        router: eqx.nn.Linear
        experts: Block

        def __init__(self, key):
            self.router = eqx.nn.Linear(4, 2, key=key)
            self.experts = eqx.filter_vmap(Block)(jax.random.split(key, 2))


    class Mixtures(eqx.Module):
        layers: Mixture

        def __init__(self):
            self.layers = eqx.filter_vmap(Mixture)(jax.random.split(jax.random.key(0), 3))


    def taken():
        return paramrules.inventory(Net(True), stacked={"layers": 0})
"""
RULES = r"""
let layer = name ~ ^layers\.(?<i>\d+)\.
[decay]
no_decay: ndim <= 1
decay: else
[lr]
layer_{i}: layer -> lr_scale = 0.5 ** (2 - i)
rest: else
"""
SHOWN = """\
llrd.rules on nets.py:Net({}): 14 tensors, 94 parameters (optax)

group             settings                       tensors  parameters  share
no_decay/layer_0  weight_decay=0, lr_scale=0.25        3          12  12.8%
no_decay/layer_1  weight_decay=0, lr_scale=0.5         3          12  12.8%
no_decay/layer_2  weight_decay=0, lr_scale=1           3          12  12.8%
no_decay/rest     weight_decay=0                       1           2   2.1%
decay/layer_0     lr_scale=0.25                        1          16  17.0%
decay/layer_1     lr_scale=0.5                         1          16  17.0%
decay/layer_2     lr_scale=1                           1          16  17.0%
decay/rest        -                                    1           8   8.5%
total                                                 14          94

`no_decay` has weight_decay=0 by its label
"""
STACKED, UNROLLED = "nets.py:Net(True)", "nets.py:Net(False)"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("nets.py").write_text(dedent(MODELS))
    Path("llrd.rules").write_text(RULES)


def run(*words):
    done = CliRunner().invoke(main, list(words))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def test_a_declared_stack_is_grouped_as_the_unrolled_model():
    command = ("show", "llrd.rules", "--model", STACKED, "--stacked", "layers=1")
    assert run(*command) == (0, SHOWN.format("True"), "")
    # With two models it is for the one that can have it and has it; the unrolled one has no axis of layers.
    Path("both.py").write_text("from nets import Net\nmodel = Net(True)\nhead = {'head': model.head}\n")
    both = run("show", "llrd.rules", "-m", "both.py:model", "-m", "both.py:head", "--stacked", "layers=1")
    assert both[1].splitlines()[:3] == SHOWN.replace("nets.py:Net({})", "both.py:model").splitlines()[:3]
    assert "both.py:head: 2 tensors" in both[1]


def test_parity_of_a_stack_and_its_unrolled_twin():
    run("inventory", UNROLLED, "-o", "unrolled.json")
    words = ("parity", "llrd.rules", "-m", STACKED, "-m", "unrolled.json", "--stacked", "layers=1")
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "the same groups on both models"


def test_a_stack_inside_of_a_stack():
    declared = "--stacked", "layers=1", "--stacked", "layers.experts=1"
    code, out, err = run("show", "llrd.rules", "--model", "nets.py:Mixtures", *declared, "--json")
    assert (code, err) == (0, "")
    layers = [group for group in json.loads(out)["models"][0]["groups"] if group["labels"]["lr"] == "layer_2"]
    assert [name for group in layers for name in group["names"]] == [
        "layers.2.router.bias",
        "layers.2.experts.0.norm.weight",
        "layers.2.experts.0.norm.bias",
        "layers.2.experts.0.mlp.bias",
        "layers.2.experts.1.norm.weight",
        "layers.2.experts.1.norm.bias",
        "layers.2.experts.1.mlp.bias",
        "layers.2.router.weight",
        "layers.2.experts.0.mlp.weight",
        "layers.2.experts.1.mlp.weight",
    ]


def test_explain_and_test():
    words = ("--model", STACKED, "--stacked", "layers=1")
    code, out, err = run("explain", "llrd.rules", "layers.2.mlp.weight", *words)
    assert (code, err) == (0, "")
    assert out.splitlines()[2:4] == ["shape     (4, 4)", "stored    (3, 4, 4), layer 2 of axis 0"]
    told = json.loads(run("explain", "llrd.rules", "layers.2.mlp.weight", *words, "--json")[1])["parameter"]
    assert (told["shape"], told["stored"]) == ([4, 4], [3, 4, 4])
    assert told["layer"] == {"array": "layers.mlp.weight", "axes": [0], "at": [2]}
    Path("expect.rules").write_text('a: ndim <= 1\nb: else\nexpect a: name == "layers.1.norm.bias"\n')
    assert run("test", "expect.rules", *words)[0] == 0


WARNING = """\
warning[W509]: `layers` looks like a stack of 3 layers: each of its 4 arrays has them as leading axes, \
`layers.mlp.weight` is (3, 4, 4)
  = help: if it is one, write `--stacked layers=1`; if not, the same with 0

"""


def test_a_saved_stack_keeps_its_layers():
    assert run("inventory", STACKED, "-o", "net.json") == (0, "net.json: 6 parameters\n", WARNING)
    assert run("inventory", STACKED, "-o", "net.json", "--stacked", "layers=1") == (
        0,
        "net.json: 14 parameters\n",
        "",
    )
    assert paramrules.Inventory.load("net.json")["layers.1.norm.bias"].stored == (3, 4)
    assert run("show", "llrd.rules", "-m", "net.json") == (
        0,
        SHOWN.replace("nets.py:Net({})", "net.json"),
        "",
    )
    code, out, _ = run("inventory", STACKED, "-o", "-", "--json")
    assert code == 0
    assert [finding["code"] for finding in json.loads(out)["findings"]] == ["W509"]
    assert run("inventory", STACKED, "-o", "-", "--json", "--fail-on", "warning")[0] == 1


@pytest.mark.parametrize(
    ("model", "path", "help"),
    [
        (STACKED, "layer", "did you mean `layers`?"),
        ("nets.py:taken", "layers", ""),
        ("net.json", "layers", ""),
        (STACKED, "zzz", ""),
    ],
)
def test_a_path_that_no_model_has(model, path, help):
    run("inventory", UNROLLED, "-o", "net.json")
    help = help or "saved inventories, and those that a function returns, keep their stacks as they are"
    assert run("show", "llrd.rules", "-m", model, "--stacked", f"{path}=1") == (
        2,
        "",
        f"error[E507]: `{path}` is declared as stacked, but is not in a model that can have stacks\n"
        f"  = help: {help}\n\n",
    )


def test_a_number_of_axes_that_arrays_do_not_have():
    assert run("show", "llrd.rules", "-m", STACKED, "--stacked", "layers=3") == (
        2,
        "",
        "error[E508]: `layers.norm.weight` has the shape (3, 4), and `stacked` says that 3 of its axes "
        "are layers\n"
        "  = help: declare a path below `layers` that leaves it out, or fewer axes\n\n",
    )


@pytest.mark.parametrize("text", ["layers", "layers=", "layers=x", "layers=-1"])
def test_declarations_that_are_malformed(text):
    code, _, err = run("show", "llrd.rules", "-m", STACKED, "--stacked", text)
    assert code == 2
    mistake = f"`{text}` does not declare a stack; write `--stacked PATH=1`"
    assert err.endswith(f"Error: Invalid value for '--stacked': {mistake}\n")
