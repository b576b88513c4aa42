"""`paramrules parity`."""

import json
from collections.abc import Callable
from pathlib import Path

from support import Ran

RULES = """\
[lr]
first: leaf == 'weight' and ndim <= 1 -> lr = 0.1
rest: else -> lr_scale = shape[0]
[on]
all: else
"""

SMALL = """\
from support import inventory_of


def make(flax=False, layers=2):
    norm = {"name": "n.scale" if flax else "n.weight", "shape": [4], "role": "scale"}
    rows = [{"name": f"h.{i}.kernel" if flax else f"h.{i}.weight", "shape": [4, 8] if flax else [8, 4]}
            for i in range(layers)]
    return inventory_of([norm, *rows], framework="optax" if flax else "torch")
"""


def test_differences_as_json(run: Callable[..., Ran]) -> None:
    Path("two.rules").write_text(RULES)
    Path("small.py").write_text(SMALL)
    code, out, err = run(
        "parity", "two.rules", "-m", "small.py:make", "-m", "small.py:make(flax=True, layers=3)", "--json"
    )
    answer = json.loads(out)
    assert (code, err) == (1, "")
    assert [finding["code"] for finding in answer.pop("findings")] == ["E801", "E801", "E802"]
    assert answer.pop("version") == 1
    assert answer.pop("comparisons") == [answer]
    assert answer.pop("rules") == "two.rules"
    differences = answer.pop("differences")
    assert differences[0] == {
        "a": "n.weight",
        "b": "n.scale",
        "axis": "lr",
        "labels": ["first", "rest"],
        "settings": [{"lr": 0.1}, {"lr_scale": 4}],
        "reasons": [
            {
                "label": "first",
                "file": "two.rules",
                "line": 2,
                "clause": "leaf == 'weight' and ndim <= 1",
                "note": "",
                "held": True,
            },
            {
                "label": "first",
                "file": "two.rules",
                "line": 2,
                "clause": "leaf == 'weight'",
                "note": "leaf is `scale`",
                "held": False,
            },
        ],
    }
    assert [reason["clause"] for reason in differences[1]["reasons"]] == [None, None]
    assert answer == {
        "same": False,
        "models": [
            {"model": "small.py:make", "framework": "torch", "tensors": 3, "parameters": 68},
            {
                "model": "small.py:make(flax=True, layers=3)",
                "framework": "optax",
                "tensors": 4,
                "parameters": 100,
            },
        ],
        "found": {"normalised name": 3},
        "counts": [
            {"axis": None, "label": "first/all", "tensors": [1, 0], "parameters": [4, 0]},
            {"axis": None, "label": "rest/all", "tensors": [2, 4], "parameters": [64, 100]},
            {"axis": "lr", "label": "first", "tensors": [1, 0], "parameters": [4, 0]},
            {"axis": "lr", "label": "rest", "tensors": [2, 4], "parameters": [64, 100]},
            {"axis": "on", "label": "all", "tensors": [3, 4], "parameters": [68, 100]},
        ],
        "unpaired": [[], [{"name": "h.2.kernel", "candidates": [], "together": False}]],
        "pairs": [
            {"a": ["n.weight"], "b": ["n.scale"], "how": "normalised name"},
            {"a": ["h.0.weight"], "b": ["h.0.kernel"], "how": "normalised name"},
            {"a": ["h.1.weight"], "b": ["h.1.kernel"], "how": "normalised name"},
        ],
    }


def test_for_reading(run: Callable[..., Ran]) -> None:
    Path("two.rules").write_text(RULES)
    Path("small.py").write_text(SMALL)
    models = ("-m", "small.py:make(layers=1)", "-m", "small.py:make(True, 2)")
    code, out, _ = run("parity", "two.rules", *models, "--write-mapping", "new.map")
    assert code == 1
    assert (
        out
        == """\
A: two.rules on small.py:make(layers=1): 2 tensors, 36 parameters (torch)
B: two.rules on small.py:make(True, 2): 3 tensors, 68 parameters (optax)
1 pair: 1 by normalised name

group      tensors A  B  parameters A  B
first/all          1  0             4   0  differs
rest/all           1  3            32  68  differs

[lr]   tensors A  B  parameters A  B
first          1  0             4   0  differs
rest           1  3            32  68  differs

[on]  tensors A  B  parameters A  B
all           2  3            36  68  differs

A         B        in A   in B  because
n.weight  n.scale  first  rest  leaf == 'weight' and ndim <= 1 | not leaf == 'weight' (leaf is `scale`)

only in A   could be
h.0.weight  h.0.kernel or h.1.kernel

only in B   could be
h.0.kernel  h.0.weight
h.1.kernel  h.0.weight
1 difference, 3 tensors without a partner
"""
    )
    assert "# h.0.weight = h.0.kernel or h.1.kernel\n" in Path("new.map").read_text()
    assert run("parity", "two.rules", *models, "--write-mapping", "new.map").err.startswith("error[E806]: ")


