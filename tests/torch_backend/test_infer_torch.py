"""A rule file from torch's param groups and optimizers, and from functions that make them."""

from collections.abc import Callable, Iterator
from typing import Any

import paramrules_torch
import pytest
import torch
from paramrules_torch import infer
from torch import nn

import paramrules
from paramrules import RulesError


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.fc = nn.Linear(width, width)


class Net(nn.Module):
    def __init__(self, depth: int = 3, width: int = 4) -> None:
        super().__init__()
        self.embed = nn.Embedding(9, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.head = nn.Linear(width, 9, bias=False)


def decayed(model: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.ndim > 1]


def vectors(model: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.ndim == 1]


def groups(model: nn.Module, weight_decay: float = 0.1) -> list[dict[str, Any]]:
    return [
        {"params": decayed(model), "weight_decay": weight_decay},
        {"params": vectors(model), "weight_decay": 0.0},
    ]


def adamw(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.AdamW(groups(model), lr=1e-3, betas=(0.9, 0.95))


def built(model: nn.Module, inferred: paramrules.Inferred) -> dict[str, float]:
    """Return the decay of each parameter in an optimizer that the file builds."""
    optimizer = paramrules_torch.build(
        model, inferred.rules, torch.optim.AdamW, lr=inferred.base.get("lr", 1e-3), weight_decay=0.1
    )
    return {name: group["weight_decay"] for group in optimizer.param_groups for name in group["param_names"]}


def refusal(groups: object, model: nn.Module | None = None, **how: Any) -> tuple[str, str, str]:
    with pytest.raises(RulesError) as caught:
        infer(model or Net(), groups, **how)
    finding = caught.value.diagnostics[0]
    return finding.code, finding.message, finding.help


@pytest.mark.parametrize("code", [groups, adamw])
def test_a_function_and_what_it_returns_give_the_same_file(code: Callable[[nn.Module], object]) -> None:
    model = Net()
    inferred = infer(model, code)
    assert infer(model, code(model)).text == inferred.text
    assert built(model, inferred) == {
        name: 0.1 if parameter.ndim > 1 else 0.0 for name, parameter in model.named_parameters()
    }


def test_what_a_class_of_optimizers_sets_itself_is_left_out() -> None:
    """`AdamW` does not even take `decoupled_weight_decay`."""
    assert infer(Net(), adamw).base == {"lr": 1e-3, "betas": (0.9, 0.95)}


def test_what_one_group_changes_counts() -> None:
    def code(model: nn.Module) -> torch.optim.Optimizer:
        head, *rest = model.parameters()
        return torch.optim.AdamW(
            [{"params": [head], "amsgrad": True}, {"params": rest}], lr=torch.tensor(0.1)
        )

    inferred = infer(Net(), code)
    assert inferred.base == {"lr": 0.1, "weight_decay": 0.01}
    assert "amsgrad = true" in inferred.text
    assert "amsgrad = false" in inferred.text


def test_groups_in_a_dict() -> None:
    def code(model: nn.Module) -> dict[str, Any]:
        vectors = [p for p in model.parameters() if p.ndim < 2]
        matrices = [p for p in model.parameters() if p.ndim > 1]
        return {"no_decay": {"params": vectors, "weight_decay": 0.0}, "decay": {"params": matrices}}

    assert infer(Net(), code).text == infer(Net(), lambda model: [*code(model).values()]).text


def test_parameters_without_settings() -> None:
    for code in (
        lambda model: {"decay": [*model.parameters()][1:], "no_decay": [*model.parameters()][:1]},
        lambda model: ([*model.parameters()][1:], [*model.parameters()][:1]),
    ):
        assert refusal(code) == (
            "E955",
            f"{'`decay`' if isinstance(code(Net()), dict) else 'list 1'} holds parameters and no settings",
            'give settings to each name, `{"head.weight": {"weight_decay": 0}}`, or to groups of them, '
            '`[{"params": ["head.weight"], "weight_decay": 0}, ...]`',
        )


def test_a_tied_parameter_goes_by_its_first_name() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tok = nn.Embedding(9, 4)
            self.pos = nn.Parameter(torch.zeros(1, 9, 4))
            self.blk = nn.ModuleList(nn.Linear(4, 4) for _ in range(4))
            self.norm = nn.LayerNorm(4)
            self.out = nn.Linear(4, 9, bias=False)
            self.out.weight = self.tok.weight

    def code(model: nn.Module) -> dict[str, Any]:
        names = [name for name, _ in model.named_parameters()]
        inside = {name: int(name.split(".")[1]) + 1 for name in names if name.startswith("blk.")}
        layers = {name: inside.get(name, 5 if name.startswith("norm.") else 0) for name in names}
        return {name: {"lr_scale": 0.8 ** (5 - layer)} for name, layer in layers.items()}

    assert r"stem:    name ~ ^tok\.|pos -> lr_scale = rate ** (depth + 1)" in infer(Tied(), code).text


def test_an_empty_group_counts_for_nothing() -> None:
    def code(model: nn.Module) -> list[dict[str, Any]]:
        return [{"params": [], "lr": float("nan")}, {"params": model.parameters(), "lr": 0.1}]

    assert infer(Net(), code).base == {"lr": 0.1}


def test_several_sizes_and_checks() -> None:
    inferred = infer(Net(), adamw, also=[Net(5)], checks=[Net(7, 8), nn.Sequential(nn.Linear(2, 2))])
    assert inferred.text.startswith("# Inferred by paramrules from the groups of `Net 1` and `Net 2`.\n")
    assert [(check.model, check.names) for check in inferred.checks] == [("Net 3", ()), ("Sequential", ())]


def test_a_check_that_fails_lists_the_names() -> None:
    def by_width(model: nn.Module) -> list[dict[str, Any]]:
        wide = [p for p in model.parameters() if p.shape[-1] > 8]
        return [{"params": wide, "lr": 0.1}, {"params": list({*model.parameters()} - {*wide}), "lr": 0.2}]

    (check,) = infer(Net(width=4), by_width, checks=[Net(1, 16)]).checks
    assert len(check.names) == len(list(Net(1).parameters()))


def test_wrapped_models() -> None:
    plain = infer(Net(), groups).text.replace("`Net`", "`X`")
    for model in (torch.compile(Net(), backend="eager"), nn.DataParallel(Net())):
        wrapped = infer(model, groups).text
        assert wrapped.splitlines()[1:] == plain.splitlines()[1:]
        by_name = {name: {"weight_decay": 0.1 if p.ndim > 1 else 0.0} for name, p in model.named_parameters()}
        assert infer(model, by_name).text == wrapped


def test_the_forms_that_torch_takes() -> None:
    model = Net()
    text = infer(model, groups).text
    named = [
        {"params": [(n, p) for n, p in model.named_parameters() if p.ndim > 1], "weight_decay": 0.1},
        {"params": [(n, p) for n, p in model.named_parameters() if p.ndim == 1], "weight_decay": 0.0},
    ]
    assert infer(model, named).text == text
    assert infer(model, iter(groups(model))).text == text
    assert str(infer(model, torch.optim.AdamW(named)).rules) == str(infer(model, named).rules)

    def yielded(model: nn.Module) -> Iterator[dict[str, Any]]:
        yield from groups(model)

    assert infer(model, yielded).text == text
    assert infer(model, model.parameters()).base == {}
    one = nn.Linear(2, 2, bias=False)
    assert infer(one, [{"params": one.weight, "lr": 0.1}]).base == {"lr": 0.1}


def test_tied_parameters() -> None:
    def tied() -> Net:
        model = Net()
        model.head.weight = model.embed.weight
        return model

    assert "embed" not in infer(tied(), groups).text
    model = tied()
    assert refusal([{"params": model.parameters()}, {"params": [model.head.weight]}], model)[:2] == (
        "E954",
        "`embed.weight` is in group 1 and in group 2",
    )


def two(model: nn.Module) -> dict[str, torch.optim.Optimizer]:
    hidden = [p for name, p in model.named_parameters() if name.startswith("blocks") and p.ndim > 1]
    ids = set(map(id, hidden))
    rest = [p for p in model.parameters() if id(p) not in ids]
    others = [
        {"params": [p for p in rest if p.ndim > 1], "weight_decay": 0.1},
        {"params": [p for p in rest if p.ndim == 1], "weight_decay": 0.0},
    ]
    return {
        "hidden": torch.optim.SGD(hidden, lr=0.02, momentum=0.9),
        "others": torch.optim.AdamW(others, lr=1e-3),
    }


def optimizers_of(inferred: paramrules.Inferred) -> dict[str, object]:
    assignment = paramrules.assign(inferred.rules, Net())
    return {
        assignment.inventory.names[number]: group.settings.get("optimizer")
        for group in assignment.groups
        for number in group.parameters
    }


def test_several_optimizers() -> None:
    inferred = infer(Net(), two)
    names = optimizers_of(inferred)
    assert names["blocks.1.fc.weight"] == "hidden"
    assert names["blocks.1.fc.bias"] == names["embed.weight"] == "others"
    assert {key: value for key, value in inferred.base.items() if "lr" in key or "mom" in key} == {
        "hidden.lr": 0.02,
        "hidden.momentum": 0.9,
        "others.lr": 1e-3,
    }
    assert "others.weight_decay" not in inferred.base


def test_several_optimizers_without_names() -> None:
    model = Net()
    by_key = two(model)
    inferred = infer(model, list(by_key.values()))
    assert set(optimizers_of(inferred).values()) == {"sgd", "adamw"}
    of_one_class = [torch.optim.SGD([p], lr=n) for n, p in enumerate(model.parameters(), 1)]
    inferred = infer(model, of_one_class)
    assert optimizers_of(inferred)["embed.weight"] == "sgd"
    assert optimizers_of(inferred)["head.weight"] == f"sgd_{len(of_one_class)}"
    assert inferred.base["sgd_2.lr"] == 2


def test_what_lightning_returns() -> None:
    def configured(model: nn.Module) -> object:
        optimizer = adamw(model)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: step / 10)
        assert optimizer.param_groups[0]["lr"] == 0
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    assert infer(Net(), configured).base == infer(Net(), adamw).base

    def lists(model: nn.Module) -> object:
        found = configured(model)
        return [found["optimizer"]], [found["lr_scheduler"]]  # type: ignore[index]

    assert infer(Net(), lists).base == infer(Net(), adamw).base


def test_rates_that_are_tensors() -> None:
    inferred = infer(Net(), lambda model: torch.optim.Adam(model.parameters(), lr=torch.tensor(0.5)))
    assert inferred.base["lr"] == 0.5


def test_what_is_missing_is_skipped_on_demand() -> None:
    def half(model: nn.Module) -> list[dict[str, Any]]:
        return [{"params": decayed(model)}]

    assert refusal(half)[1] == (
        "`blocks.0.norm.weight`, `blocks.0.norm.bias`, `blocks.0.fc.bias` and 6 more are trained and "
        "in no group"
    )
    inferred = infer(Net(), half, missing="skip")
    assert "skip = true" in inferred.text


def test_what_the_function_freezes() -> None:
    def frozen(model: Any) -> torch.optim.Optimizer:
        model.embed.requires_grad_(False)
        return adamw(model)

    model = Net()
    inferred = infer(model, frozen)
    assert not model.embed.weight.requires_grad
    assert "freeze = true" in inferred.text
    assignment = paramrules.assign(inferred.rules, Net())
    frozen_names = [
        assignment.inventory.names[number]
        for group in assignment.groups
        for number in group.parameters
        if group.settings.get("freeze")
    ]
    assert frozen_names == ["embed.weight"]


def test_what_was_frozen_may_have_a_group_or_none() -> None:
    model = Net()
    model.embed.requires_grad_(False)
    text = infer(model, groups).text
    trained = [group | {"params": [p for p in group["params"] if p.requires_grad]} for group in groups(model)]
    assert infer(model, trained).text == text


def changed(what: str) -> Callable[[Any], object]:
    def change(model: Any) -> object:
        if what == "adds":
            model.extra = nn.Linear(2, 2)
        elif what == "removes":
            del model.head
        elif what == "replaces":
            model.head = nn.Linear(4, 7, bias=False)
        elif what == "casts":
            model.embed.double()
        else:
            model.embed.requires_grad_(True)
        return groups(model)

    return change


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("adds", "adds `extra.weight` and `extra.bias`"),
        ("removes", "removes `head.weight`"),
        ("replaces", "replaces `head.weight`"),
        ("casts", "replaces `embed.weight`"),
        ("unfreezes", "unfreezes `embed.weight`"),
    ],
)
def test_a_function_that_changes_the_model(what: str, message: str) -> None:
    model = Net()
    model.embed.requires_grad_(what != "unfreezes")
    assert refusal(changed(what), model) == (
        "E958",
        f"making the groups changes the model: it {message}",
        "make the change where the model is built: a rule file describes a model that stays as it is, and "
        "freezing is all that it can do",
    )


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("lr", float("nan"), "nan"),
        ("lr", float("inf"), "inf"),
        ("lr", torch.tensor(float("nan")), "nan"),
        ("weight_decay", torch.tensor([float("-inf")], dtype=torch.float16), "-inf"),
        ("betas", (0.9, float("nan")), "nan"),
    ],
)
def test_settings_of_the_only_group_that_are_not_finite(key: str, value: object, shown: str) -> None:
    def groups(model: nn.Module) -> list[dict[str, object]]:
        return [{"params": list(model.parameters()), key: value}]

    message = f"no rule can hold the setting `{key}` of group 1: it is {shown}"
    assert refusal(groups)[:2] == ("E957", message)
    model = Net()
    assert refusal(groups(model), model)[:2] == ("E957", message)
    sgd = torch.optim.SGD(model.parameters(), lr=0.1)
    sgd.param_groups[0][key] = value
    assert refusal(sgd, model)[:2] == ("E957", message)


