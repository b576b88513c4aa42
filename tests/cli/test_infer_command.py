"""`paramrules infer`."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import Ran

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inference import Check, Inferred, ListedNames, infer_groups

Run = Callable[..., Ran]

TORCH = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, depth=3, width=4):
        super().__init__()
        self.embed = nn.Embedding(9, width)
        blocks = (nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width)) for _ in range(depth))
        self.blocks = nn.ModuleList(blocks)


class Wide(Net):
    pass


built = Net()
"""

POLICY = """\
import torch
from nets import Net, Wide


def make_groups(model, weight_decay=0.1):
    assert isinstance(model, Net)
    print("printed by the function")
    flat = [p for p in model.parameters() if p.ndim == 1]
    rest = [p for p in model.parameters() if p.ndim > 1]
    decay = 0.3 if isinstance(model, Wide) and model.embed.weight.shape[1] > 4 else weight_decay
    made = [{"params": flat, "weight_decay": 0.0}, {"params": rest, "weight_decay": decay}]
    return [group | {"lr": 0.1} for group in made]


def make_optimizer(model):
    return torch.optim.AdamW(make_groups(model))


def exits(model):
    raise SystemExit("bye")


def some(model):
    for group in make_groups(model)[:1]:
        yield group


def needs_values(model):
    assert float(model.embed.weight.detach().sum().item()) != 0
    return make_groups(model)


def fails(model):
    numbers = []
    return numbers[3]


def fails_on_meta(model):
    raise RuntimeError("the meta data is missing")


def nothing(model):
    make_groups(model)


SETTINGS = {"x": 1}
"""

DECAY = """\
option decay = 0.1

# 9 tensors, 36 parameters: vectors
no_decay: ndim <= 1
# 4 tensors, 84 parameters
decay:    else -> weight_decay = decay
"""


def rules(text: str) -> str:
    """Return a file without its title and its expectations."""
    body = text.partition("edition 1\n\n")[2]
    return "".join(line for line in body.splitlines(keepends=True) if not line.startswith("expect"))


