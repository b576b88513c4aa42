"""Several sources as one vocabulary: where they disagree, and whose word comes first."""

import pytest

from paramrules import RulesError
from paramrules.inventories import classes
from paramrules.inventories.plugins import read
from paramrules.inventories.tables import RoleTable
from paramrules.inventories.vocabulary import added, joined, shipped_tables


@pytest.mark.parametrize(
    "cls", ["torch.nn.LayerNorm", "torch.nn.modules.normalization.LayerNorm", "torch.*LayerNorm"]
)
def test_a_class_that_is_shipped_in_another_family(cls: str) -> None:
    with pytest.raises(RulesError) as e:
        added("acme-norms", f'[families]\nGain = ["{cls}"]'.encode())
    first = str(e.value).partition("\n\n")[0]
    assert first == (
        f"\nerror[E511]: `torch.nn.LayerNorm` is put into `LayerNorm` by `paramrules`, "
        f"and `{cls}` into `Gain` by `acme-norms`\n"
        f"  = help: take `{cls}` out of the vocabulary of `acme-norms`"
    )


def test_two_packages_that_disagree() -> None:
    tables = [
        read(package, f'[families]\n{family} = ["acme.X"]'.encode(), ())
        for package, family in [("acme", "RMSNorm"), ("acme-fork", "LayerNorm")]
    ]
    with pytest.raises(RulesError) as e:
        joined([shipped_tables(), *tables])
    assert str(e.value) == (
        "\nerror[E511]: `acme.X` is put into `RMSNorm` by `acme`, "
        "and `acme.X` into `LayerNorm` by `acme-fork`\n"
        "  = help: take `acme.X` out of the vocabulary of `acme-fork`"
    )


def test_a_file_that_contradicts_itself() -> None:
    with pytest.raises(RulesError) as e:
        added("acme", b'[families]\nRMSNorm = ["acme.X"]\nEmbedding = ["acme.X"]')
    assert str(e.value) == (
        "\nerror[E511]: `acme.X` is put into `RMSNorm` by `acme`, and `acme.X` into `Embedding` by `acme`\n"
        "  = help: take `acme.X` out of the vocabulary of `acme`"
    )


def test_a_kind_of_a_family_is_not_another_family() -> None:
    tables = [
        read(package, f'[families]\n{family} = ["acme.Causal"]'.encode(), ())
        for package, family in [("acme", "Conv"), ("acme-fork", "Conv1d")]
    ]
    both = joined([shipped_tables(), *tables]).families
    assert both["Conv"][-1] == both["Conv1d"][-1] == "acme.Causal"


def test_what_a_package_says_comes_before_what_is_shipped() -> None:
    found = added(
        "acme",
        b'[[roles]]\nclasses = ["acme.Norm"]\nother = ["weight"]\n'
        b'[layouts]\n"torch.nn.Bilinear" = { weight = "out _ in", extra = "in out" }\n',
    )
    assert found.roles[0] == RoleTable((), ("acme.Norm",), (("other", "weight"),))
    assert found.layouts["torch.nn.Bilinear"] == {"weight": ("out", "_", "in"), "extra": ("in", "out")}
    assert found.layouts["torch.nn.Linear"] == {"weight": ("out", "in")}


def test_whose_vocabulary_has_a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = added("acme-norms", b'[families]\nRMSNorm = ["acme_norms.UnitScale"]')
    monkeypatch.setattr(classes, "vocabulary", lambda: ours)
    assert classes.source("RMSNorm", "acme_norms.UnitScale") == "acme-norms"
    assert classes.source("RMSNorm", "torch.nn.modules.normalization.RMSNorm") == "paramrules"


def test_a_package_whose_file_is_nested_too_deeply() -> None:
    with pytest.raises(RulesError) as caught:
        read("acme", b"a = " + b"[" * 5000, ())
    assert "it is nested too deeply" in str(caught.value)
