import time

import pytest
from support import calls

from paramrules.inventories import Class, Owner
from paramrules.inventories.alternatives import Alternatives
from paramrules.inventories.classes import Match, is_root, match
from paramrules.inventories.layouts import layout
from paramrules.inventories.owner import named
from paramrules.inventories.roles import belongs_to_a_known_layer, role

ROOT = "torch.nn.modules.module.Module"
LAYER_NORM = Class("torch.nn.modules.normalization.LayerNorm", (ROOT,))
TIMM_NORM = Class("timm.layers.norm.LayerNorm2d", (LAYER_NORM.name, ROOT))
EMBED = Class("flax.linen.linear.Embed", ("flax.linen.module.Module", "flax.linen.module.ModuleBase"))
CONV1D = Class("transformers.pytorch_utils.Conv1D", (ROOT,))
HAIKU_CONV1D = Class("haiku._src.conv.Conv1D", ("haiku._src.conv.ConvND", "haiku._src.module.Module"))
OWN_NORM = Class("app.models.LayerNorm", (ROOT,))
GEMMA = Class("lab.models.Gemma3RMSNorm", (ROOT,))
LOCAL = Class("app.tests.test_x.<locals>.MyNorm", (ROOT,))


@pytest.mark.parametrize(
    ("alternative", "cls", "expected"),
    [
        # a bare name: any class of that name, its family, then the bases
        ("LayerNorm", LAYER_NORM, Match(LAYER_NORM.name, "", False)),
        ("LayerNorm", OWN_NORM, Match("app.models.LayerNorm", "", False)),
        ("LayerNorm", TIMM_NORM, Match("timm.layers.norm.LayerNorm2d", "LayerNorm", False)),
        ("LayerNorm", Class("app.Mine", (LAYER_NORM.name,)), Match(LAYER_NORM.name, "", True)),
        ("Embedding", EMBED, Match("flax.linen.linear.Embed", "Embedding", False)),
        ("Embedding", Class("app.Table", (EMBED.name,)), Match(EMBED.name, "Embedding", True)),
        ("Embed", EMBED, Match("flax.linen.linear.Embed", "", False)),
        ("layernorm", LAYER_NORM, None),
        ("LayerNorm2d", LAYER_NORM, None),
        # one name, two libraries
        ("Linear", CONV1D, Match(CONV1D.name, "Linear", False)),
        ("Conv", CONV1D, None),
        ("Conv", HAIKU_CONV1D, Match("haiku._src.conv.ConvND", "Conv", True)),
        ("Linear", HAIKU_CONV1D, None),
        # wildcards stand for themselves, and so do dotted names
        ("*Norm", LAYER_NORM, Match(LAYER_NORM.name, "", False)),
        ("*Norm", EMBED, None),
        ("*Norm", TIMM_NORM, Match(LAYER_NORM.name, "", True)),
        ("*Norm?d", TIMM_NORM, Match(TIMM_NORM.name, "", False)),
        (
            "Embed*",
            Class("torch.nn.modules.sparse.EmbeddingBag"),
            Match("torch.nn.modules.sparse.EmbeddingBag", "", False),
        ),
        ("flax.linen.Embed", EMBED, Match(EMBED.name, "", False)),
        ("flax.linen.Embedding", EMBED, None),
        ("torch.nn.Embedding", EMBED, None),
        # dotted: defined there or below
        ("torch.nn.LayerNorm", LAYER_NORM, Match(LAYER_NORM.name, "", False)),
        ("torch.nn.modules.normalization.LayerNorm", LAYER_NORM, Match(LAYER_NORM.name, "", False)),
        ("torch.nn.LayerNorm", TIMM_NORM, Match(LAYER_NORM.name, "", True)),
        ("torch.nn.LayerNorm", OWN_NORM, None),
        ("torch.n.LayerNorm", LAYER_NORM, None),
        ("nn.LayerNorm", LAYER_NORM, None),
        ("torch.nn.*Norm*", TIMM_NORM, Match(LAYER_NORM.name, "", True)),
        ("timm.*", TIMM_NORM, Match(TIMM_NORM.name, "", False)),
        ("app.*.LayerNorm", OWN_NORM, Match(OWN_NORM.name, "", False)),
        ("*Norm", LOCAL, Match(LOCAL.name, "", False)),
        ("app.tests.MyNorm", LOCAL, Match(LOCAL.name, "", False)),
        # roots are nobody's name, whatever is asked
        ("Module", LAYER_NORM, None),
        ("*", Class(ROOT), None),
        ("torch.nn.Module", LAYER_NORM, None),
        ("Generic", Class("flax.nnx.variablelib.Param", ("typing.Generic", "builtins.object")), None),
        ("Module", Class("app.Module", (ROOT,)), Match("app.Module", "", False)),
        # no table has it: norms and attention by the end of their name, the longest family
        ("RMSNorm", GEMMA, Match(GEMMA.name, "RMSNorm", False, True)),
        ("LayerNorm", Class("lab.T5LayerNorm"), Match("lab.T5LayerNorm", "LayerNorm", False, True)),
        ("Attention", Class("lab.SiglipAttention"), Match("lab.SiglipAttention", "Attention", False, True)),
        ("RMSNorm", Class("lab.Scaled", (GEMMA.name, ROOT)), Match(GEMMA.name, "RMSNorm", True, True)),
        ("*RMSNorm", GEMMA, Match(GEMMA.name, "", False)),
        ("lab.RMSNorm", GEMMA, None),
        ("LayerNorm", GEMMA, None),
        ("RMSNorm", Class("lab.RMSNormed"), None),
        ("RMSNorm", Class("lab.Gemma3rmsNorm"), None),
        ("Embedding", Class("lab.TimestepEmbedding"), None),
        ("Linear", Class("lab.LoRALinear"), None),
        ("Conv", Class("lab.DepthwiseConv"), None),
        # the table has it or a base of it
        ("LayerNorm", Class("transformers.models.t5.modeling_t5.T5LayerNorm", (ROOT,)), None),
        ("RMSNorm", Class("lab.FusedRMSNorm", (LAYER_NORM.name, ROOT)), None),
        ("Attention", Class("lab.OneAttention", ("torch.nn.modules.linear.Linear", ROOT)), None),
        # brackets are no wildcards
        ("[L]ayerNorm", LAYER_NORM, None),
        ("[L]ayer*", Class("app.[L]ayers"), Match("app.[L]ayers", "", False)),
    ],
)
def test_match(alternative: str, cls: Class, expected: Match | None) -> None:
    assert match(alternative, cls) == expected


