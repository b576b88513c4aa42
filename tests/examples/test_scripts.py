"""The scripts in examples/ run, see that their groups do what they say, and print what the README shows."""

import contextlib
import io
import re
import runpy
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import paramrules

EXAMPLES = Path(__file__).parents[2] / "examples"
README = (EXAMPLES / "README.md").read_text("utf-8")
PRINTED = {
    script: fence[2]
    for fence in re.finditer(r"^```text ([^\n]+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    for script in fence[1].split()
}
NO_SCRIPTS = {"vit/vit_torch.py", "vit/vit_flax.py", "dinov2/dinov2_groups.py", "sam2/sam2_groups.py"}
"""Modules that scripts import."""


@cache
def run(script: str) -> tuple[str, dict[str, Any]]:
    """Runs a script as `python SCRIPT` does; gives back what it printed, and its names."""
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.syspath_prepend((EXAMPLES / script).parent)
        for module in NO_SCRIPTS:
            patch.delitem(sys.modules, Path(module).stem, raising=False)
        names = runpy.run_path(str(EXAMPLES / script), run_name="__main__")
    return printed.getvalue(), names


def test_the_readme_shows_every_script() -> None:
    folders = {Path(script).parent for script in PRINTED}
    scripts = {path.relative_to(EXAMPLES) for path in EXAMPLES.glob("*/*.py")}
    assert {script.as_posix() for script in scripts} - NO_SCRIPTS == set(PRINTED)
    for folder in folders:
        assert len(list((EXAMPLES / folder).glob("*.rules"))) == 1
        assert f"[{folder}](#{folder})" in README


OF_TIMM = {"mae/mae_torch.py", "schedules/schedules_torch.py"}
"""Scripts that need timm."""

NUMBER = re.compile(r"\d+\.\d+")


# x_transformers compiles with `torch.jit.script`, which torch has given up
@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")
# peft asks transformers for `is_gradient_checkpointing`, which transformers has renamed
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
@pytest.mark.parametrize(
    "script",
    [pytest.param(script, marks=pytest.mark.timm if script in OF_TIMM else ()) for script in PRINTED],
)
def test_a_script_prints_what_the_readme_shows(script: str) -> None:
    lines = run(script)[0].splitlines(keepends=True)
    printed = "".join(line for line in lines if line.strip() and not line.startswith(("{", "\r")))
    shown = PRINTED[script]
    assert NUMBER.sub("0.0", printed) == NUMBER.sub("0.0", shown)
    # another processor rounds otherwise, and training makes more of it
    assert list(map(float, NUMBER.findall(printed))) == pytest.approx(
        list(map(float, NUMBER.findall(shown))), rel=0.1, abs=0.02
    )


def grouped(rules: Path, model: Any) -> tuple[Counter[str], Counter[str]]:
    """Tensors and elements of each group."""
    assignment = paramrules.assign(paramrules.load(rules), model)
    sizes = assignment.inventory.column("size")
    tensors: Counter[str] = Counter()
    elements: Counter[str] = Counter()
    for group in assignment.groups:
        tensors[group.label] = len(group.parameters)
        elements[group.label] = sum(sizes[number] for number in group.parameters)
    return tensors, elements


TWINS = {
    "vit/train": lambda names: names["model"],
    "muon_gpt/muon_gpt": lambda names: names["model"],
    "frozen_backbone/frozen_backbone": lambda names: names.get("described", names["model"]),
    "mup/mup": lambda names: names["Network"](32),
}


@pytest.mark.parametrize("stem", TWINS)
def test_one_rule_file_groups_both_models_alike(stem: str) -> None:
    ours, theirs = (run(f"{stem}_{framework}.py")[1] for framework in ("torch", "flax"))
    assert ours["RULES"] == theirs["RULES"]
    groups = [grouped(names["RULES"], TWINS[stem](names)) for names in (ours, theirs)]
    assert groups[0] == groups[1]
    assert len(groups[0][0]) > 2
