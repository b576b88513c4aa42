"""Classes that an installed package adds to the vocabulary."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from docs.pages import DOCS, blocks

from paramrules import RulesError
from paramrules.inventories.plugins import installed, read
from paramrules.inventories.tables import Tables
from paramrules.inventories.vocabulary import added

PAGE = (DOCS / "vocabulary.md").read_text("utf-8")
OURS = next(block.text for block in blocks(PAGE) if block.name == "acme_norms/vocabulary.toml")

TORCH = """
import torch
from torch import nn

class UnitScale(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.amount = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.amount * x * torch.rsqrt((x * x).mean(-1, keepdim=True))

class Mix(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(3 * width, width))

    def forward(self, x):
        return x @ self.table.T

def model():
    return nn.Sequential(nn.Linear(4, 4), UnitScale(4), Mix(4))
"""
LINEN = """
import flax.linen as nn
import jax

class UnitScale(nn.Module):
    @nn.compact
    def __call__(self, x):
        amount = self.param("amount", nn.initializers.ones, (x.shape[-1],))
        return amount * x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True))

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return UnitScale()(nn.Dense(4)(x))
"""
ASK = """
import sys
import paramrules
from paramrules.inventories.vocabulary import vocabulary

assert vocabulary.cache_info().currsize == 0, "the files are read when one is asked for"
rules = paramrules.parse("gain: type(RMSNorm)\\nmix: role == weight and fan_out == 12\\nrest: else\\n")
vocabulary()
assert "acme_norms" not in sys.modules, "nothing of the package is imported to read its file"

def tell(inventory):
    assignment = paramrules.assign(rules, inventory)
    for parameter in inventory:
        found = assignment.explain(parameter.name).axes[0]
        print(parameter.name, parameter.role, found.label, found.clause.note if found.clause else "")
