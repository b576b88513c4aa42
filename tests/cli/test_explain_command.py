import json
from collections.abc import Callable

import pytest
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
frozen    in no group that an optimizer gets: the model does not train it
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


FINDINGS = """
note[N210]: a tied parameter would get different labels under its names: `decay/rest` as `head.weight`, `no_decay/rest` as `wte.weight`
  --> net.rules:4:1
   |
 4 | no_decay: ndim <= 1 or type(Embedding) -> weight_decay = 0
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ takes it as `wte.weight`
   = help: for another label, add a rule above for its name or for `tied`

error[E206]: `head.weight` is `no_decay`, not `decay`
  --> net.rules:7:1
   |
 7 | expect decay: leaf == "weight" and type(Linear)
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this expectation does not hold
  --> net.rules:4:1
   |
 4 | no_decay: ndim <= 1 or type(Embedding) -> weight_decay = 0
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ takes `head.weight`
   = help: `paramrules explain net.rules head.weight --model ...` says why

"""  # noqa: E501 - messages are not cut off


def test_a_tied_parameter(run: Callable[..., Ran]) -> None:
    assert run("explain", "net.rules", "head.weight", "--model", "net.py:model") == (1, TIED, FINDINGS)


def test_a_frozen_parameter(run: Callable[..., Ran]) -> None:
    assert run("explain", "net.rules", "h.1.fc.weight", "--model", "net.py:make(True)") == (
        1,
        FROZEN,
        FINDINGS,
    )


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
            "layer_fan_in": None,
            "layer_fan_out": None,
            "layer_kernel": None,
            "layer_groups": None,
            "trainable": True,
            "attributes": {},
        },
    )


@pytest.mark.parametrize(("setting", "words"), [("freeze", ["frozen"]), ("skip", ["skipped"]), ("fused", [])])
def test_json_says_who_is_not_trained(setting: str, words: list[str], run: Callable[..., Ran]) -> None:
    with open("stop.rules", "w") as file:
        file.write(f"all: else -> {setting} = true\n")
    explained = json.loads(run("explain", "stop.rules", "h.0.fc.weight", "-m", "net.py:model", "--json").out)
    assert [word for word in ("frozen", "skipped") if explained[word]] == words
    assert explained["parameter"]["trainable"] is True


def test_json(run: Callable[..., Ran]) -> None:
    code, out, err = run("explain", "net.rules", "h.0.fc.weight", "--model", "net.py:model", "--json")
    assert (code, err) == (1, "")
    explained = json.loads(out)
    assert [(finding["code"], finding["severity"]) for finding in explained.pop("findings")] == [
        ("N210", "note"),
        ("E206", "error"),
    ]
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
        "layer_fan_in": 64,
        "layer_fan_out": 256,
        "layer_kernel": 1,
        "layer_groups": 1,
        "trainable": True,
        "attributes": {"lr_mult": 2.0},
    }
    del explained["parameter"]
    assert explained.pop("version") == 1
    (whole,) = explained.pop("explanations")
    assert whole.pop("parameter")["name"] == "h.0.fc.weight"
    assert whole == explained
    assert [explained.pop(key) for key in ("rules", "name", "model")] == ["net.rules", *["net.py:model"] * 2]
    assert explained == {
        "group": "decay/block_0",
        "settings": {"lr_scale": 0.25},
        "frozen": False,
        "skipped": False,
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
    }


def test_the_json_of_what_no_rule_took(run: Callable[..., Ran]) -> None:
    explained = json.loads(run("explain", "net.rules", "norm.g", "--model", "net.py:model", "--json").out)
    assert explained["axes"][0]["rule"] is None
    assert explained["axes"][1]["rule"]["clause"] is None


TOGETHER = """\
6 parameters

[decay]
parameter          label     because                                                                  place
h.{0,1}.fc.weight  decay     type(Linear) (`torch.nn.modules.linear.Linear` is a `Linear`)            net.rules:5
h.{0,1}.fc.bias    no_decay  ndim <= 1 (ndim is 1)                                                    net.rules:4
norm.g             default   no rule takes it
head.weight        no_decay  type(Embedding) (`torch.nn.modules.sparse.Embedding` is an `Embedding`)  net.rules:4

[lr]
parameter          label      because                 place
h.{0,1}.fc.weight  block_{i}  name ~ ^h\\.(?<i>\\d+)\\.  net.rules:10
h.{0,1}.fc.bias    block_{i}  name ~ ^h\\.(?<i>\\d+)\\.  net.rules:10
norm.g             rest       else                    net.rules:11
head.weight        rest       else                    net.rules:11
"""  # noqa: E501 - tables are not cut off


@pytest.mark.parametrize(
    "names",
    [
        ("h", "norm.g", "head.weight"),
        ("h.{0,1}", "*.g", "head"),
        ("h.{0..1}.fc.*", "h", "norm.g", "h?ad.weight"),
        ("h.0.fc.weight", "h", "norm.g", "head.weight"),
        ("h.{0,1}.*.[bw]*", "norm.[g]", "he*"),
    ],
    ids=" ".join,
)
def test_names_modules_globs_and_folded_names(run: Callable[..., Ran], names: tuple[str, ...]) -> None:
    assert run("explain", "net.rules", *names, "-m", "net.py:model") == (1, TOGETHER, FINDINGS)


def test_a_tied_parameter_that_a_glob_finds_twice_is_explained_once(run: Callable[..., Ran]) -> None:
    _, out, _ = run("explain", "net.rules", "*e*.weight", "-m", "net.py:model", "--json")
    explanations = json.loads(out)["explanations"]
    assert [each["parameter"]["name"] for each in explanations] == ["wte.weight"]
    _, out, _ = run("explain", "net.rules", "*", "-m", "net.py:model", "--json")
    explained = json.loads(out)
    assert len(explained["explanations"]) == 7
    assert "parameter" not in explained


def test_one_label_and_one_axis_without_a_name(folder: object, run: Callable[..., Ran]) -> None:
    with open("flag.rules", "w") as file:
        file.write("all: trainable\n")
    assert run("explain", "flag.rules", "h", "--model", "net.py:model") == (
        0,
        """\
4 parameters

parameter          label  because    place
h.{0,1}.fc.weight  all    trainable  flag.rules:1
h.{0,1}.fc.bias    all    trainable  flag.rules:1
""",
        "",
    )


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("h.0.fc.wieght", "did you mean `h.0.fc.weight`?"),
        ("fc.weight", "did you mean `h.{0,1}.fc.weight`?"),
        ("norm.q", "did you mean `norm.g` or `norm`?"),
        ("h.7.fc.bias", "did you mean `h.{0,1}.fc.bias`?"),
        ("nrom", "did you mean `norm`?"),
        ("fc.*", "a glob matches the whole name: `*fc.*` finds 4 names"),
        ("fc", "the glob `*fc*` finds 4 names"),
        ("q*", "`paramrules show FILE --model M --names` lists all names"),
        ("q", "`paramrules show FILE --model M --names` lists all names"),
        ("h.{a}", "`{a}` does not hold numbers: write `{0..3,7}`"),
    ],
)
def test_a_name_that_is_not_there(run: Callable[..., Ran], name: str, help: str) -> None:
    message = f"error[E214]: the model has no parameter `{name}`\n  = help: {help}\n\n"
    assert run("explain", "net.rules", name, "--model", "net.py:model") == (2, "", message)
    assert run("explain", "net.rules", "h", name, "--model", "net.py:model") == (2, "", message)