def test_tensors_of_another_model() -> None:
    other = Net()
    assert refusal(lambda model: [*groups(model), {"params": other.head.weight}])[:2] == (
        "E952",
        "group 3 holds a `torch.nn.parameter.Parameter` of shape (9, 4), which is not a parameter "
        "of the model",
    )
    optimizers = [adamw(other), torch.optim.SGD(other.parameters())]
    assert refusal(optimizers)[1] == (
        "group 1 of `adamw` holds a `torch.nn.parameter.Parameter` of shape (9, 4), which is not a parameter "
        "of the model (and 13 more)"
    )


def test_a_module_in_place_of_its_parameters() -> None:
    assert refusal(lambda model: [{"params": [model.embed, model.blocks]}, {"params": model.head}]) == (
        "E952",
        "group 1 holds a `torch.nn.modules.sparse.Embedding`, which is not a parameter of the model "
        "(and 2 more)",
        'write the parameters of a module: `{"params": [*model.head.parameters()]}`',
    )


def test_a_scheduler_alone_says_to_return_its_optimizer() -> None:
    assert refusal(lambda model: torch.optim.lr_scheduler.ConstantLR(adamw(model))) == (
        "E955",
        "a `torch.optim.lr_scheduler.ConstantLR` holds no groups of parameters",
        "return its `optimizer`",
    )


