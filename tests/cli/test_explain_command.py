import json
from collections.abc import Callable

from support import Ran

TIED = """\
head.weight
fact      value
shape     (1000, 64)
dtype     float32
owner     torch.nn.modules.linear.Linear
within    Net > Linear
variable  torch.nn.parameter.Parameter
role      embedding
tied to   wte.weight
group     no_decay/rest
settings  weight_decay=0

[decay] no_decay: weight_decay=0
verdict  rule      place        because
won      no_decay  net.rules:4  type(Embedding) (`torch.nn.modules.sparse.Embedding` is an `Embedding`) as wte.weight
later    decay     net.rules:5  type(Linear) (`torch.nn.modules.linear.Linear` is a `Linear`)

[lr] rest: -
verdict  rule       place         because
failed   block_{i}  net.rules:10  name ~ ^h\\.(?<i>\\d+)\\. (not in `wte.weight`) as wte.weight
won      rest       net.rules:11  else
"""  # noqa: E501 - tables are not cut off

FROZEN = """\
h.1.fc.weight
fact      value
shape     (256, 64)
dtype     float32
owner     torch.nn.modules.linear.Linear
within    Net > Block > Linear
variable  torch.nn.parameter.Parameter
role      weight
fan_in    64
fan_out   256
frozen    in no group that an optimizer gets
group     decay/block_1
settings  lr_scale=0.5

[decay] decay: -
verdict  rule      place        because
failed   no_decay  net.rules:4  ndim <= 1 or type(Embedding) (ndim is 2; its owner is a `torch.nn.modules.linear.Linear`)
won      decay     net.rules:5  type(Linear) (`torch.nn.modules.linear.Linear` is a `Linear`)

[lr] block_1: lr_scale=0.5 where i=1
verdict  rule       place         because
won      block_{i}  net.rules:10  name ~ ^h\\.(?<i>\\d+)\\. (finds `h.1.`)
"""  # noqa: E501 - tables are not cut off


def test_a_tied_parameter(run: Callable[..., Ran]) -> None:
    assert run("explain", "net.rules", "head.weight", "--model", "net.py:model") == (0, TIED, "")


def test_a_frozen_parameter(run: Callable[..., Ran]) -> None:
    assert run("explain", "net.rules", "h.1.fc.weight", "--model", "net.py:make(True)") == (0, FROZEN, "")


def test_attributes_are_facts(run: Callable[..., Ran]) -> None:
    assert "attr(lr_mult)  2.0\n" in run("explain", "net.rules", "h.0.fc.weight", "-m", "net.py:model").out


def test_a_parameter_that_no_rule_takes(run: Callable[..., Ran]) -> None:
    _, out, _ = run("explain", "net.rules", "norm.g", "--model", "net.py:model")
    assert "\n[decay] default: -\nverdict  rule      place        because\nfailed   no_decay  " in out
    assert "won" not in out[out.index("[decay]") : out.index("[lr]")]


def test_an_axis_without_a_name_and_a_clause_without_a_note(folder: object, run: Callable[..., Ran]) -> None:
    with open("flag.rules", "w") as file:
        file.write("all: trainable\n")
    _, out, _ = run("explain", "flag.rules", "norm.g", "--model", "net.py:model")
    assert out.endswith(
        "\nall: -\nverdict  rule  place         because\nwon      all   flag.rules:1  trainable\n"
    )