def test_settings_that_differ_and_nothing_in_common(run: Callable[..., Ran]) -> None:
    Path("size.rules").write_text("all: else -> lr_scale = shape[0]\n")
    Path("small.py").write_text(SMALL)
    _, out, _ = run("parity", "size.rules", "-m", "small.py:make", "-m", "small.py:make(flax=True)")
    assert "h.{0,1}.weight  h.{0,1}.kernel  lr_scale=8  lr_scale=4  shape[0] is 8 | shape[0] is 4\n" in out
    code, out, _ = run("parity", "size.rules", "-m", "small.py:make", "-m", "net.py:model")
    assert code == 1
    assert out.splitlines()[2] == "0 pairs"


def test_a_test_that_fails_as_a_whole(run: Callable[..., Ran]) -> None:
    Path("small.py").write_text(SMALL)
    for test in ("leaf == 'weight' or ndim < 1", "not leaf == 'kernel'"):
        Path("any.rules").write_text(f"first: {test}\nrest: else\n")
        code, out, _ = run("parity", "any.rules", "-m", "small.py:make", "-m", "small.py:make(flax=True)")
        assert code == 1
        assert f" | not ({test})" in out


def test_the_same_groups(run: Callable[..., Ran]) -> None:
    Path("small.py").write_text(SMALL)
    Path("all.rules").write_text("option rate = 1\nall: else -> lr_scale = rate\n")
    models = ("-m", "small.py:make", "-m", "small.py:make(flax=True)")
    code, out, err = run("parity", "all.rules", *models, "--option", "rate=0.5")
    assert (code, err) == (0, "")
    assert out.endswith("\nthe same groups on both models\n")


def test_one_model_is_a_wrong_command_line(run: Callable[..., Ran]) -> None:
    code, out, err = run("parity", "net.rules", "-m", "net.py:model")
    assert (code, out) == (2, "")
    assert err.endswith("Error: parity compares two models, not 1: write `--model` twice\n")


FROZEN = """\
from support import inventory_of


def make(flax=False):
    shape = [4, 8] if flax else [8, 4]
    frozen = {"name": "table", "shape": [3], "trainable": False}
    rows = [{"name": "w", "shape": shape}, frozen, {"name": "x" if flax else "y", "shape": [2]}]
    return inventory_of(rows, framework="optax" if flax else "torch")
"""


def test_settings_frozen_and_alone(run: Callable[..., Ran]) -> None:
    Path("a.rules").write_text("w: shape[0] == 8 -> lr_scale = 0.5\n[on]\nall: else\n")
    Path("small.py").write_text(FROZEN)
    Path("a.map").write_text("y = -\n- = x\n")
    models = ("-m", "small.py:make", "-m", "small.py:make(True)", "--mapping", "a.map")
    code, out, err = run("parity", "a.rules", *models, "--compare", "settings")
    assert code == 1
    assert err.strip().splitlines()[0] == "error[E807]: `w` has lr_scale = 0.5, its partner `w` no lr_scale"
    assert err.strip().splitlines()[1].strip() == "--> a.rules:1:21"
    assert (
        out
        == """\
A: a.rules on small.py:make: 3 tensors, 37 parameters (torch)
B: a.rules on small.py:make(True): 3 tensors, 37 parameters (optax)
2 pairs: 2 by name

group        tensors A  B  parameters A  B
w/all                1  0            32   0  differs
default/all          1  2             2  34  differs

rules before any [axis]  tensors A  B  parameters A  B
w                                1  0            32   0
default                          1  2             2  34

[on]  tensors A  B  parameters A  B
all           2  2            34  34

frozen in A: 1 tensor (table)

frozen in B: 1 tensor (table)

only in A, by the mapping: 1 tensor (y)

only in B, by the mapping: 1 tensor (x)

A  B  settings in A   settings in B
w  w  lr_scale = 0.5  no lr_scale
1 difference, 0 tensors without a partner
"""
    )
    code, out, _ = run("parity", "a.rules", *models, "--compare", "both", "--json")
    answer = json.loads(out)
    assert (code, answer["same"], len(answer["differences"])) == (1, False, 1)
    assert answer["alone"] == [["y"], ["x"]]
    assert answer["settings"] == [
        {"a": "w", "b": "w", "groups": ["w/all", "default/all"], "settings": {"lr_scale": [0.5, None]}}
    ]
    Path("b.rules").write_text("tall: shape[0] == 8\nwide: else\n")
    code, out, _ = run("parity", "b.rules", *models, "--compare", "settings")
    assert (code, out.splitlines()[-1]) == (0, "the same settings on both models")
