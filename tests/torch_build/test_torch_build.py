"""`build`: one call from rules to an optimizer, the same as one of groups made by hand."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from paramrules_torch import build, param_groups
from paramrules_torch.optimizers.factories import _WHOLE, Factory
from torch import nn

import paramrules
from paramrules import RulesError, RulesWarning

DECAY = """
no_decay: type(LayerNorm|Embedding) or ndim <= 1 -> weight_decay = 0
deep: name ~ ^blocks -> lr_scale = 0.5
decay: else
"""


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(7, 4)
        self.blocks = nn.ModuleList(nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 4)) for _ in range(2))
        self.head = nn.Linear(4, 7, bias=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        hidden = self.emb(ids)
        for block in self.blocks:
            hidden = hidden + block(hidden)
        return self.head(hidden)  # type: ignore[no-any-return]


def built(text: str, *args: Any, model: nn.Module | None = None, **how: Any) -> torch.optim.Optimizer:
    return build(Net() if model is None else model, paramrules.parse(text), *args, **how)


def said(text: str, *args: Any, **how: Any) -> str:
    with pytest.raises(RulesError) as raised:
        built(text, *args, **how)
    return str(raised.value)


def test_groups_are_those_of_param_groups() -> None:
    model = Net()
    optimizer = built(DECAY, model=model, lr=0.1, weight_decay=0.3, betas=(0.8, 0.9))
    assert type(optimizer) is torch.optim.AdamW
    groups = param_groups(model, paramrules.parse(DECAY), lr=0.1, weight_decay=0.3)
    expected = torch.optim.AdamW(groups, lr=0.1, weight_decay=0.3, betas=(0.8, 0.9))
    assert [group.pop("lr_ratio") for group in optimizer.param_groups] == [1.0, 0.5, 1.0]
    assert [group.pop("weight_decay_ratio") for group in optimizer.param_groups] == [0.0, 1.0, 1.0]
    assert [group.pop("initial_weight_decay") for group in optimizer.param_groups] == [0, 0.3, 0.3]
    assert optimizer.defaults == expected.defaults
    for ours, theirs in zip(optimizer.param_groups, expected.param_groups, strict=True):
        assert list(map(id, ours.pop("params"))) == list(map(id, theirs.pop("params")))
        assert list(ours.items()) == list(theirs.items())


def test_an_assignment_a_path_and_options(tmp_path: Path) -> None:
    file = tmp_path / "net.rules"
    file.write_text("option rate = 0.5\nall: else -> lr_scale = rate\n")
    assert build(Net(), file, lr=1.0, options={"rate": 0.25}).param_groups[0]["lr"] == 0.25
    assignment = paramrules.assign(paramrules.load(file), Net())
    assert build(Net(), assignment, lr=1.0).param_groups[0]["lr"] == 0.5
    with pytest.raises(RulesError, match="W203"):
        built("gone: type(LayrNorm)\nall: else", strict=True)


@pytest.mark.parametrize(
    "cls", sorted(_WHOLE - {None}, key=lambda cls: cls.__name__), ids=lambda c: c.__name__
)
def test_groups_that_are_taken_apart_are_those_that_torch_makes(cls: Any) -> None:
    def groups() -> list[dict[str, Any]]:
        tensors = [torch.zeros(2, 2) for _ in range(5)]
        return [
            {"params": tensors[:2], "label": "a", "lr": 0.5, "param_names": ["a", "b"]},
            {"params": tensors[2:4], "label": "b", "param_names": ["c", "d"], "maximize": True},
            {"params": tensors[4:], "label": "c", "param_names": ["e"]},
        ]

    ours, theirs = Factory("", cls).construct(groups(), {"lr": 0.25}), cls(groups(), lr=0.25)
    assert (ours.defaults, ours.state) == (theirs.defaults, theirs.state)
    for one, other in zip(ours.param_groups, theirs.param_groups, strict=True):
        assert list(one) == list(other)
        assert {k: v for k, v in one.items() if k != "params"} == {k: other[k] for k in one if k != "params"}
        assert len(one["params"]) == len(other["params"])
    ours.add_param_group({"params": [torch.zeros(2, 2)], "param_names": ["f"]})
    assert ours.param_groups[-1]["lr"] == 0.25


def test_base_rates_that_are_not_given_are_the_optimizers() -> None:
    text = 'a: leaf == "bias" -> lr_scale = 0.5, weight_decay_scale = 3\nb: else'
    groups = built(text).param_groups
    assert [(g["lr"], g["weight_decay"]) for g in groups] == [(0.0005, 0.03), (0.001, 0.01)]
    groups = built(text, partial(torch.optim.SGD, lr=0.25)).param_groups
    assert [(g["lr"], g["weight_decay"]) for g in groups] == [(0.125, 0.0), (0.25, 0)]


def test_a_function_makes_what_it_likes() -> None:
    def nesterov(groups: Any, momentum: float = 0.5) -> torch.optim.Optimizer:
        return torch.optim.SGD(groups, lr=9.0, momentum=momentum, nesterov=True)

    optimizer = built(DECAY, nesterov, lr=0.5, weight_decay=0.1, momentum=0.25)
    assert [g["lr"] for g in optimizer.param_groups] == [0.5, 0.25, 0.5]
    assert [g["momentum"] for g in optimizer.param_groups] == [0.25] * 3
    assert optimizer.defaults["lr"] == 0.5
    assert [g["lr"] for g in built("all: else", nesterov).param_groups] == [9.0]
    assert said(DECAY, nesterov) == (
        "\nerror[E604]: `lr_scale` has no `lr` to multiply in the group `deep` (0.5)\n"
        "  --> <rules>:3:25\n"
        "   |\n"
        " 3 | deep: name ~ ^blocks -> lr_scale = 0.5\n"
        "   |                         ^^^^^^^^^^^^^^\n"
        '   = help: pass `lr=...`, the base rate, or `lr_scale="keep"` if a scheduler multiplies it in'
    )


def test_what_is_not_an_optimizer() -> None:
    should = (
        r"^`optimizer` should be a class such as `torch\.optim\.AdamW`, "
        "or a function that makes one of groups, and not "
    )
    for wrong, what in (
        (torch.optim.SGD([torch.zeros(1)]), "a `SGD`: pass `torch.optim.SGD`"),
        (torch.optim.AdamW([torch.zeros(1)]), "an `AdamW`: pass `torch.optim.AdamW`"),
        (torch.nn.Linear(1, 1), "a `Linear`"),
        (type("adamw", (), {"__module__": "optax"}), r"`optax\.adamw`: pass `torch.optim.AdamW`"),
        ("AdamW", "'AdamW': pass `torch.optim.AdamW`"),
        ("torch.optim.AdamW", "'torch.optim.AdamW': pass `torch.optim.AdamW`"),
        ({"a": "adamw"}, "'adamw': pass `torch.optim.AdamW`"),
    ):
        with pytest.raises(TypeError, match=f"{should}{what}$"):
            built(DECAY, wrong)
    with pytest.raises(
        TypeError, match=r"^`list` made a `list`, and should make a `torch.optim.Optimizer`\n"
    ):
        built(DECAY, list, lr=1.0)
    with pytest.raises(TypeError, match=r"^`<lambda>` was given 3 groups and made an optimizer with 1\n"):
        built(DECAY, lambda groups: torch.optim.SGD(groups[:1]), lr=1.0)
    with pytest.raises(ValueError, match=r"^`optimizer` is an empty mapping and should name an optimizer$"):
        built(DECAY, {})
    with pytest.raises(TypeError, match=r"^`lr` is '1e-3', a `str`, and should be a number$"):
        built(DECAY, lr="1e-3")
    with pytest.raises(ValueError, match=r"^`lr_scale` is 'kept' and should be 'fold' or 'keep'$"):
        built(DECAY, lr_scale="kept")


def test_a_scale_that_is_kept() -> None:
    groups = built(DECAY, lr=0.5, lr_scale="keep").param_groups
    assert [(g["lr"], g.get("lr_scale"), g["lr_ratio"]) for g in groups] == [
        (0.5, None, 1.0),
        (0.5, 0.5, 0.5),
        (0.5, None, 1.0),
    ]


def test_settings_that_the_optimizer_does_not_know() -> None:
    text = """