def test_a_model_of_which_little_is_known(run: Callable[..., Ran]) -> None:
    with open("bare.py", "w") as file:
        file.write(
            "from support import RowColumns\n"
            "from paramrules.inventories import UNKNOWN_OWNER, Inventory\n"
            "facts = ('type', 'within', 'variable', 'role', 'fan_in', 'fan_out', 'attr')\n"
            "unknown = dict.fromkeys(facts, 'hand over the types')\n"
            "tree = Inventory('optax', ['w'], [UNKNOWN_OWNER], RowColumns([{}], [{}]), unknown=unknown)\n"
        )
    with open("bare.rules", "w") as file:
        file.write("all: else\n")
    _, out, _ = run("explain", "bare.rules", "w", "--model", "bare.py:tree")
    assert out.startswith("w\nfact      value\nshape     ()\ndtype     float32\ngroup     all\nsettings  -\n")
    code, out, _ = run("explain", "bare.rules", "w", "--model", "bare.py:tree", "--json")
    assert (code, json.loads(out)["parameter"]) == (
        0,
        {
            "name": "w",
            "names": ["w"],
            "shape": [],
            "stored": [],
            "layout": None,
            "layer": None,
            "dtype": "float32",
            "owner": None,
            "within": [],
            "variable": None,
            "role": None,
            "fan_in": None,
            "fan_out": None,
            "trainable": True,
            "attributes": {},
        },
    )


def test_a_name_that_is_not_there(run: Callable[..., Ran]) -> None:
    assert run("explain", "net.rules", "h.0.fc.wieght", "--model", "net.py:model") == (
        1,
        "",
        "error[E214]: the model has no parameter `h.0.fc.wieght`\n"
        "  = help: did you mean `h.0.fc.weight`?\n\n",
    )


def test_json(run: Callable[..., Ran]) -> None:
    code, out, err = run("explain", "net.rules", "h.0.fc.weight", "--model", "net.py:model", "--json")
    assert (code, err) == (0, "")
    explained = json.loads(out)
    assert explained["parameter"] == {
        "name": "h.0.fc.weight",
        "names": ["h.0.fc.weight"],
        "shape": [256, 64],
        "stored": [256, 64],
        "layout": ["out", "in"],
        "layer": None,
        "dtype": "float32",
        "owner": "torch.nn.modules.linear.Linear",
        "within": ["nets.Net", "nets.Block", "torch.nn.modules.linear.Linear"],
        "variable": "torch.nn.parameter.Parameter",
        "role": "weight",
        "fan_in": 64,
        "fan_out": 256,
        "trainable": True,
        "attributes": {"lr_mult": 2.0},
    }
    del explained["parameter"]
    assert explained == {
        "group": "decay/block_0",
        "settings": {"lr_scale": 0.25},
        "axes": [
            {
                "axis": "decay",
                "label": "decay",
                "settings": {},
                "captures": {},
                "rule": {
                    "label": "decay",
                    "text": "decay: type(Linear)",
                    "file": "net.rules",
                    "line": 5,
                    "clause": {
                        "text": "type(Linear)",
                        "note": "`torch.nn.modules.linear.Linear` is a `Linear`",
                        "name": "h.0.fc.weight",
                    },
                },
                "earlier": [
                    {
                        "label": "no_decay",
                        "text": "no_decay: ndim <= 1 or type(Embedding) -> weight_decay = 0",
                        "file": "net.rules",
                        "line": 4,
                        "clause": {
                            "text": "ndim <= 1 or type(Embedding)",
                            "note": "ndim is 2; its owner is a `torch.nn.modules.linear.Linear`",
                            "name": "h.0.fc.weight",
                        },
                    }
                ],
                "later": [],
            },
            {
                "axis": "lr",
                "label": "block_0",
                "settings": {"lr_scale": 0.25},
                "captures": {"i": 0},
                "rule": {
                    "label": "block_{i}",
                    "text": "block_{i}: name ~ ^h\\.(?<i>\\d+)\\. -> lr_scale = rate ** (2 - i)",
                    "file": "net.rules",
                    "line": 10,
                    "clause": {
                        "text": "name ~ ^h\\.(?<i>\\d+)\\.",
                        "note": "finds `h.0.`",
                        "name": "h.0.fc.weight",
                    },
                },
                "earlier": [],
                "later": [],
            },
        ],
        "findings": [],
    }


def test_the_json_of_what_no_rule_took(run: Callable[..., Ran]) -> None:
    explained = json.loads(run("explain", "net.rules", "norm.g", "--model", "net.py:model", "--json").out)
    assert explained["axes"][0]["rule"] is None
    assert explained["axes"][1]["rule"]["clause"] is None
