"""`show --names`, `--label`, `--axis` and `--sort`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran

AXES = """\
[decay]
no_decay: ndim <= 1
decay: else

[lr]
layers: name ~ ^h\\. -> lr_scale = 0.5
rest: else
"""


@pytest.fixture
def show(run: Callable[..., Ran]) -> Callable[..., Ran]:
    Path("axes.rules").write_text(AXES)
    return lambda *more: run("show", "axes.rules", "-m", "net.py:make(True)", *more)


def test_the_names_of_each_group(show: Callable[..., Ran]) -> None:
    assert show("--names") == (
        0,
        """\
axes.rules on net.py:make(True): 7 tensors, 97.4k parameters (torch)

no_decay/layers: weight_decay=0, lr_scale=0.5
2 tensors, 512 parameters, 0.6%
parameter        shape   tensors  parameters
h.{0,1}.fc.bias  (256,)        2         512

no_decay/rest: weight_decay=0
1 tensor, 64 parameters, 0.1%
parameter    shape  tensors  parameters
norm.weight  (64,)        1          64

decay/layers: lr_scale=0.5
1 tensor, 16.4k parameters, 20.2%
parameter      shape      tensors  parameters
h.0.fc.weight  (256, 64)        1       16.4k
h.1.fc.weight  (256, 64)        1       16.4k  not trained

decay/rest: -
2 tensors, 64.1k parameters, 79.1%
parameter   shape       tensors  parameters
wte.weight  (1000, 64)        1       64.0k
norm.g      (64, 1)           1          64
""",
        "",
    )


def test_some_groups(show: Callable[..., Ran]) -> None:
    for given in (("no_decay/rest", "decay/rest"), ("*/rest",), ("rest",), ("re?t", "rest")):
        labels = [word for label in given for word in ("--label", label)]
        assert show(*labels) == (
            0,
            """\
axes.rules on net.py:make(True): 7 tensors, 97.4k parameters (torch)

group          settings        tensors  parameters  share
no_decay/rest  weight_decay=0        1          64   0.1%
decay/rest     -                     2       64.1k  79.1%
total                                3       64.1k
""",
            "",
        )


def test_one_axis(show: Callable[..., Ran]) -> None:
    assert show("--axis", "decay") == (
        0,
        """\
axes.rules on net.py:make(True): 7 tensors, 97.4k parameters (torch)

group     settings        tensors  parameters  share
no_decay  weight_decay=0        3         576   0.7%
decay     -                     3       80.4k  99.3%
total                           6       81.0k
""",
        "",
    )
    assert show("--axis", "lr", "--names", "--label", "rest", "--sort", "name").out.endswith("""

rest: -
3 tensors, 64.1k parameters, 79.1%
parameter    shape       tensors  parameters
norm.g       (64, 1)           1          64
norm.weight  (64,)             1          64
wte.weight   (1000, 64)        1       64.0k
""")


def labels(out: str) -> list[str]:
    return [line.split()[0] for line in out.split("\n\n")[1].splitlines()[1:]]


def test_the_order_of_groups(show: Callable[..., Ran]) -> None:
    by_file = ["no_decay/layers", "no_decay/rest", "decay/layers", "decay/rest", "total"]
    assert labels(show().out) == by_file
    assert labels(show("--sort", "file").out) == by_file
    assert labels(show("--sort", "parameters").out) == [
        "decay/rest",
        "decay/layers",
        "no_decay/layers",
        "no_decay/rest",
        "total",
    ]
    assert labels(show("--sort", "name").out) == [
        "decay/layers",
        "decay/rest",
        "no_decay/layers",
        "no_decay/rest",
        "total",
    ]


def test_numbers_in_labels_are_sorted_as_numbers(run: Callable[..., Ran]) -> None:
    Path("many.rules").write_text("x_10: role == bias\nx_9: ndim == 1\nx_1: else -> freeze = true\n")
    shown = run("show", "many.rules", "-m", "net.py:model", "--sort", "name").out
    assert labels(shown) == ["x_1", "x_9", "x_10", "total"]
    assert shown.splitlines()[3].endswith("frozen")
    largest = run("show", "many.rules", "-m", "net.py:model", "--axis", "", "--names", "--sort", "parameters")
    assert [line.split()[0] for line in largest.out.splitlines() if "not trained" in line] == [
        "wte.weight",
        "h.{0,1}.fc.weight",
        "norm.g",
    ]


def test_json_holds_names_folded_and_unfolded(show: Callable[..., Ran]) -> None:
    code, out, err = show("--axis", "lr", "--label", "layers", "--names", "--json")
    assert (code, err) == (0, "")
    (model,) = json.loads(out)["models"]
    assert model["groups"] == [
        {
            "label": "layers",
            "labels": {"lr": "layers"},
            "settings": {"lr_scale": 0.5},
            "tensors": 3,
            "parameters": 16896,
            "share": 16896 / 81024,
            "names": ["h.0.fc.weight", "h.0.fc.bias", "h.1.fc.weight", "h.1.fc.bias"],
            "folded": [
                {
                    "name": name,
                    "names": names,
                    "shape": shape,
                    "parameters": parameters,
                    "trained": name != "h.1.fc.weight",
                }
                for name, names, shape, parameters in (
                    ("h.0.fc.weight", ["h.0.fc.weight"], [256, 64], 16384),
                    ("h.{0,1}.fc.bias", ["h.0.fc.bias", "h.1.fc.bias"], [256], 512),
                    ("h.1.fc.weight", ["h.1.fc.weight"], [256, 64], 16384),
                )
            ],
        }
    ]
    assert "folded" not in json.loads(show("--json").out)["models"][0]["groups"][0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            ("--label", "no_deacy"),
            "error[E602]: no group has the label `no_deacy`\n  = help: did you mean `no_decay`?\n\n",
        ),
        (
            ("--axis", "lr", "--label", "x*"),
            "error[E602]: no group has the label `x*` in [lr]\n  = help: the labels: `layers`, `rest`\n\n",
        ),
        (
            ("--axis", "dcay"),
            "error[E603]: `axes.rules` has no axis `dcay`\n  = help: did you mean `decay`?\n\n",
        ),
    ],
)
def test_what_is_not_there(show: Callable[..., Ran], given: tuple[str, ...], message: str) -> None:
    assert show(*given) == (2, "", message)


def test_only_some_of_many_labels_are_listed(run: Callable[..., Ran]) -> None:
    Path("ten.rules").write_text("".join(f'a{i}: leaf == "x{i}"\n' for i in range(9)) + "rest: else\n")
    Path("ten.py").write_text(
        "from support import inventory_of\nnet = inventory_of([{'name': f'n.x{i}'} for i in range(9)])\n"
    )
    _, _, err = run("show", "ten.rules", "-m", "ten.py:net", "--label", "frozen")
    assert err.splitlines()[1] == "  = help: the labels: " + ", ".join(f"`a{i}`" for i in range(8)) + ", ..."
