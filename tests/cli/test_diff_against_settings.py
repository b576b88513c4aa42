"""`diff --against` and `report --against` with the settings as they stood in the revision."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran, git

Run = Callable[..., Ran]
TARGET = '[[targets]]\nrules = "a.rules"\n'
MODEL = 'models = ["net.py:make"]\n'
RULES = r"""option rate = 0.5
big: name ~ ^h\. -> lr_scale = rate
norm?: type(LayerNorm)
rest: else
"""


@pytest.fixture
def change(folder: Path) -> Callable[..., None]:
    """Commit settings, and replace them with others."""

    def changed(before: str, now: str, file: str = "paramrules.toml") -> None:
        (folder / "a.rules").write_text(RULES)
        (folder / file).write_text(before)
        git("init", ".")
        git("add", ".")
        git("commit", "-m", "settings")
        (folder / file).write_text(now)

    return changed


@pytest.mark.parametrize("below", [".", "below"])
def test_options(below: str, run: Run, folder: Path, change: Callable[..., None]) -> None:
    change(TARGET + MODEL, TARGET + MODEL + "options = { rate = 0.25 }\n")
    (folder / "below").mkdir()
    os.chdir(below)
    assert run("diff", "--against", "main") == (
        1,
        "settings changed in  settings              tensors  parameters  names\n"
        "big                  lr_scale 0.5 -> 0.25        4       33.3k  "
        "h.{0,1}.fc.weight, h.{0,1}.fc.bias\n"
        "\n"
        "option rate: 0.5 -> 0.25\n"
        "4 tensors with other settings\n",
        "",
    )
    assert run("diff", "--against", "main", "--option", "rate=0.5").out == "the same groups\n"


def test_options_of_a_target_for_a_model_that_is_typed(run: Run, change: Callable[..., None]) -> None:
    change(TARGET + "options = { rate = 0.25 }\n", TARGET)
    ran = run("diff", "--against", "main", "-m", "net.py:make")
    assert ran.out.endswith("option rate: 0.25 -> 0.5\n4 tensors with other settings\n")


def test_options_of_a_report(run: Run, change: Callable[..., None]) -> None:
    change(TARGET + MODEL, TARGET + MODEL + "options = { rate = 0.25 }\n")
    assert run("report", "--against", "main", "-o", "report.html").code == 0
    text = Path("report.html").read_text("utf-8")
    assert "<p>Compared with <code>main</code>: 4 tensors with other settings.</p>" in text
    assert run("report", "--against", "main:a.rules", "-o", "report.html").code == 0
    assert "<code>main:a.rules</code>: the same groups.</p>" in Path("report.html").read_text("utf-8")


@pytest.mark.parametrize("file", ["paramrules.toml", "pyproject.toml"])
def test_options_of_a_shipped_policy(file: str, run: Run, change: Callable[..., None]) -> None:
    table = "[[targets]]\n" if file == "paramrules.toml" else "[[tool.paramrules.targets]]\n"
    target = f'{table}rules = "<detectron2@1>"\n{MODEL}'
    change(target, target + "# the same\n", file)
    assert run("diff", "--against", "main") == (0, "the same groups\n", "")
    Path(file).write_text(target + "options = { bias_settings = true }\n")
    ran = run("diff", "--against", "main")
    assert ran.code == 1
    assert "option bias_settings: false -> true\n" in ran.out


@pytest.mark.frameworks
def test_a_vocabulary(run: Run, folder: Path, change: Callable[..., None]) -> None:
    (folder / "own.py").write_text(
        "import torch\n\n\nclass Scale(torch.nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.gain = torch.nn.Parameter(torch.ones(4))\n"
    )
    model = TARGET + 'models = ["own.py:Scale", "own.py:Scale()"]\n'
    with_words = model + 'vocabulary = ["words.toml"]\n'
    words = folder / "words.toml"
    words.write_text('[families]\nLayerNorm = ["own.Shift"]\n')
    change(with_words, with_words)
    assert run("diff", "--against", "main") == (0, "0 models of 2 differ\n", "")
    words.write_text('[families]\nLayerNorm = ["own.Scale"]\n')
    ran = run("diff", "--against", "main")
    assert (ran.code, ran.out.splitlines()[3].split()[:2]) == (1, ["rest", "norm"])
    assert ran.out.endswith("2 models of 2 differ\n")
    git("commit", "-am", "words")
    (folder / "paramrules.toml").write_text(model)
    words.unlink()
    assert run("diff", "--against", "main~1").out == "0 models of 2 differ\n"
    ran = run("diff", "--against", "main")
    assert (ran.code, ran.out.splitlines()[3].split()[:2]) == (1, ["norm", "rest"])
    words.write_bytes(b"\xff")
    (folder / "paramrules.toml").write_text(with_words)
    git("add", ".")
    git("commit", "-m", "no text")
    words.unlink()
    (folder / "paramrules.toml").write_text(model)
    assert run("diff", "--against", "main").err == (
        "warning[W976]: what the settings say of `own.py:Scale`, `own.py:Scale()` in the revision `main` "
        "cannot be used: the vocabulary `main:./words.toml` cannot be read: it is not UTF-8\n"
        "  = help: those of now hold for both sides\n\n"
    )


def test_models_and_targets_that_came_and_went(run: Run, change: Callable[..., None]) -> None:
    two = 'models = ["net.py:make", "net.py:make(frozen=True)"]\n'
    change(TARGET + MODEL, TARGET + two)
    assert run("diff", "--against", "main")[:2] == (
        1,
        "newly configured: a.rules on net.py:make(frozen=True)\n0 models of 2 differ, 1 new target\n",
    )
    Path("paramrules.toml").write_text(TARGET + MODEL.replace("make", "make(frozen=True)"))
    assert run("diff", "--against", "main")[:2] == (
        1,
        "newly configured: a.rules on net.py:make(frozen=True)\n"
        "no longer configured: a.rules on net.py:make\n"
        "the same groups, 1 new target, 1 target gone\n",
    )
    assert run("diff", "--against", "main", "--markdown").out == (
        "### `a.rules` on `net.py:make(frozen=True)`\n\nthe same groups.\n\n"
        "- newly configured: `a.rules on net.py:make(frozen=True)`\n"
        "- no longer configured: `a.rules on net.py:make`\n"
    )
    answer = json.loads(run("diff", "--against", "main", "--json").out)
    assert answer["new_targets"] == ["a.rules on net.py:make(frozen=True)"]
    assert answer["gone_targets"] == ["a.rules on net.py:make"]


def test_targets_with_other_options(run: Run, change: Callable[..., None]) -> None:
    """Those with the same options belong together, then those of one model in order."""

    def targets(*rates: float) -> str:
        return "".join(f"{TARGET}{MODEL}options = {{ rate = {rate} }}\n" for rate in rates)

    change(targets(0.1, 0.2), targets(0.2, 0.1))
    assert run("diff", "--against", "main").out == "0 models of 2 differ\n"
    Path("paramrules.toml").write_text(targets(0.3, 0.1))
    assert "option rate: 0.2 -> 0.3\n1 model of 2 differs\n" in run("diff", "--against", "main").out
    Path("paramrules.toml").write_text(targets(0.2, 0.1, 0.3))
    assert run("diff", "--against", "main").out == (
        "newly configured: a.rules on net.py:make (rate = 0.3)\n0 models of 3 differ, 1 new target\n"
    )
    Path("paramrules.toml").write_text(targets(0.2))
    assert run("diff", "--against", "main").out == (
        "no longer configured: a.rules on net.py:make (rate = 0.1)\nthe same groups, 1 target gone\n"
    )


def test_a_description_that_no_longer_fits_the_model(run: Run, change: Callable[..., None]) -> None:
    change(TARGET + MODEL + "stacked = { h = 1 }\n", TARGET + MODEL)
    for command in (("diff", "--against", "main"), ("report", "--against", "main", "-o", "report.html")):
        code, _, err = run(*command)
        assert (code, err) == (
            0,
            "warning[W976]: what the settings say of `net.py:make` in the revision `main` cannot be used: "
            "`h` is declared as stacked, but is not in a model that can have stacks\n"
            "  = help: those of now hold for both sides\n\n",
        )


@pytest.mark.parametrize(
    "before", ["targets = [\n", "targets = 7\n", TARGET + "rate = 3\n", TARGET + "#" * (1 << 20)]
)
def test_settings_that_cannot_be_read(before: str, run: Run, change: Callable[..., None]) -> None:
    change(before, TARGET + MODEL + "options = { rate = 0.25 }\n")
    code, out, err = run("diff", "--against", "main")
    assert (code, out) == (0, "the same groups\n")
    assert err.startswith("warning[W976]: the settings in the revision `main` cannot be used: ")
