"""`--input`, which builds linen modules and haiku functions, and the random keys of NNX and Equinox."""

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

import paramrules
from paramrules.cli import main
from paramrules.named_models import inventory_of, read_input, read_model_name

MODELS = """\
    import equinox as eqx
    import haiku as hk
    import jax
    import paramrules
    from flax import linen as nn
    from flax import nnx


    class Net(nn.Module):
        features: int = 4

        @nn.compact
        def __call__(self, x, train):
            return nn.BatchNorm(use_running_average=not train)(nn.Dense(self.features)(x))


    class Lm(nn.Module):
        @nn.compact
        def __call__(self, ids):
            return nn.LayerNorm()(nn.Embed(10, 8)(ids))


    def forward(x, scale=1.0):
        return hk.Linear(4)(x)


    transformed = hk.transform(forward)


    def make():
        return Net(2)


    def make_forward():
        return forward


    class Nnx(nnx.Module):
        def __init__(self, width, *, rngs: nnx.Rngs):
            self.dense = nnx.Linear(width, width, rngs=rngs)
            self.drop = nnx.Dropout(0.1, rngs=rngs)


    class Alone(nnx.Module):
        def __init__(self, rngs):
            self.dense = nnx.Linear(2, 3, rngs=rngs)


    class Given(nnx.Module):
        def __init__(self, rngs=None):
            self.scale = nnx.Param(0.5) if rngs is None else None


    def make_nnx(width, rngs):
        return Nnx(width, rngs=rngs)


    class Eqx(eqx.Module):
        dense: eqx.nn.Linear

        def __init__(self, width, key):
            self.dense = eqx.nn.Linear(width, width, key=key)


    biggest = max


    def variables():
        net = nn.BatchNorm(use_running_average=True)
        return net.init(jax.random.key(0), jax.numpy.ones((2, 4)))


    def numbers():
        return {"a": jax.numpy.ones(2, int)}


    def tree():
        return {"a": {"kernel": jax.numpy.ones((2, 3)), "bias": jax.numpy.ones(3)}}


    def typed():
        return paramrules.inventory(tree(), types={"a": nn.Dense})


    def transformed_inventory():
        return paramrules.inventory(forward, inputs=jax.numpy.ones((1, 5)))
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Runs `paramrules show` on a model of the file, with more arguments; returns its code and output."""
    monkeypatch.chdir(tmp_path)
    Path("inputs.py").write_text(dedent(MODELS))
    Path("all.rules").write_text("all: else\n")

    def ran(model: str, *more: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["show", "all.rules", "-m", f"inputs.py:{model}", *more])
        return done.exit_code, done.output

    return ran


def names(answer: tuple[int, str]) -> dict[str, list[int]]:
    code, output = answer
    assert code == 0, output
    (model,) = json.loads(output)["models"]
    return {each["name"]: each["shape"] for each in model["groups"][0]["folded"]}


@pytest.mark.parametrize(
    ("model", "inputs", "found"),
    [
        (
            "Net",
            ("(1, 3)", "train=False"),
            {
                "BatchNorm_0.bias": [4],
                "BatchNorm_0.scale": [4],
                "Dense_0.bias": [4],
                "Dense_0.kernel": [3, 4],
            },
        ),
        (
            "Lm",
            ("int32[1,16]",),
            {"Embed_0.embedding": [10, 8], "LayerNorm_0.bias": [8], "LayerNorm_0.scale": [8]},
        ),
        ("Lm()", ("ids=i32[1, 16]",), {"Embed_0.embedding": [10, 8]}),
        ("Net(features=2)", ("f32[1,3]", "True"), {"Dense_0.kernel": [3, 2]}),
        ("make", ("bfloat16[1,3]", "true"), {"Dense_0.kernel": [3, 2]}),
        ("forward", ("(1, 5)",), {"linear.b": [4], "linear.w": [5, 4]}),
        ("transformed", ("(1, 5)", "scale=2.0"), {"linear.b": [4], "linear.w": [5, 4]}),
        ("make_forward", ("(1, 5)",), {"linear.b": [4], "linear.w": [5, 4]}),
    ],
)
def test_example_inputs(
    run: Callable[..., tuple[int, str]], model: str, inputs: tuple[str, ...], found: dict[str, list[int]]
) -> None:
    given = [word for text in inputs for word in ("--input", text)]
    shown = names(run(model, *given, "--names", "--json"))
    assert shown.items() >= found.items()


