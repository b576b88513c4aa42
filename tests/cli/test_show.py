import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran

CLEAN = """\
no_decay: ndim <= 1 or role == embedding -> weight_decay = 0
decay: else
"""


def test_groups(run: Callable[..., Ran]) -> None:
    Path("clean.rules").write_text(CLEAN)
    assert run("show", "clean.rules", "--model", "net.py:model") == (
        0,
        """\
clean.rules on net.py:model: 7 tensors, 97.4k parameters (torch)

group     settings        tensors  parameters  share
no_decay  weight_decay=0        4       64.6k  66.3%
decay     -                     3       32.8k  33.7%
total                           7       97.4k

tied: wte.weight = head.weight
""",
        "",
    )


def test_what_was_left_is_dead_frozen_or_tied(run: Callable[..., Ran]) -> None:
    Path("dead.rules").write_text(
        "bias: role == bias -> freeze = true\nscale: leaf == 'gain'\n"
        "maybe?: leaf == 'beta'\n[lr]\nhead: ndim > 2\n"
    )
    assert run("show", "dead.rules", "-m", "net:make(frozen=True)") == (
        0,
        """\
dead.rules on net:make(frozen=True): 7 tensors, 97.4k parameters (torch)

group            settings     tensors  parameters   share
bias/default     freeze=true        0           0  frozen
default/default  -                  4       80.5k  100.0%
total                               4       80.5k

left to `default`: 5 tensors (wte.weight, h.{0,1}.fc.weight, norm.weight, norm.g)
left to `default` in [lr]: 7 tensors (wte.weight, h.{0,1}.fc.weight, h.{0,1}.fc.bias, norm.weight, and 1 more)
dead rule: `scale` at dead.rules:2
dead rule: `head` at dead.rules:5
frozen: 3 tensors (h.{0,1}.fc.bias, h.1.fc.weight)
tied: wte.weight = head.weight
""",
        """
warning[W201]: the rule `scale` takes no parameter of the model
  --> dead.rules:2:1
   |
 2 | scale: leaf == 'gain'
   | ^^^^^^^^^^^^^^^^^^^^^ its predicate holds for nothing
   = help: if that is intended, write `scale?:`

warning[W201]: the rule `head` takes no parameter of the model
  --> dead.rules:5:1
   |
 5 | head: ndim > 2
   | ^^^^^^^^^^^^^^ its predicate holds for nothing
   = help: if that is intended, write `head?:`

""",
    )


def test_strict_shows_the_groups_and_the_errors(run: Callable[..., Ran]) -> None:
    Path("strict.rules").write_text("bias: role == bias\n")
    code, out, err = run("show", "strict.rules", "--model", "net.py:model", "--strict")
    assert code == 1
    assert "left to `default`: 5 tensors" in out
    assert (
        err
        == """
error[E205]: no rule takes `wte.weight` and 4 more
  --> strict.rules:1:1
   |
 1 | bias: role == bias
   | ^^^^^^^^^^^^^^^^^^ the last rule
   = help: under strict every parameter needs a rule; end with `label: else`

"""
    )


def test_what_is_left_to_another_optimizer_is_counted_as_skipped(run: Callable[..., Ran]) -> None:
    Path("skip.rules").write_text("layers: name ~ ^h\\. -> skip = true\nrest: else\n")
    assert run("show", "skip.rules", "-m", "net:make(frozen=True)") == (
        0,
        """\
skip.rules on net:make(frozen=True): 7 tensors, 97.4k parameters (torch)

group   settings   tensors  parameters    share
layers  skip=true        0           0  skipped
rest    -                3       64.1k   100.0%
total                    3       64.1k

skipped: 4 tensors (h.{0,1}.fc.weight, h.{0,1}.fc.bias)
tied: wte.weight = head.weight
""",
        "",
    )
    _, out, _ = run("show", "skip.rules", "-m", "net:make(frozen=True)", "--json")
    (model,) = json.loads(out)["models"]
    assert model["frozen"] == []
    assert model["skipped"] == ["h.0.fc.weight", "h.0.fc.bias", "h.1.fc.weight", "h.1.fc.bias"]
    assert model["groups"][0]["names"] == model["skipped"]