@pytest.fixture
def run_torch(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command where `nets.py` is a model of torch, and `policy.py` makes its groups."""
    pytest.importorskip("torch", reason="the core's own tests run without frameworks")
    (folder / "nets.py").write_text(TORCH)
    (folder / "policy.py").write_text(POLICY)

    def ran(*words: str) -> Ran:
        for module in ("nets", "policy"):  # of the run before
            monkeypatch.delitem(sys.modules, module, raising=False)
        return run(*words)

    return ran


JSON_SETTINGS = {
    "wte.weight": {"lr": 0.5, "weight_decay": 0},
    "h.0.fc.weight": {"lr": 0.5, "weight_decay": 0.1},
    "h.0.fc.bias": {"lr": 0.5, "weight_decay": 0},
    "h.1.fc.weight": {"lr": 0.5, "weight_decay": 0.1},
    "h.1.fc.bias": {"lr": 0.5, "weight_decay": 0},
    "norm.weight": {"lr": 0.5, "weight_decay": 0},
    "norm.g": {"lr": 0.5, "weight_decay": 0},
}


def test_a_json_file_of_settings_runs_no_code(run: Run, folder: Path) -> None:
    (folder / "groups.json").write_text(json.dumps(JSON_SETTINGS))
    code, out, err = run("infer", "-m", "net.py:model", "-g", "groups.json", "-o", "new.rules")
    assert (code, err) == (0, "")
    assert out == (
        "for the optimizer itself: lr=0.5\n\nnew.rules: 2 rules for 7 tensors\n"
        "next: read it, and `paramrules lock new.rules --model net.py:model`\n"
    )
    code, out, err = run("show", "new.rules", "-m", "net.py:model")
    assert code == 0, err
    assert run("fmt", "--check", "new.rules").code == 0


def test_json_files_that_cannot_be_read(run: Run, folder: Path) -> None:
    help = (
        '  = help: write settings by name, `{"head.weight": {"weight_decay": 0.1}}`, or param groups, '
        '`[{"params": ["head.weight"], "weight_decay": 0.1}]`\n\n'
    )
    (folder / "broken.json").write_text("{")
    (folder / "nan.json").write_text('{"norm.g": {"lr": NaN}}')
    (folder / "inf.json").write_text('[{"params": ["norm.g"], "lr": 1e999}]')
    (folder / "latin.json").write_bytes(b'{"\xe4": {}}')
    for file, why in {
        "none.json": "there is no such file",
        "broken.json": "it is not JSON at line 1, column 2",
        "nan.json": "`NaN` is not a number in JSON",
        "inf.json": "the number `1e999` is too large",
        "latin.json": "it is not UTF-8",
    }.items():
        assert run("infer", "-m", "net.py:model", "-g", file, "-o", "new.rules") == (
            *(2, "", f"error[E959]: `{file}` cannot be read: {why}\n{help}"),
        )
    (folder / "number.json").write_text("3")
    assert "error[E955]: an `int` holds no groups of parameters\n" in (
        run("infer", "-m", "net.py:model", "-g", "number.json", "-o", "new.rules").err
    )
    assert not (folder / "new.rules").exists()


def test_a_function_needs_the_model_itself(run: Run, folder: Path) -> None:
    (folder / "policy.py").write_text("def make_groups(model): return []\n")
    assert run("infer", "-m", "net.py:model", "-g", "policy.py:make_groups", "-o", "new.rules") == (
        2,
        "",
        "error[E951]: a function makes groups of a model, and this is an inventory\n"
        "  = help: name the model itself, or a JSON file with settings by name\n\n",
    )


@pytest.mark.frameworks
def test_a_function(run_torch: Run) -> None:
    made = run_torch("infer", "-m", "nets.py:Net", "-g", "policy.py:make_groups", "-o", "new.rules")
    assert made == (
        0,
        "for the optimizer itself: lr=0.1\n\nnew.rules: 2 rules for 13 tensors\n"
        "next: read it, and `paramrules lock new.rules --model nets.py:Net`\n",
        "printed by the function\n",
    )
    assert rules(Path("new.rules").read_text()) == DECAY


@pytest.mark.frameworks
@pytest.mark.parametrize(
    "groups", ["make_groups", "make_optimizer", "needs_values", "make_groups(weight_decay=0.1)"]
)
def test_what_a_function_may_return(run_torch: Run, groups: str) -> None:
    code, out, err = run_torch("infer", "-m", "nets.py:Net", "-g", f"policy.py:{groups}")
    assert (code, rules(out)) == (0, DECAY)
    assert "lr=0.1" in err.splitlines()[-2]
    assert err.splitlines()[-2].startswith("for the optimizer itself: ")


@pytest.mark.frameworks
def test_several_models_and_checks(run_torch: Run) -> None:
    words = ("infer", "-m", "nets.py:Net", "-m", "nets.py:Net(depth=5)", "-g", "policy.py:make_groups")
    checks = ("--check", "nets.py:Net(width=8)", "--check", "nets.py:Wide(width=8)")
    code, out, _ = run_torch(*words, *checks[:2], "-o", "one.rules")
    assert (code, out) == (
        0,
        "for the optimizer itself: lr=0.1\n"
        "\n"
        "check                 result\n"
        "nets.py:Net(width=8)  holds\n"
        "\n"
        "one.rules: 2 rules for 13 tensors and 21 tensors\n"
        "next: read it, and `paramrules lock one.rules --model nets.py:Net --model 'nets.py:Net(depth=5)'`\n",
    )
    code, out, _ = run_torch(*words, *checks, "-o", "two.rules")
    assert code == 1
    assert out.splitlines()[-4] == (
        "nets.py:Wide(width=8)  differs: 4 tensors (embed.weight, blocks.{0..2}.1.weight)"
    )
    assert out.splitlines()[-1] == (
        "next: infer one file for all, --model nets.py:Net --model 'nets.py:Net(depth=5)' "
        "--model 'nets.py:Wide(width=8)'"
    )
    assert Path("two.rules").read_text() == Path("one.rules").read_text()
    code, out, _ = run_torch(*words, *checks, "-o", "-", "--json")
    answer = json.loads(out)
    assert code == 1
    assert answer["text"] == Path("one.rules").read_text()
    assert answer["models"] == [
        {"model": "nets.py:Net", "framework": "torch", "tensors": 13},
        {"model": "nets.py:Net(depth=5)", "framework": "torch", "tensors": 21},
    ]
    assert answer["checks"] == [
        {"model": "nets.py:Net(width=8)", "same": True, "names": []},
        {
            "model": "nets.py:Wide(width=8)",
            "same": False,
            "names": ["embed.weight", "blocks.0.1.weight", "blocks.1.1.weight", "blocks.2.1.weight"],
        },
    ]
    assert (answer["file"], answer["written"], answer["rules"], answer["base"]) == (
        "-",
        False,
        2,
        {"lr": 0.1},
    )


def test_what_the_file_does_not_explain(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "groups.json").write_text(json.dumps(JSON_SETTINGS))
    plain = infer_groups.inferred_from

    def with_more(*groupings: Any) -> Inferred:
        failed = RulesError([Diagnostic("E215", "the model does not show its types")])
        return replace(
            plain(*groupings),
            base={},
            listed=(
                ListedNames("", "rest", ("norm.g",)),
                ListedNames("lr", "rest", ("norm.g", "wte.weight")),
            ),
            checks=(Check("net.py:make", ("norm.g", "wte.weight"), failed),),
        )

    monkeypatch.setattr(infer_groups, "inferred_from", with_more)
    assert run("infer", "-m", "net.py:model", "-g", "groups.json", "-o", "new.rules") == (
        1,
        "not explained: `rest` lists 1 tensor (norm.g)\n"
        "not explained: `rest` of `[lr]` lists 2 tensors (norm.g, wte.weight)\n"
        "\n"
        "check        result\n"
        "net.py:make  the file cannot be used\n"
        "\n"
        "new.rules: 2 rules for 7 tensors\n"
        "next: edit what lists names, and `paramrules show new.rules --model net.py:model`\n",
        "\nerror[E215]: the model does not show its types\n\n",
    )
    answer = json.loads(
        run("infer", "-m", "net.py:model", "-g", "groups.json", "-o", "b.rules", "--json").out
    )
    assert answer["listed"] == [
        {"axis": "", "label": "rest", "names": ["norm.g"]},
        {"axis": "lr", "label": "rest", "names": ["norm.g", "wte.weight"]},
    ]
    assert answer["checks"] == [{"model": "net.py:make", "same": False, "names": ["norm.g", "wte.weight"]}]


@pytest.mark.frameworks
def test_what_a_function_does_wrong(run_torch: Run) -> None:
    def err(groups: str, *more: str) -> str:
        code, out, err = run_torch(
            "infer", "-m", "nets.py:Net", "-g", f"policy.py:{groups}", "-o", "new.rules", *more
        )
        assert (code, out) == (2, "")
        return err.replace("printed by the function\n", "")

    assert err("fails") == (
        "error[E951]: calling `policy.py:fails` failed: IndexError: list index out of range\n"
        "   --> policy.py:35:5\n"
        "    |\n"
        " 35 |     return numbers[3]\n"
        "    |     ^^^^^^^^^^^^^^^^^\n"
        "    = help: `--traceback` shows the full traceback\n\n"
    )
    assert "Traceback" in err("fails", "--traceback")
    assert err("fails_on_meta").startswith(
        "error[E951]: calling `policy.py:fails_on_meta` failed: RuntimeError: the meta data is missing\n"
    )
    assert "failed: IndexError: list index out of range (model `nets.py:Net`)\n" in (
        err("fails", "--check", "nets.py:Net(depth=5)")
    )
    assert "E953" in err("some", "--check", "nets.py:Net(depth=5)")
    exits = err("exits")
    assert exits.startswith("error[E951]: calling `policy.py:exits` failed: SystemExit: bye\n")
    assert exits.endswith("    = help: `--traceback` shows the full traceback\n\n")
    assert err("make_groups(decay=1)") == (
        "error[E951]: `policy.py:make_groups(decay=1)` cannot be called like that: got an unexpected keyword "
        "argument 'decay'\n"
        "  = help: its first argument is the model, and what is written is passed behind it\n\n"
    )
    assert err("make_groups(weight_decy=1)").endswith("  = help: did you mean `weight_decay`?\n\n")
    assert err("SETTINGS") == (
        "error[E951]: `policy.py:SETTINGS` is a `dict`, not a function\n"
        "  = help: name a function that is called with the model and returns its groups\n\n"
    )
    assert err("nothing") == (
        "error[E955]: `None` holds no groups of parameters\n"
        "  = help: end the function with `return groups`\n\n"
    )
    assert err("some") == (
        "error[E953]: `embed.weight`, `blocks.0.1.weight`, `blocks.1.1.weight` and 1 more are trained and in "
        "no group\n"
        "  = help: no optimizer updates them: mend the groups, freeze them, or write `--missing skip` if "
        "something else takes them\n\n"
    )
    assert err("make_grups").startswith("error[E701]: `policy.py` has no `make_grups`\n")
    code, out, _ = run_torch(
        *("infer", "-m", "nets.py:Net", "-g", "policy.py:some", "-o", "-", "--missing", "skip"),
    )
    assert code == 0
    assert "skip = true" in out


@pytest.mark.frameworks
def test_a_model_that_is_built_already_is_not_built_again(run_torch: Run) -> None:
    code, out, _ = run_torch("infer", "-m", "nets.py:built", "-g", "policy.py:needs_values", "-o", "-")
    assert (code, rules(out)) == (0, DECAY)
    code, _, err = run_torch("infer", "-m", "nets.py:built", "-g", "policy.py:fails_on_meta", "-o", "-")
    assert code == 2
    assert "the meta data is missing" in err


@pytest.mark.frameworks
def test_a_builtin_without_a_signature(run_torch: Run, folder: Path) -> None:
    (folder / "policy.py").write_text("groups = dict\n")
    assert run_torch("infer", "-m", "nets.py:Net", "-g", "policy.py:groups", "-o", "-").err.startswith(
        "error[E951]: calling `policy.py:groups` failed: TypeError: 'Net' object is not iterable\n"
    )


def test_a_rule_file_is_not_overwritten(run: Run, folder: Path) -> None:
    (folder / "groups.json").write_text(json.dumps(JSON_SETTINGS))
    words = ("infer", "-m", "net.py:model", "-g", "groups.json", "-o", "net.rules")
    before = (folder / "net.rules").read_text()
    assert run(*words) == (
        2,
        "",
        "error[E806]: `net.rules` already exists, and may have been edited by hand\n"
        "  = help: name another file, or write `--force`\n\n",
    )
    assert (folder / "net.rules").read_text() == before
    assert run(*words, "--force").code == 0
    assert (folder / "net.rules").read_text() != before


def test_the_command_line(run: Run, folder: Path) -> None:
    usage = "Usage: paramrules infer [OPTIONS]\nTry 'paramrules infer --help' for help.\n\nError: "
    assert run("infer", "-g", "groups.json", "-o", "new.rules").err == (
        f"{usage}name a model, `--model vit.py:ViT`\n"
    )
    assert run("infer", "-m", "net.py:model", "-g", "groups", "-o", "new.rules").err == (
        f"{usage}Invalid value for '--groups' / '-g': `groups` names no function; write "
        "`path.py:make_groups`, `package.module:make_groups`, a call like "
        "`path.py:make_groups(weight_decay=0.05)`, or `groups.json`\n"
    )
    assert run("infer", "-m", "net.py:model", "-g", "a:b(c)", "-o", "new.rules").err == (
        f"{usage}Invalid value for '--groups' / '-g': `c` in `a:b(c)` is not a literal (a number, a quoted "
        "text, a list, `True`); write a function that does the rest: `path.py:make`\n"
    )


@pytest.mark.frameworks
def test_a_function_that_asks_for_arrays_gets_them(run: Run, folder: Path) -> None:
    """`equinox.is_array` is false of an array that was built without values, and fails nowhere."""
    pytest.importorskip("equinox", reason="the core's own tests run without frameworks")
    (folder / "eqxnet.py").write_text(
        "import equinox as eqx\nimport jax\n\n\n"
        "def make():\n    return eqx.nn.MLP(3, 3, 4, 2, key=jax.random.key(0))\n\n\n"
        "def mask(model):\n"
        "    return jax.tree.map(lambda leaf: eqx.is_array(leaf) and leaf.ndim > 1, model)\n"
    )
    made = run("infer", "-m", "eqxnet.py:make", "-g", "eqxnet.py:mask")
    assert (made.code, rules(made.out)) == (
        0,
        "# 3 tensors, 11 parameters: vectors\nno_decay: ndim <= 1\n"
        "# 3 tensors, 40 parameters\ndecay:    else\n",
    )