def test_inputs_in_python(run: object) -> None:
    inventory = inventory_of(read_model_name("inputs.py:forward"), inputs=[read_input("(1, 5)")])
    assert inventory.names == ["linear.b", "linear.w"]


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("Nnx(3)", {"dense.bias": [3], "dense.kernel": [3, 3]}),
        ("Nnx(width=3)", {"dense.bias": [3], "dense.kernel": [3, 3]}),
        ("Alone", {"dense.bias": [3], "dense.kernel": [2, 3]}),
        ("Given", {"scale": []}),
        ("make_nnx(3)", {"dense.bias": [3], "dense.kernel": [3, 3]}),
        ("Eqx(3)", {"dense.weight": [3, 3], "dense.bias": [3]}),
    ],
)
def test_random_keys_need_not_be_given(
    run: Callable[..., tuple[int, str]], model: str, found: dict[str, list[int]]
) -> None:
    assert names(run(model, "--names", "--json")) == found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("Net",),
            "error[E541]: the linen module `Net` has no parameters before it runs, and there are no inputs "
            "to run it with\n"
            '  = help: add its inputs, in order: `--input "(1, 224, 224, 3)"`, `--input int32[1,128]` or '
            "`--input train=False`\n\n",
        ),
        (
            ("transformed",),
            "error[E541]: the haiku function has no parameters before it runs, and there are no inputs to "
            "run it with\n"
            '  = help: add its inputs, in order: `--input "(1, 28, 28, 1)"`, `--input int32[1,128]` or '
            "`--input train=False`\n\n",
        ),
        (
            ("Lm", "--input", "(1, 16)"),
            "error[E542]: the linen module `Lm` cannot run with these inputs: ValueError: Input type must be "
            "an integer or unsigned integer\n"
            "  = help: each `--input` is an argument, in order: a shape, `int32[1,128]` for another type, or "
            "by name, `train=False`\n\n",
        ),
        (
            ("forward",),
            "error[E702]: `inputs.py:forward` cannot be called like that: missing a required argument: 'x'\n"
            "  = help: write its arguments after it: `inputs.py:forward(x)`; if it is the model itself, give "
            'its inputs: `--input "(1, 28, 28, 1)"`\n\n',
        ),
        (
            ("Nnx(3)", "--input", "(1, 3)"),
            "error[E517]: `--input` is for models that have no parameters before they run, unlike "
            "`inputs.py:Nnx(3)`\n  = help: leave `--input` out\n\n",
        ),
        (
            ("biggest([1])",),
            "error[E702]: `inputs.py:biggest([1])` returns an `int`, which is not a model\n"
            "  = help: it has to return a module or a tree of arrays\n\n",
        ),
        (
            ("variables",),
            "error[E540]: the tree holds the collection `batch_stats` beside `params`\n"
            '  = help: name the module, with its `--input`, or return `variables["params"]`\n\n',
        ),
        (
            ("numbers",),
            "error[E538]: `a` is an array of int32, which no optimizer trains\n"
            "  = help: return parameters alone\n\n",
        ),
        (
            ("Nnx",),
            "error[E702]: `inputs.py:Nnx` cannot be called like that: missing a required argument: 'width'\n"
            "  = help: write its arguments after it: `inputs.py:Nnx(width)`\n\n",
        ),
    ],
)
def test_what_is_wrong_is_said_for_the_command_line(
    run: Callable[..., tuple[int, str]], arguments: tuple[str, ...], message: str
) -> None:
    assert run(*arguments) == (2, message)


def test_facts_that_a_tree_does_not_know_are_one_error(run: Callable[..., tuple[int, str]]) -> None:
    Path("all.rules").write_text("a: type(Linear)\nb: role == bias\nc: type(LayerNorm)\nd: else\n")
    assert run("tree") == (
        2,
        """\
error[E215]: `type` and `role` are not known for this model
  --> all.rules:1:4
   |
 1 | a: type(Linear)
   |    ^^^^^^^^^^^^
  --> all.rules:2:4
   |
 2 | b: role == bias
   |    ^^^^^^^^^^^^
  --> all.rules:3:4
   |
 3 | c: type(LayerNorm)
   |    ^^^^^^^^^^^^^^^
   = help: these are arrays without their modules: name the module itself, with `--input` for linen and \
haiku, or a function that returns `paramrules.inventory(params, types={"encoder.norm": LayerNorm})`

""",
    )


_NAME_THE_MODULE = (
    "arrays do not have what their modules have: name the module itself, with `--input` for linen, or test "
    "`name`, `shape` or `ndim`"
)


@pytest.mark.parametrize(
    ("model", "test", "help"),
    [
        ("tree", "attr(kind)", _NAME_THE_MODULE),
        ("tree", "variable(LoRAParam)", _NAME_THE_MODULE),
        ("typed", "attr(kind)", _NAME_THE_MODULE),
        ("typed", "module_attr(kind)", _NAME_THE_MODULE),
        (
            "transformed_inventory",
            "attr(kind)",
            "a haiku parameter has no attributes: match its name, its type or its shape",
        ),
    ],
)
def test_what_types_do_not_tell_asks_for_the_module(
    run: Callable[..., tuple[int, str]], model: str, test: str, help: str
) -> None:
    Path("all.rules").write_text(f"a: {test}\nb: else\n")
    code, output = run(model)
    assert (code, output.partition("= help: ")[2]) == (2, f"{help}\n\n")


def test_every_command_with_a_model_takes_inputs(run: object) -> None:
    given = ["--input", "(1, 5)"]
    model = ["-m", "inputs.py:forward"]
    for words in (
        ["explain", "all.rules", "linear.w", *model],
        ["test", "all.rules", *model],
        ["parity", "all.rules", *model, *model],
        ["inventory", "inputs.py:forward", "-o", "forward.json"],
    ):
        done = CliRunner().invoke(main, [*words, *given])
        assert done.exit_code == 0, done.output
    assert len(paramrules.Inventory.load("forward.json")) == 2
    done = CliRunner().invoke(main, ["parity", "all.rules", *model, "-m", "forward.json", *given])
    assert done.exit_code == 0, done.output


def test_stacks_of_a_model_with_inputs(run: Callable[..., tuple[int, str]]) -> None:
    Path("stack.py").write_text(
        "from flax import linen as nn\n\n\n"
        "class Net(nn.Module):\n"
        "    @nn.compact\n"
        "    def __call__(self, x):\n"
        "        return x @ self.param('w', nn.initializers.ones, (3, 5, 5))[0]\n"
    )
    done = CliRunner().invoke(
        main, ["show", "all.rules", "-m", "stack.py:Net", "--input", "(1, 5)", "--stacked", "w=1", "--json"]
    )
    assert json.loads(done.output)["models"][0]["tensors"] == 3