def test_json(run: Callable[..., Ran]) -> None:
    Path("frozen.rules").write_text(
        "option on = true\n[decay]\nno_decay: ndim <= 1 and on -> lr_scale = 0.5\n"
    )
    code, out, _ = run("show", "frozen.rules", "--model", "net.py:make(True)", "--json")
    assert code == 0
    assert json.loads(out) == {
        "version": 1,
        "models": [
            {
                "rules": "frozen.rules",
                "name": "net.py:make(True)",
                "model": "net.py:make(True)",
                "framework": "torch",
                "tensors": 7,
                "parameters": 97408,
                "groups": [
                    {
                        "label": "no_decay",
                        "labels": {"decay": "no_decay"},
                        "settings": {"lr_scale": 0.5, "weight_decay": 0},
                        "tensors": 3,
                        "parameters": 576,
                        "share": 576 / 81024,
                        "names": ["h.0.fc.bias", "h.1.fc.bias", "norm.weight"],
                    },
                    {
                        "label": "default",
                        "labels": {"decay": "default"},
                        "settings": {},
                        "tensors": 3,
                        "parameters": 80448,
                        "share": 80448 / 81024,
                        "names": ["wte.weight", "h.0.fc.weight", "h.1.fc.weight", "norm.g"],
                    },
                ],
                "left": {"decay": ["wte.weight", "h.0.fc.weight", "h.1.fc.weight", "norm.g"]},
                "dead": [],
                "frozen": ["h.1.fc.weight"],
                "skipped": [],
                "tied": [["wte.weight", "head.weight"]],
                "merged": [],
            }
        ],
        "findings": [],
    }


def test_json_of_a_matrix_that_is_stored_with_more_axes(run: Callable[..., Ran]) -> None:
    owner = '"classes": [["flax.linen.linear.DenseGeneral", []]], "owners": [[0]]'
    row = '"owner": 0, "role": "weight", "dtype": "float32", "trainable": true, "variable": 0'
    Path("flax.json").write_text(
        f'{{"paramrules_inventory": 2, "framework": "optax", "unknown": {{}}, {owner}, "parameters": ['
        f'{{"name": "a.kernel", "shape": [8, 12], "stored": [8, 2, 6], {row}, '
        '"layout": ["in", "out", "out"]},'
        f'{{"name": "b.kernel", "shape": [8, 12], {row}}}]}}'
    )
    Path("all.rules").write_text("all: else\n")
    _, out, _ = run("show", "all.rules", "--model", "flax.json", "--json")
    assert json.loads(out)["models"][0]["merged"] == [
        {"name": "a.kernel", "shape": [8, 12], "stored": [8, 2, 6], "layout": ["in", "out", "out"]}
    ]
    _, out, _ = run("explain", "all.rules", "a.kernel", "--model", "flax.json")
    assert out.startswith(
        "a.kernel\nfact      value\nshape     (8, 12)\nstored    (8, 2, 6)\ndtype     float32\n"
    )


def test_json_of_dead_rules_and_of_a_model_that_is_all_frozen(run: Callable[..., Ran]) -> None:
    Path("all.rules").write_text("[a]\nx_{i}: name ~ ^x(?<i>\\d)\nall: size >= 0 -> freeze = true\n")
    code, out, _ = run("show", "all.rules", "--model", "net.py:model", "--json")
    (model,) = json.loads(out)["models"]
    assert code == 0
    assert model["dead"] == [{"axis": "a", "label": "x_{i}", "file": "all.rules", "line": 2}]
    assert [group["share"] for group in model["groups"]] == [0.0]
    assert len(model["frozen"]) == 7


def test_several_models_are_shown_in_turn_and_each_finding_once(run: Callable[..., Ran]) -> None:
    Path("two.rules").write_text('x: leaf == "gain"\ny: else\n')
    code, out, err = run("show", "two.rules", "-m", "net.py:model", "-m", "net.py:make(True)")
    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("two.rules on")] == [
        "two.rules on net.py:model: 7 tensors, 97.4k parameters (torch)",
        "two.rules on net.py:make(True): 7 tensors, 97.4k parameters (torch)",
    ]
    assert "\n\ntwo.rules on net.py:make" in out
    assert err.count("W201") == 1


