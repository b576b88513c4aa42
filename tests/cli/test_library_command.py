"""`paramrules library` and `paramrules new POLICY`, and policies in place of files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran, git

import paramrules
from paramrules.rules.shipped import policies


def test_library_lists_each_policy_in_a_line(run: Callable[..., Ran]) -> None:
    ran = run("library")
    heads, *rows, summary = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert heads.split() == ["policy", "version", "rules"]
    assert [row.split()[:2] for row in rows] == [[name, "1"] for name in policies()]
    assert summary == f"{len(rows)} policies"
    assert run("library", "-q").out.splitlines() == [heads, *rows]


def test_library_as_json(run: Callable[..., Ran]) -> None:
    found = {each["name"]: each for each in json.loads(run("library", "--json").out)["policies"]}
    assert found["timm/layer_decay"] == {
        "name": "timm/layer_decay",
        "version": 1,
        "versions": [1],
        "summary": "timm's `param_groups_layer_decay`: "
        "each block trains at `rate` times the rate of the block after it",
        "source": "https://github.com/huggingface/pytorch-image-models/blob/main/timm/optim/_param_groups.py",
        "options": {"rate": 0.75, "min_scale": 0},
    }
    assert found["mup"]["options"] == {"base_width": None}


@pytest.mark.parametrize("name", ["nanogpt", "nanogpt@1", "<nanogpt>"])
def test_new_writes_a_policy_out(run: Callable[..., Ran], name: str) -> None:
    text = next(each.copy for each in policies()["nanogpt"])
    assert run("new", name) == (0, text, "")
    answer = json.loads(run("new", name, "--json").out)
    assert answer == {"version": 1, "policy": "nanogpt@1", "file": None, "text": text, "findings": []}


def test_new_writes_a_file_and_never_over_one(run: Callable[..., Ran]) -> None:
    assert run("new", "nanogpt", "-o", "gpt.rules") == (0, "gpt.rules: a copy of `<nanogpt@1>`\n", "")
    assert paramrules.load("gpt.rules").file == paramrules.load("<nanogpt@1>").file
    Path("gpt.rules").write_text("mine: else\n")
    assert run("new", "nanogpt", "-o", "gpt.rules") == (
        2,
        "",
        "error[E806]: `gpt.rules` already exists, and may have been edited by hand\n"
        "  = help: name another file, or remove this one\n\n",
    )
    assert Path("gpt.rules").read_text() == "mine: else\n"


def test_new_of_a_model_without_the_option(run: Callable[..., Ran]) -> None:
    assert run("new", "net.py:model").err.endswith(
        "Error: a model is named by an option: `paramrules new --model net.py:model`\n"
    )


def test_library_takes_no_name(run: Callable[..., Ran]) -> None:
    code, out, err = run("library", "nanogpt")
    assert (code, out) == (2, "")
    assert err.endswith(
        "Error: it lists all policies, and takes no name: `paramrules new NAME` writes out one\n"
    )


def test_new_suggests(run: Callable[..., Ran]) -> None:
    assert run("new", "nanogtp") == (
        2,
        "",
        "error[E970]: the shipped library has no policy `nanogtp`\n  = help: did you mean `<nanogpt>`?\n\n",
    )


NOTE = (
    "note[N974]: `<nanogpt>` is `<nanogpt@1>`, the newest version\n"
    "  = help: write `<nanogpt@1>` to keep this version when a newer one comes\n"
)


def test_commands_take_a_policy_by_name(run: Callable[..., Ran]) -> None:
    assert run("check", "<nanogpt>") == (0, "1 file: 1 note\n", f"{NOTE}\n")
    assert run("check", "<nanogpt@1>") == (0, "1 file: no findings\n", "")
    shown = run("show", "<nanogpt>", "-m", "net.py:model")
    assert shown.code == 0
    assert shown.err == f"\n{NOTE}\n"
    assert shown.out.startswith("<nanogpt> on net.py:model: ")
    explained = run("explain", "<nanogpt@1>", "norm.weight", "-m", "net.py:model")
    assert "<nanogpt@1>:6" in explained.out
    assert run("test", "<nanogpt@1>", "-m", "net.py:model").code == 0
    assert run("diff", "<nanogpt@1>", "<nanogpt>", "-m", "net.py:model") == (0, "the same groups\n", "")
    assert run("check", "<nanogpt@9>").code == 2


def test_a_lock_of_a_policy_has_its_name(run: Callable[..., Ran]) -> None:
    assert run("lock", "<timm/weight_decay@1>", "-m", "net.py:model").code == 0
    assert Path("timm_weight_decay.rules.lock").exists()
    assert run("lock", "<timm/weight_decay>", "-m", "net.py:model", "--check").code == 0


@pytest.mark.parametrize("words", [("check", "--fix"), ("fmt",), ("check", "--diff")])
def test_a_policy_is_never_written(run: Callable[..., Ran], words: tuple[str, ...]) -> None:
    ran = run(*words, "<nanogpt@1>")
    assert ran.code == 2
    assert ran.err.endswith(
        "Error: `<nanogpt@1>` is shipped and stays as it is: `paramrules new nanogpt@1` writes a copy\n"
    )


def test_a_project_of_a_policy(run: Callable[..., Ran]) -> None:
    Path("paramrules.toml").write_text('[[targets]]\nrules = "<nanogpt@1>"\nmodels = ["net.py:model"]\n')
    assert run("check") == (0, "1 file: no findings\n", "")
    assert run("show").out.startswith("<nanogpt@1> on net.py:model: ")
    assert run("show", "<nanogpt@1>").out == run("show").out
    assert run("fmt", "--check").code == 0
    assert run("lock").code == 0
    assert Path("nanogpt.rules.lock").exists()
    ran = run("ci")
    assert ran.code == 0
    assert [line.split()[:2] for line in ran.out.splitlines()[1:4]] == [
        ["check", "<nanogpt@1>"],
        ["test", "<nanogpt@1>"],
        ["lock", "nanogpt.rules.lock"],
    ]
    for words in (("init",), ("add", "."), ("commit", "-m", "A policy")):
        git(*words)
    assert run("diff", "--against", "HEAD").code == 0


def test_new_drafts_rules_for_a_model(run: Callable[..., Ran]) -> None:
    drafted = run("new", "--model", "net.py:model")
    assert drafted.code == 0
    assert drafted.out.startswith("# Drafted from a model of ")
    assert json.loads(run("new", "-m", "net.py:model", "--json").out)["policy"] is None
    assert run("new", "-m", "net.py:model", "-o", "own.rules").out == (
        "own.rules: a draft for net.py:model\n"
        "next: edit it, and `paramrules show own.rules --model net.py:model`\n"
    )
    assert Path("own.rules").read_text() == drafted.out
    assert run("show", "own.rules", "-m", "net.py:model", "--strict", "--fail-on", "warning").code == 0


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            ("vit.rules", "-m", "net.py:model"),
            "a new file is named by `-o`: `paramrules new --model vit.py:ViT -o vit.rules`",
        ),
        ((), "name a policy, `timm/layer_decay`, or a model, `--model vit.py:ViT`"),
        (
            ("<nanogpt>", "-m", "net.py:model"),
            "name a policy or a model, not both: `paramrules show '<nanogpt>' --model net.py:model` tries a "
            "policy on a model",
        ),
    ],
)
def test_new_takes_a_policy_or_a_model(run: Callable[..., Ran], words: tuple[str, ...], error: str) -> None:
    ran = run("new", *words)
    assert ran.code == 2
    assert ran.err.endswith(f"Error: {error}\n")
