"""Example inputs as they are typed."""

from collections.abc import Callable

import pytest
from support import Ran

from paramrules.named_models.example_inputs import AbstractArray, ExampleInput, read_input

HOW = 'write a shape, `"(1, 224, 224, 3)"`, an array, `int32[1,128]`, or an argument by name, `train=False`'


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("(1, 224, 224, 3)", "", AbstractArray((1, 224, 224, 3), "float32")),
        (" 1,8 ", "", AbstractArray((1, 8), "float32")),
        ("()", "", AbstractArray((), "float32")),
        ("float32[1,16]", "", AbstractArray((1, 16), "float32")),
        ("int32[ 1, 128 ]", "", AbstractArray((1, 128), "int32")),
        ("i32[1,128]", "", AbstractArray((1, 128), "int32")),
        ("bf16[4]", "", AbstractArray((4,), "bfloat16")),
        ("u8[4,]", "", AbstractArray((4,), "uint8")),
        ("bool[]", "", AbstractArray((), "bool")),
        ("mask=bool[1,4]", "mask", AbstractArray((1, 4), "bool")),
        ("x = (2, 3)", "x", AbstractArray((2, 3), "float32")),
        ("train=False", "train", False),
        ("train=true", "train", True),
        ("mask=none", "mask", None),
        ("3", "", 3),
        ("mode='fan_in'", "mode", "fan_in"),
    ],
)
def test_inputs_are_read(text: str, name: str, value: object) -> None:
    found = read_input(text)
    assert found == ExampleInput(name, value)
    assert read_input(found.text) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jnp.ones(3)", f"`jnp.ones(3)` is not an input; {HOW}"),
        ("x=", f"`` is not an input; {HOW}"),
        ("a == b", f"`a == b` is not an input; {HOW}"),
        ("[1, 2]", f"`[1, 2]` is not a shape; {HOW}"),
        ("(1, -2)", f"`(1, -2)` is not a shape; {HOW}"),
        ("(1, True)", f"`(1, True)` is not a shape; {HOW}"),
        ("int32[1 2]", f"`int32[1 2]` is not an input; {HOW}"),
        ("flaot32[1]", "`flaot32` in `flaot32[1]` is not a type of numbers; did you mean `float32`?"),
        (
            "q[1]",
            "`q` in `q[1]` is not a type of numbers; one of bool, float16, float32, float64, bfloat16, "
            "complex64, int8, int16, int32, int64, uint8, uint16, uint32, uint64",
        ),
    ],
)
def test_what_is_not_an_input(run: Callable[..., Ran], text: str, message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole text is compared
        read_input(text)
    assert str(raised.value) == message
    code, out, err = run("show", "net.rules", "-m", "net.py:model", "--input", text)
    assert (code, out) == (2, "")
    assert err.endswith(f"Error: Invalid value for '--input': {message}\n")


def test_inputs_of_a_model_that_has_its_parameters(run: Callable[..., Ran]) -> None:
    models = ("-m", "net.py:model", "-m", "net.py:make")
    assert run("parity", "net.rules", *models, "--input", "(1, 2)") == (
        2,
        "",
        "error[E517]: `--input` is for models that have no parameters before they run, unlike "
        "`net.py:model` and `net.py:make`\n  = help: leave `--input` out\n\n",
    )