def test_exceptions_of_a_function_come_as_they_are() -> None:
    with pytest.raises(KeyError, match="'x'"):
        infer(Net(), lambda model: {}["x"])


def test_only_torchs_models() -> None:
    assert refusal([], [3])[:2] == ("E519", "a `list` is not a `torch.nn.Module`")  # type: ignore[arg-type]
    assert refusal(groups, checks=["net"])[:2] == ("E519", "a `str` is not a `torch.nn.Module`")


def test_parameters_by_name() -> None:
    tensors = {"means": nn.Parameter(torch.zeros(3, 2)), "scales": nn.Parameter(torch.zeros(3))}
    by_tensor = [{"params": [tensors["means"]], "lr": 0.1}, {"params": [tensors["scales"]], "lr": 0.2}]
    by_name = {"means": {"lr": 0.1}, "scales": {"lr": 0.2}}
    assert infer(tensors, by_tensor).text == infer(tensors, by_name).text


def test_an_inventory_has_no_tensors() -> None:
    inventory = paramrules.inventory(Net())
    by_name = {name: {"weight_decay": 0.1 if p.ndim > 1 else 0.0} for name, p in Net().named_parameters()}
    assert "no_decay" in infer(inventory, by_name).text  # type: ignore[arg-type]
    assert refusal(groups(Net()), inventory)[0] == "E952"  # type: ignore[arg-type]
