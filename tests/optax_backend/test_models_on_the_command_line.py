"""Linen modules and haiku functions on the command line, named by a function that returns their inventory."""

from pathlib import Path
from textwrap import dedent

from click.testing import CliRunner

from paramrules.cli import main

MODELS = """\
    import haiku as hk
    import jax
    from flax import linen as nn

    import paramrules


    class Layer(nn.Module):
        @nn.compact
        def __call__(self, x, _):
            return nn.LayerNorm(name="norm")(nn.Dense(4, name="dense")(x)), None


    class Net(nn.Module):
        @nn.compact
        def __call__(self, x):
            stack = nn.scan(Layer, variable_axes={"params": 0}, split_rngs={"params": True}, length=5)
            return stack(name="layers")(x, None)[0]


    def forward(x):
        return hk.LayerNorm(-1, True, True)(hk.Linear(4)(x))


    def net():
        return paramrules.inventory(Net(), inputs=jax.ShapeDtypeStruct((2, 4), "float32"))


    def haiku_net():
        return paramrules.inventory(forward, inputs=jax.ShapeDtypeStruct((2, 4), "float32"))


    def forgotten():
        return paramrules.inventory(Net())
"""


def run(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path("jax_nets.py").write_text(dedent(MODELS))
    Path("decay.rules").write_text("no_decay: type(LayerNorm) or ndim <= 1\ndecay: else\n")
    done = CliRunner().invoke(main, ["show", "decay.rules", "--model", f"jax_nets.py:{name}"])
    return done.exit_code, "\n".join(line.rstrip() for line in done.output.splitlines()).strip()


def test_a_scanned_linen_module_counts_what_all_layers_hold(tmp_path, monkeypatch):
    assert run(tmp_path, monkeypatch, "net") == (
        0,
        """\
decay.rules on jax_nets.py:net: 20 tensors, 140 parameters (optax)

group     settings        tensors  parameters  share
no_decay  weight_decay=0       15          60  42.9%
decay     -                     5          80  57.1%
total                          20         140

`no_decay` has weight_decay=0 by its label""",
    )


def test_a_function_makes_a_model_though_haiku_is_loaded(tmp_path, monkeypatch):
    assert run(tmp_path, monkeypatch, "haiku_net") == (
        0,
        """\
decay.rules on jax_nets.py:haiku_net: 4 tensors, 28 parameters (optax)

group     settings        tensors  parameters  share
no_decay  weight_decay=0        3          12  42.9%
decay     -                     1          16  57.1%
total                           4          28

`no_decay` has weight_decay=0 by its label""",
    )


def test_a_function_that_passes_no_inputs_is_told_so_in_python(tmp_path, monkeypatch):
    assert run(tmp_path, monkeypatch, "forgotten") == (
        2,
        """\
error[E541]: the linen module `Net` has no parameters before it runs, and there are no inputs to run it with
  = help: pass inputs, arrays or shapes: \
`paramrules.inventory(module, inputs=jax.ShapeDtypeStruct((1, 224, 224, 3), "float32"))`""",
    )
