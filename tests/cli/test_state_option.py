"""`paramrules show --state`: bytes of optimizer state by group."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran

RULES = """\
muon: ndim == 2 and name ~ ^h\\. -> optimizer = "muon"
no_decay: ndim <= 1 -> weight_decay = 0
frozen: else -> freeze = true
"""


@pytest.mark.frameworks
def test_the_column(run: Callable[..., Ran]) -> None:
    Path("muon.rules").write_text(RULES)
    code, printed, findings = run("show", "muon.rules", "-m", "net.py:model", "--state", "adamw")
    assert (code, findings) == (0, "")
    assert (
        printed
        == """\
muon.rules on net.py:model: 7 tensors, 97.4k parameters (torch)

group     settings          tensors  parameters   share     state
muon      optimizer="muon"        2       32.8k   98.3%   128 KiB
no_decay  weight_decay=0          3         576    1.7%  4.51 KiB
frozen    freeze=true             0           0  frozen       0 B
total                             5       33.3k           133 KiB

frozen: 2 tensors (wte.weight, norm.g)
tied: wte.weight = head.weight
"""
    )


@pytest.mark.frameworks
def test_json(run: Callable[..., Ran]) -> None:
    Path("muon.rules").write_text(RULES)
    command = ("show", "muon.rules", "-m", "net.py:model", "--json", "--state", "sgd", "--state", "muon=adam")
    (model,) = json.loads(run(*command)[1])["models"]
    muon, no_decay, frozen = model["groups"]
    assert muon["state_bytes"] == 8 * muon["parameters"] + 4 * muon["tensors"]  # a float32 step each
    assert (no_decay["state_bytes"], frozen["state_bytes"]) == (0, 0)
    (plain,) = json.loads(run(*command[:5])[1])["models"]
    assert "state_bytes" not in plain["groups"][0]


@pytest.mark.parametrize("text", ["", "=adamw", "muon="])
def test_a_name_that_is_missing(run: Callable[..., Ran], text: str) -> None:
    Path("muon.rules").write_text(RULES)
    code, _, said = run("show", "muon.rules", "-m", "net.py:model", "--state", text)
    assert code == 2
    assert f"`{text}` names no optimizer; write `--state adamw` or `--state muon=lion`" in said


@pytest.mark.frameworks
def test_an_optimizer_that_is_not_there(run: Callable[..., Ran]) -> None:
    Path("muon.rules").write_text(RULES)
    assert run("show", "muon.rules", "-m", "net.py:model", "--state", "adamv") == (
        2,
        "",
        "error[E671]: `torch` has no optimizer `adamv`\n  = help: did you mean `adam`?\n\n",
    )