def test_an_option_takes_the_type_it_is_declared_with(run: Callable[..., Ran]) -> None:
    Path("option.rules").write_text(
        'option rate = 0.5\noption kind = "1"\noption on = true\noption any\n'
        "all: else -> lr_scale = rate, kind = kind, on = on, any = any\n"
    )
    set_to = ("--option", "rate=0.8", "--option", "kind=2", "--option", "on=false")
    for given, shown in (("7", "7"), ("0.5", "0.5"), ("true", "true"), ("a=b", '"a=b"')):
        _, out, err = run("show", "option.rules", "-m", "net.py:model", *set_to, "--option", f"any={given}")
        assert err == ""
        assert f'all    lr_scale=0.8, kind="2", on=false, any={shown} ' in out


def test_an_option_of_another_type(run: Callable[..., Ran]) -> None:
    Path("option.rules").write_text("option rate = 0.5\noption on = true\nall: else -> lr_scale = rate\n")
    given = ("--option", "rate=fast", "--option", "on=1", "--option", "rat=1")
    assert run("show", "option.rules", "-m", "net.py:model", *given) == (
        2,
        "",
        """\
error[E211]: `option.rules` declares no option `rat`
  = help: did you mean `rate`?

error[E213]: option `rate` is a number, not 'fast'
  --> option.rules:1:1
   |
 1 | option rate = 0.5
   | ^^^^^^^^^^^^^^^^^ the default is a number
   = help: write a number, as in `--option rate=0.75`

error[E213]: option `on` is a boolean, not '1'
  --> option.rules:2:1
   |
 2 | option on = true
   | ^^^^^^^^^^^^^^^^ the default is a boolean
   = help: write a boolean, as in `--option on=true`

""",
    )


@pytest.mark.parametrize("given", ["rate", "=0.5", " =0.5"])
def test_an_option_without_a_name_or_a_value_is_a_wrong_command_line(
    run: Callable[..., Ran], given: str
) -> None:
    usage = "Usage: paramrules show [OPTIONS] [FILE]\nTry 'paramrules show --help' for help.\n\n"
    mistake = f"`{given}` does not set an option; write `--option NAME=VALUE`"
    wrong = f"Error: Invalid value for '--option': {mistake}\n"
    assert run("show", "net.rules", "-m", "net.py:model", "--option", given) == (2, "", usage + wrong)


def test_a_model_that_makes_no_sense_is_a_wrong_command_line(run: Callable[..., Ran]) -> None:
    code, out, err = run("show", "net.rules", "--model", "net")
    assert (code, out) == (2, "")
    assert err.endswith(
        "Error: Invalid value for '--model' / '-m': `net` does not name a model; "
        "write `package.module:NAME`, "
        "`path.py:NAME`, a call like `module:make('tiny', depth=2)`, or `saved.json`\n"
    )


def test_a_file_with_errors_is_not_shown(run: Callable[..., Ran]) -> None:
    Path("bad.rules").write_text("x: type(LayerNorm) or ndm <= 1\n")
    code, out, err = run("show", "bad.rules", "--model", "net.py:model")
    assert (code, out) == (2, "")
    assert err.startswith("error[E301]: ")


def test_the_json_of_an_error_holds_only_the_findings(run: Callable[..., Ran]) -> None:
    code, out, err = run("show", "net.rules", "--model", "net.py:nothing", "--json")
    assert (code, err) == (2, "")
    assert json.loads(out) == {
        "version": 1,
        "findings": [
            {
                "code": "E701",
                "severity": "error",
                "message": "`net.py` has no `nothing`",
                "label": "",
                "help": "it has `linear`, `make` and `model`",
                "also": [],
            }
        ],
    }


def test_the_traceback_is_there_for_the_asking(run: Callable[..., Ran]) -> None:
    Path("broken.py").write_text("def make():\n    raise ValueError('no')\n")
    finding = """\
error[E702]: building `broken.py:make` failed: ValueError: no
  --> broken.py:2:5
   |
 2 |     raise ValueError('no')
   |     ^^^^^^^^^^^^^^^^^^^^^^
   = help: `--traceback` shows the full traceback

"""
    assert run("show", "net.rules", "-m", "broken.py:make") == (2, "", finding)
    code, out, err = run("show", "net.rules", "-m", "broken.py:make", "--traceback")
    assert (code, out) == (2, "")
    assert err.startswith("Traceback (most recent call last):\n")
    assert "\nValueError: no\n" in err
    assert err.endswith(finding)
    assert "Traceback" not in run("show", "net.rules", "-m", "broken.py:mak", "--traceback").err