[place]
block_{i}: name ~ ^blocks\\.(?<i>\\d) -> momentum = 0.9, eps = 1e-6
rest: else
[kind]
bias: leaf == "bias" -> bettas = (0.9, 0.99)
other: else -> b2 = 0.5
"""
    with pytest.warns(RulesWarning), pytest.raises(RulesError) as raised:
        built(text, lr=0.1)
    assert str(raised.value) == (
        "\nerror[E611]: `AdamW` has no setting `momentum`, which the groups `block_0/bias`, `block_0/other`, "
        "`block_1/bias` and `block_1/other` set\n"
        "  --> <rules>:3:40\n"
        "   |\n"
        " 3 | block_{i}: name ~ ^blocks\\.(?<i>\\d) -> momentum = 0.9, eps = 1e-6\n"
        "   |                                        ^^^^^^^^\n"
        "   = help: it takes `lr`, `betas`, `eps`, `weight_decay`, `amsgrad`, `maximize`, `foreach`, "
        "`capturable`, `differentiable`, `fused` and `decoupled_weight_decay`\n"
        "\nerror[E611]: `AdamW` has no setting `bettas`, which the groups `block_0/bias` "
        "and `block_1/bias` set\n"
        "  --> <rules>:6:25\n"
        "   |\n"
        ' 6 | bias: leaf == "bias" -> bettas = (0.9, 0.99)\n'
        "   |                         ^^^^^^\n"
        "   = help: did you mean `betas`?\n"
        "\nerror[E611]: `AdamW` has no setting `b2`, which the groups `block_0/other`, "
        "`block_1/other` and `rest/other` set\n"
        "  --> <rules>:7:16\n"
        "   |\n"
        " 7 | other: else -> b2 = 0.5\n"
        "   |                ^^\n"
        "   = help: did you mean `betas`?"
    )


def test_a_decay_of_zero_is_known_to_all() -> None:
    groups = built(DECAY, torch.optim.Rprop, lr=0.5).param_groups
    assert all("weight_decay" not in group for group in groups)
    assert said("a: ndim <= 1 -> weight_decay = 0.1\nb: else", torch.optim.Rprop) == (
        "\nerror[E611]: `Rprop` has no setting `weight_decay`, which the group `a` sets\n"
        "  --> <rules>:1:17\n"
        "   |\n"
        " 1 | a: ndim <= 1 -> weight_decay = 0.1\n"
        "   |                 ^^^^^^^^^^^^\n"
        "   = help: it takes `lr`, `etas`, `step_sizes`, `capturable`, `foreach`, `maximize` "
        "and `differentiable`"
    )


def test_a_setting_that_another_rule_of_the_label_gives() -> None:
    assert said("a: name ~ ^emb -> xyz = 0.9\na: ndim <= 1\nb: else").startswith(
        "\nerror[E611]: `AdamW` has no setting `xyz`, which the group `a` sets\n"
        "  --> <rules>:1:19\n"
        "   |\n"
        " 1 | a: name ~ ^emb -> xyz = 0.9\n"
        "   |                   ^^^\n"
    )


def test_a_rate_without_its_name() -> None:
    with pytest.raises(TypeError, match=r"^`build` takes 3 arguments by position, .*, such as `lr=\.\.\.`$"):
        build(Net(), paramrules.parse(DECAY), torch.optim.AdamW, 1e-3)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("option", "options"), ("stric", "strict"), ("mark", "marks"), ("optimiser", "optimizer")],
)
def test_misspelt_arguments_of_its_own(written: str, meant: str) -> None:
    assert said(DECAY, **{written: 1}) == (
        f"\nerror[E612]: `build` takes no argument `{written}`\n  = help: did you mean `{meant}`?"
    )


def test_arguments_that_no_optimizer_takes() -> None:
    assert said(DECAY, bettas=(0.9, 0.99)) == (
        "\nerror[E612]: `AdamW` takes no argument `bettas`\n  = help: did you mean `betas`?"
    )
    assert said(DECAY, learning_rate=0.1) == (
        "\nerror[E612]: `AdamW` takes no argument `learning_rate`\n  = help: did you mean `lr`?"
    )
    assert said(DECAY, torch.optim.Rprop, weight_decay=0.1, lr=0.1) == (
        "\nerror[E612]: `Rprop` takes no argument `weight_decay`\n"
        "  = help: it takes `lr`, `etas`, `step_sizes`, `foreach`, `maximize`, `differentiable` "
        "and `capturable`"
    )
    assert said(DECAY, partial(torch.optim.SGD, lr=0.5, bogus=3)).startswith(
        "\nerror[E612]: `SGD` takes no argument `bogus`\n  = help: it takes `lr`, `momentum`"
    )
    with pytest.raises(
        TypeError, match=r"^`functools.partial` of an optimizer should bind its arguments by name"
    ):
        said(DECAY, partial(torch.optim.SGD, []))
    assert said(DECAY, partial(torch.optim.SGD, lr=0.5), lr=0.1) == (
        "\nerror[E612]: `SGD` takes no argument `lr`\n"
        "  = help: `functools.partial` binds it already: remove one of the two"
    )
    both = {"rprop": torch.optim.Rprop, "default": lambda groups: torch.optim.SGD(groups, lr=1.0)}
    text = 'a: ndim <= 1 -> optimizer = "rprop"\nb: else'
    assert said(text, both, lr=0.1, xyz=3) == (
        "\nerror[E612]: neither `rprop` nor `default` takes an argument `xyz`\n"
        "  = help: they take `lr`, `etas`, `step_sizes`, `capturable`, `foreach`, `maximize` "
        "and `differentiable`"
    )
    assert [g.get("weight_decay") for g in built(text, both, lr=0.1, weight_decay=0.3).param_groups] == [
        None,
        0.3,
    ]


def test_one_group_only() -> None:
    text = "block_{i}: name ~ ^blocks\\.(?<i>\\d)\nemb: name ~ ^emb\nrest: else"
    assert said(text, torch.optim.LBFGS) == (
        "\nerror[E613]: `LBFGS` takes one group only, and there are 4: "
        "`block_0`, `block_1`, `emb` and 1 more\n"
        "  = help: give it all parameters with one label, as in `all: else`"
    )


def test_what_a_constructor_raises_says_for_which_groups() -> None:
    with pytest.raises(ValueError, match="Invalid epsilon value: -1") as raised:
        built("vectors: ndim <= 1\nrest: else", torch.optim.AdamW, eps=-1)
    assert raised.value.__notes__ == ["raised by `AdamW` for the groups `vectors` and `rest`"]


def test_a_comment_allows_rules_without_settings() -> None:
    rules = paramrules.parse("# allow: W619 -- the labels are for plots\na: ndim == 1\nb: else\n")
    model = nn.Linear(2, 2)
    assert [group["label"] for group in param_groups(model, rules, lr=0.1)] == ["a", "b"]
    assert [group["label"] for group in build(model, rules, lr=0.1).param_groups] == ["a", "b"]


@pytest.mark.parametrize("key", ["lr", "weight_decay"])
def test_a_tensor_times_a_scale_is_finite(key: str) -> None:
    net, rules = nn.Linear(2, 2), paramrules.parse(f"a: else -> {key}_scale = 1e30\n")
    rates: Any = {"lr": 0.1, "weight_decay": 0.1} | {key: torch.tensor(1e30)}
    for make in (
        lambda: build(net, rules, torch.optim.AdamW, **rates),
        lambda: param_groups(net, rules, **rates),
    ):
        with pytest.raises(RulesError, match=rf"E208.*`{key}` of the group `a` is tensor.* times 1e\+30"):
            make()


def test_a_complex_rate_is_none() -> None:
    with pytest.raises(TypeError, match=r"^`lr` is tensor\(1\.\+1\.j\), a `Tensor`, and should be a number"):
        build(nn.Linear(2, 2), paramrules.parse("a: else\n"), torch.optim.AdamW, lr=torch.tensor(1 + 1j))