"""
NOTE = "`{0}` is a `RMSNorm`, which the vocabulary of `acme-norms` counts among them"


def install(
    folder: Path, toml: str, entry: str = "acme_norms:vocabulary.toml", name: str = "acme-norms"
) -> None:
    """The metadata that pip installs for a package with an entry point."""
    package = folder / name.replace("-", "_")
    package.mkdir(exist_ok=True)
    (package / "vocabulary.toml").write_text(toml, "utf-8")
    (package / "__init__.py").write_text("raise ImportError('this needs a framework')", "utf-8")
    info = folder / f"{package.name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[paramrules.vocabulary]\nnorms = {entry}\n", "utf-8")


def run(folder: Path, code: str) -> str:
    path = os.pathsep.join([str(folder), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.frameworks
def test_a_torch_class_of_an_installed_package_is_taken_by_its_family(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    install(tmp_path, OURS)
    (tmp_path / "acme_norms" / "__init__.py").write_text(TORCH, "utf-8")
    assert run(tmp_path, ASK + "import acme_norms\ntell(paramrules.inventory(acme_norms.model()))") == (
        "0.weight weight rest \n"
        "0.bias bias rest \n"
        f"1.amount scale gain {NOTE.format('acme_norms.UnitScale')}\n"
        "2.table weight mix \n"
    )
    assert NOTE.format("acme_norms.UnitScale") in " ".join(PAGE.split())


@pytest.mark.frameworks
def test_a_linen_class_of_an_installed_package_is_taken_by_its_family(tmp_path: Path) -> None:
    pytest.importorskip("flax")
    install(tmp_path, OURS)
    (tmp_path / "acme_norms" / "__init__.py").write_text("", "utf-8")
    (tmp_path / "acme_norms" / "flax.py").write_text(LINEN, "utf-8")
    code = ASK + (
        "import jax, acme_norms.flax\n"
        "example = jax.ShapeDtypeStruct((2, 4), 'float32')\n"
        "tell(paramrules.inventory(acme_norms.flax.Net(), inputs=example))"
    )
    assert run(tmp_path, code) == (
        "Dense_0.bias bias rest \n"
        "Dense_0.kernel weight rest \n"
        f"UnitScale_0.amount scale gain {NOTE.format('acme_norms.flax.UnitScale')}\n"
    )


def test_the_command_line_says_what_is_wrong_with_a_package(tmp_path: Path) -> None:
    install(tmp_path, '[families]\nRMSNorm = "acme_norms.UnitScale"\n')
    (tmp_path / "a.rules").write_text("a: type(RMSNorm)\nb: else\n", "utf-8")
    model = Path(__file__).parents[2] / "docs" / "models" / "vit.json"
    code = (
        "from click.testing import CliRunner\nfrom paramrules.cli import main\n"
        f"asked = ['show', {str(tmp_path / 'a.rules')!r}, '--model', {str(model)!r}]\n"
        "done = CliRunner().invoke(main, asked)\n"
        "print(done.exit_code, done.output.strip())"
    )
    assert run(tmp_path, code) == (
        "2 error[E510]: the vocabulary of `acme-norms` cannot be read: "
        "`families.RMSNorm` is not a list of classes\n"
        '  = help: write a list of dotted names: `["acme_norms.UnitScale"]`\n'
    )


def test_packages_are_read_in_the_order_of_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, '[families]\nRMSNorm = ["zed.Norm"]\n', "zed:vocabulary.toml", name="zed")
    (tmp_path / "acme_norms" / "data").mkdir(parents=True)
    (tmp_path / "acme_norms" / "data" / "words.toml").write_text('roots = ["acme.Module"]', "utf-8")
    install(tmp_path, "", "acme_norms.data : words.toml")
    monkeypatch.syspath_prepend(tmp_path)
    found = [tables for tables in installed(["RMSNorm"]) if tables.source != "paramrules"]
    assert found == [
        Tables("acme-norms", ("acme.Module",), {}, (), {}, {}),
        Tables("zed", (), {"RMSNorm": ("zed.Norm",)}, (), {}, {}),
    ]


@pytest.mark.parametrize(
    "entry", ["acme_norms:words.toml", "acme_norms", "acme:vocabulary.toml", "sys:x.toml", ":vocabulary.toml"]
)
def test_an_entry_point_that_leads_nowhere(
    entry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "", entry)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(RulesError) as e:
        installed(())
    assert str(e.value) == (
        "\nerror[E510]: the vocabulary of `acme-norms` cannot be read: "
        f"its entry point `{entry}` leads to no file\n"
        "  = help: name a file inside a package, as in `acme_norms:vocabulary.toml`"
    )


LIST = 'write a list of dotted names: `["acme_norms.UnitScale"]`'
FRONT = "write its package or module in front, as in `acme_norms.UnitScale`"
DEEP, MEND = "it is nested too deeply", "mend the TOML"
AXES = "write a word for each axis: `in`, `out`, `_`, and once `*` for any number of them"
ROLES = 'roles are `weight`, `bias`, `scale`, `embedding` and `other`: `scale = ["gain"]`'


@pytest.mark.parametrize(
    ("toml", "what", "instead"),
    [
        (
            "[families",
            "Expected ']' at the end of a table declaration (at end of document)",
            "mend the TOML",
        ),
        ("[famlies]", "`famlies` is not a table of a vocabulary", "did you mean `families`?"),
        (
            "[kinds]",
            "`kinds` is not a table of a vocabulary",
            "a vocabulary has `families`, `roles`, `layouts`, `roots` and `frameworks`",
        ),
        ('roots = "acme.Module"', "`roots` is not a list of classes", LIST),
        (
            'families = ["acme_norms.UnitScale"]',
            "`families` is not a table",
            'write below `[families]`, one by one: `RMSNorm = ["acme_norms.UnitScale"]`',
        ),
        (
            '[families]\nrms_norm = ["acme.X"]',
            "`rms_norm` is not how the family is spelled",
            "write `RMSNorm`",
        ),
        ("[families]\nRMSNorm = [1]", "`families.RMSNorm` is not a list of classes", LIST),
        (
            '[families]\nRMSNorm = ["*Scale"]',
            "`*Scale` in `families.RMSNorm` does not say where the class is defined",
            FRONT,
        ),
        (
            '[families]\nRMSNorm = ["acme:X"]',
            "`acme:X` in `families.RMSNorm` does not say where the class is defined",
            FRONT,
        ),
        ("[roles]", "`roles` is not an array of tables", "write each table below a line `[[roles]]`"),
        ('[[roles]]\nscale = ["g"]', "`roles.classes` is not a list of classes", LIST),
        ('[[roles]]\nclasses = ["acme.X"]\ngain = ["g"]', "`gain` is not a role", ROLES),
        (
            '[[roles]]\nclasses = ["acme.X"]\nscale = ["g", "h"]\n'
            '[[roles]]\nclasses = ["acme.X"]\nscale = ["g"]\nbias = ["h"]',
            "`h` of `acme.X` is a `scale` in one place and a `bias` in another",
            "leave one of the two out",
        ),
        (
            '[[roles]]\nclasses = ["acme.X"]\nscale = "g"',
            "`roles.scale` is not a list of leaves",
            'write a list of names: `scale = ["gain"]`',
        ),
        (
            "layouts = 1",
            "`layouts` has no table of leaves",
            'write `"acme_norms.Mix" = { weight = "out in" }`',
        ),
        (
            '[layouts]\n"acme.Mix" = "out in"',
            "`acme.Mix` has no table of leaves",
            'write `"acme_norms.Mix" = { weight = "out in" }`',
        ),
        (
            '[layouts]\nMix = { weight = "out in" }',
            "`Mix` in `layouts` does not say where the class is defined",
            FRONT,
        ),
        (
            '[layouts]\n"acme.Mix" = { weight = "out, in" }',
            "`out, in` is not a layout of `weight`",
            AXES,
        ),
        ('[layouts]\n"acme.Mix" = { weight = "* in *" }', "`* in *` is not a layout of `weight`", AXES),
        ('[layouts]\n"acme.Mix" = { weight = 2 }', "`2` is not a layout of `weight`", AXES),
        ('[layouts]\n"acme.Mix" = { weight = [[]] }', "the layout of `weight` is not a text", AXES),
        pytest.param("a" + ".a" * 21 + " = 1", DEEP, MEND, id="deep key"),
        pytest.param('["a"' + "\t. 'b'" * 21 + "]", DEEP, MEND, id="deep quoted key"),
        pytest.param("[" + "a." * 500_000 + "a]", DEEP, MEND, id="very deep key"),
        pytest.param("a = " + "[" * 5000, DEEP, MEND, id="deep array"),
        pytest.param("a = " + "9" * 5000, "it holds a number that is too large", MEND, id="long number"),
        pytest.param(
            f"[[roles]]\nclasses = {[f'acme.X{i}' for i in range(400)]}\n"
            f"scale = {[f'g{i}' for i in range(300)]}",
            "`roles` has more than 100,000 pairs of a class and a leaf",
            "leave some out",
            id="many leaves",
        ),
    ],
)
def test_a_file_that_cannot_be_read(toml: str, what: str, instead: str) -> None:
    with pytest.raises(RulesError) as e:
        added("acme-norms", toml.encode())
    assert str(e.value) == (
        f"\nerror[E510]: the vocabulary of `acme-norms` cannot be read: {what}\n  = help: {instead}"
    )


def test_twenty_mistakes_of_a_file_are_reported() -> None:
    with pytest.raises(RulesError) as e:
        added("acme-norms", "\n".join(f"a{number} = 1" for number in range(25)).encode())
    assert [d.message.rpartition(": ")[2] for d in e.value.diagnostics] == [
        f"`a{number}` is not a table of a vocabulary" for number in range(20)
    ]


def test_a_framework_of_a_packages_own(tmp_path: Path) -> None:
    """Its classes are its own, not those of torch."""
    install(tmp_path, '[families]\nRMSNorm = ["mlx.nn.ToyNorm"]\n[frameworks]\nMLX = ["mlx"]\n')
    found = run(
        tmp_path,
        "import paramrules\n"
        "rules = paramrules.parse('a: type(ToyN*)\\nb: type(Dense*)\\nc: type(Conv?d)\\n')\n"
        "for finding in paramrules.portable(rules): print(finding.message)\n",
    )
    assert found == ("`ToyN*` finds classes of MLX alone\n`Dense*` finds classes of JAX alone\n")


def test_frameworks_are_joined() -> None:
    vocabulary = added("acme-norms", b'[frameworks]\nMLX = ["mlx"]\ntorch = ["acme_norms"]\n')
    assert vocabulary.frameworks["MLX"] == ("mlx",)
    assert vocabulary.frameworks["torch"][0] == "torch"
    assert vocabulary.frameworks["torch"][-1] == "acme_norms"


def test_a_package_of_no_known_framework_is_of_none(tmp_path: Path) -> None:
    install(tmp_path, '[families]\nRMSNorm = ["acme_norms.UnitScale"]\n')
    ask = "import paramrules\nprint(paramrules.portable(paramrules.parse('a: type(UnitS*)\\n')))"
    assert run(tmp_path, ask) == "[]\n"


@pytest.mark.parametrize(
    "toml", ['frameworks = ["mlx"]', '[frameworks]\nMLX = "mlx"', '[frameworks]\nMLX = ["mlx.nn"]']
)
def test_frameworks_that_cannot_be_read(toml: str) -> None:
    with pytest.raises(RulesError) as e:
        added("acme-norms", toml.encode())
    where = "frameworks.MLX" if "[frameworks]" in toml else "frameworks"
    assert str(e.value) == (
        f"\nerror[E510]: the vocabulary of `acme-norms` cannot be read: `{where}` is not a list of packages\n"
        '  = help: write below `[frameworks]`: `MLX = ["mlx"]`'
    )


def test_a_file_that_is_not_utf_8() -> None:
    with pytest.raises(RulesError) as e:
        read("acme-norms", b"\xff", ())
    assert str(e.value) == (
        "\nerror[E510]: the vocabulary of `acme-norms` cannot be read: "
        "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte\n  = help: mend the TOML"
    )