def test_roots() -> None:
    assert is_root("torch.nn.modules.module.Module")
    assert is_root("equinox._module._module.Module")
    assert is_root("builtins.object")
    assert not is_root("torch.nn.modules.linear.Linear")
    assert not is_root("app.Module")


def test_a_wildcard_cannot_take_forever() -> None:
    before = time.perf_counter()
    assert match("*a" * 60 + "b", Class("app." + "a" * 2000)) is None
    assert time.perf_counter() - before < 1


def test_class_of_names_bases_without_object() -> None:
    class Base:
        pass

    class Derived(Base):
        pass

    described = Class.of(Derived)
    assert described.short == "Derived"
    assert [base.rpartition(".")[2] for base in described.bases] == ["Base"]


def test_a_class_of_many_bases_is_looked_up_without_comparing_each_to_each_alternative() -> None:
    """A saved inventory may hold millions, and each cost as many comparisons as the vocabulary has names."""

    def of(bases: int) -> int:
        cls = Class(f"app.Of{bases}", tuple(f"app.Base{bases}_{number}" for number in range(bases)))
        owner = Owner((cls,))

        def look() -> None:
            assert match("LayerNorm", cls) is None
            assert (role(owner, "weight"), layout(owner, "weight", 2)) == ("weight", None)
            assert not belongs_to_a_known_layer(owner)

        return calls(look)

    of(1)  # what is made once a process
    assert of(2_000) - of(1_000) < 150 * 1_000


@pytest.mark.parametrize(
    "name",
    ["torch.nn.modules.linear.Linear", "app.models.MyNorm", "app.Linear", "Linear", "app.Other", "app.", ""],
)
def test_alternatives_are_found_as_if_each_was_compared(name: str) -> None:
    words = [
        "torch.nn.Linear",
        "*Norm",
        "torch.*ar",
        "t*.*r",
        "app.models.*",
        "torch*",
        "Linear",
        "app.*",
        "*",
        "torch.nn.modules.Linear",
        "?",
        "app.?ther",
        "",
    ]
    found = Alternatives((word, word) for word in words).of(name)
    assert found == [word for word in words if named(word, name)]
