"""Inventories of torch modules: order, names, owners, shapes, attributes; and what cannot be described."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from golden import golden_model
from paramrules_torch import backend
from paramrules_torch.inventory import inventory_and_tensors
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize

import paramrules
from paramrules import RulesError
from paramrules.inventories import ABSENT, Class, Inventory, nesting


def names(model: nn.Module) -> list[str]:
    return [name for name, _ in model.named_parameters()]


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4)
        self.fc = nn.Linear(4, 3, bias=False)
        self.gamma = nn.Parameter(torch.ones(4))
        self.register_parameter("nothing", None)
        self.drop: nn.Module | None = None


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(7, 4)
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.head = nn.Linear(4, 7, bias=False)
        self.token = nn.Parameter(torch.zeros(1, 1, 4, dtype=torch.bfloat16), requires_grad=False)


def test_parameters_come_in_the_order_of_the_model() -> None:
    model = Net()
    inventory = paramrules.inventory(model)
    assert inventory.names == names(model)
    assert inventory.column("shape") == [tuple(p.shape) for p in model.parameters()]
    assert inventory.column("ndim") == [p.ndim for p in model.parameters()]
    assert inventory.framework == "torch"


def test_a_row() -> None:
    row = paramrules.inventory(Net())["token"]
    assert (row.shape, row.dtype, row.trainable, row.role) == ((1, 1, 4), "bfloat16", False, "other")
    assert row.variable == Class.of(nn.Parameter)


def test_owners_are_shared_by_class_and_surroundings() -> None:
    inventory = paramrules.inventory(Net())
    by_name = dict(zip(inventory.names, inventory.owners, strict=True))
    assert repr(by_name["blocks.0.fc.weight"]) == "Owner(Net > ModuleList > Block > Linear)"
    assert by_name["blocks.0.fc.weight"] is by_name["blocks.1.fc.weight"]
    assert by_name["blocks.0.fc.weight"] is not by_name["head.weight"]
    assert repr(by_name["token"]) == "Owner(Net)"


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Transformer(16, 2, 2, 2, 32, batch_first=True),
        lambda: nn.LSTM(3, 4, num_layers=2, bidirectional=True, proj_size=2),
        lambda: nn.GRUCell(3, 4),
        lambda: nn.MultiheadAttention(8, 2, kdim=3, vdim=5, add_bias_kv=True),
        lambda: nn.Sequential(nn.Conv2d(4, 8, 3, groups=2), nn.BatchNorm2d(8), nn.ConvTranspose2d(8, 4, 2)),
        lambda: nn.Sequential(nn.Bilinear(2, 3, 4), nn.PReLU(), nn.EmbeddingBag(5, 4), nn.GroupNorm(1, 4)),
        lambda: nn.ParameterList([torch.zeros(3), torch.zeros(2, 2)]),
        lambda: nn.ParameterDict({"a": nn.Parameter(torch.zeros(3))}),
    ],
)
def test_torchs_own_modules(make: object) -> None:
    model: nn.Module = make()  # type: ignore[operator]
    inventory = paramrules.inventory(model)
    assert inventory.names == names(model)
    roles = dict(zip(inventory.names, inventory.column("role"), strict=True))
    fans = dict(zip(inventory.names, inventory.column("fan_in"), strict=True))
    for name in inventory.names:
        leaf = name.rpartition(".")[2]
        if leaf.startswith("bias") or leaf.endswith("_bias"):
            assert (roles[name], fans[name]) == ("bias", None)
        elif "weight" in leaf and inventory[name].owner.cls.short not in ("PReLU", "EmbeddingBag"):
            ndim = len(inventory[name].shape)
            assert (roles[name], fans[name] is None) == (
                ("weight", False) if ndim > 1 else ("scale", True)
            ), name


def test_an_lstm_and_a_grouped_convolution() -> None:
    rows = paramrules.inventory(nn.ModuleDict({"rnn": nn.LSTM(3, 4), "conv": nn.Conv2d(4, 8, 3, groups=2)}))
    assert (rows["rnn.weight_ih_l0"].fan_in, rows["rnn.weight_ih_l0"].fan_out) == (3, 16)
    assert (rows["conv.weight"].fan_in, rows["conv.weight"].fan_out) == (2 * 9, 8 * 9)


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(7, 4)
        self.body = nn.Linear(4, 4)
        self.twice = self.body
        self.head = nn.Linear(4, 7, bias=False)
        self.head.weight = self.emb.weight


def test_a_tied_tensor_is_one_parameter_with_several_names() -> None:
    model = Tied()
    inventory = paramrules.inventory(model)
    assert [p.name for p in inventory] == names(model) == ["emb.weight", "body.weight", "body.bias"]
    assert inventory["head.weight"].names == ("emb.weight", "head.weight")
    assert inventory["twice.bias"].names == ("body.bias", "twice.bias")
    assert set(inventory.names) == {n for n, _ in model.named_parameters(remove_duplicate=False)}
    assert inventory["head.weight"].owner.cls.short == "Linear"
    assert (inventory["emb.weight"].role, inventory["head.weight"].role) == ("embedding", "embedding")
    assert (inventory["emb.weight"].fan_in, inventory["head.weight"].fan_in) == (7, 7)
    assert inventory["head.weight"].shape == (7, 4)


def test_attributes_of_tied_tensors_stand_under_each_name() -> None:
    model = Tied()
    model.emb.weight.lr_mult = 2  # type: ignore[attr-defined]
    inventory = paramrules.inventory(model)
    at = dict(zip(inventory.names, inventory.attribute("lr_mult"), strict=True))
    assert (at["emb.weight"], at["head.weight"], at["body.bias"]) == (2, 2, ABSENT)
    assert inventory["head.weight"].attributes == {"lr_mult": 2}


def test_only_what_was_set_on_a_tensor_is_an_attribute() -> None:
    model = nn.Linear(2, 2)
    model.weight._optim = {"lr": 1e-3, "betas": (0.9, 0.95)}  # type: ignore[attr-defined]
    model.weight.callback = print  # type: ignore[attr-defined]
    model.weight.by_number = {1: 2}  # type: ignore[attr-defined]
    model.weight.bound = float("inf")  # type: ignore[attr-defined]  # which JSON does not have
    inventory = paramrules.inventory(model)
    assert inventory.attribute("_optim")[0] == {"lr": 1e-3, "betas": (0.9, 0.95)}
    assert inventory.attribute("shape") == [ABSENT, ABSENT]
    assert inventory["weight"].attributes == {"_optim": {"lr": 1e-3, "betas": (0.9, 0.95)}}
    assert inventory["bias"].attributes == {}


class Backbone(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, 4))
        self.rel = nn.ModuleList([nn.Embedding(2, 4), nn.Embedding(2, 4)])

    def no_weight_decay(self) -> set[str]:
        return {"cls_token", "rel.*.weight", "dist_token"}


def undecayed(model: nn.Module) -> list[str]:
    inventory = paramrules.inventory(model)
    column = inventory.attribute("no_weight_decay")
    rows = [parameter.name for parameter in inventory if parameter.attributes.get("no_weight_decay")]
    assert rows == [name for name, value in zip(inventory.names, column, strict=True) if value is True]
    return rows


def test_what_a_method_names_is_an_attribute() -> None:
    assert undecayed(Backbone()) == ["cls_token", "rel.0.weight", "rel.1.weight"]


def test_a_method_speaks_of_its_own_module_wherever_that_stands() -> None:
    model = nn.ModuleDict({"backbone": Backbone(), "head": nn.Linear(4, 2)})
    model["head"].cls_token = nn.Parameter(torch.zeros(4))
    assert undecayed(nn.DataParallel(model)) == [
        "backbone.cls_token",
        "backbone.rel.0.weight",
        "backbone.rel.1.weight",
    ]


def test_a_function_set_on_the_model_itself() -> None:
    model = nn.Linear(2, 2)
    model.no_weight_decay = lambda: ["bias"]  # type: ignore[assignment, return-value]
    model.weight.no_weight_decay = False  # type: ignore[attr-defined]
    assert undecayed(model) == ["bias"]
    assert paramrules.inventory(model).attribute("no_weight_decay") == [False, True]


@pytest.mark.parametrize("given", [None, "bias"])
def test_a_method_that_gives_no_names(given: object) -> None:
    class Careless(nn.Linear):
        def no_weight_decay(self) -> object:
            return given

    inventory = paramrules.inventory(nn.Sequential(Careless(2, 2)))
    with pytest.raises(RulesError) as raised:
        inventory.attribute("no_weight_decay")
    assert str(raised.value) == (
        f"\nerror[E523]: `no_weight_decay()` of the `Careless` at `0` returns {given!r}, "
        "not a collection of names\n  = help: return a set of names, such as `{'pos_embed'}`, or `set()`"
    )
    with pytest.raises(RulesError, match=r"of the `Careless` returns "):
        paramrules.inventory(Careless(2, 2)).attribute("no_weight_decay")


def test_weight_norm_has_a_gain() -> None:
    model = nn.Sequential(parametrizations.weight_norm(nn.Conv2d(4, 6, 3)), nn.Linear(6, 2))
    inventory = paramrules.inventory(model)
    assert inventory.names == ["0.bias", "0.weight.original0", "0.weight.original1", "1.weight", "1.bias"]
    gain, direction = inventory["0.weight.original0"], inventory["0.weight.original1"]
    assert (gain.role, gain.fan_in, direction.role, direction.fan_in) == ("scale", None, "weight", 36)
    assert gain.owner.cls == Class.of(nn.Conv2d)
    assert inventory_and_tensors(model)[2] == names(model)


def test_parametrized_modules_of_one_class_share_their_owner() -> None:
    model = nn.Sequential(*(parametrizations.weight_norm(nn.Linear(2, 2)) for _ in range(2)), nn.Linear(2, 2))
    assert len(set(paramrules.inventory(model).owners)) == 1


def test_a_parametrization_keeps_the_class() -> None:
    plain = paramrules.inventory(nn.Sequential(nn.Linear(3, 3)))
    for wrap in (parametrizations.spectral_norm, parametrizations.orthogonal):
        inventory = paramrules.inventory(nn.Sequential(wrap(nn.Linear(3, 3))))
        row = inventory["0.weight.original"]
        assert row.owner.around == plain["0.weight"].owner.around
        assert (row.role, row.fan_in, row.fan_out) == ("weight", 3, 3)


class LowRank(nn.Module):
    """A parametrization of two tensors, none of them a gain, and a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.temperature = nn.Parameter(torch.ones(1))

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return left @ right * self.temperature

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return weight[:, :2], weight[:2]


def test_a_parametrization_of_ones_own() -> None:
    model = nn.Sequential(nn.Linear(4, 4, bias=False))
    parametrize.register_parametrization(model[0], "weight", LowRank(), unsafe=True)
    model[0].inner = nn.Linear(2, 2, bias=False)
    inventory = paramrules.inventory(model)
    assert inventory.names == [
        "0.weight.original0",
        "0.weight.original1",
        "0.weight.0.temperature",
        "0.inner.weight",
    ]
    assert [row.role for row in inventory] == ["weight", "weight", "other", "weight"]
    assert repr(inventory["0.weight.0.temperature"].owner) == "Owner(Sequential > Linear > LowRank)"
    assert inventory_and_tensors(model)[2] == names(model)


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
def test_the_older_norms() -> None:
    model = nn.utils.weight_norm(nn.Linear(3, 2))
    inventory = paramrules.inventory(model)
    assert {row.name: (row.role, row.fan_in) for row in inventory} == {
        "bias": ("bias", None),
        "weight_g": ("scale", None),
        "weight_v": ("weight", 3),
    }
    spectral = paramrules.inventory(nn.utils.spectral_norm(nn.Linear(3, 2)))
    assert (spectral["weight_orig"].role, spectral["weight_orig"].fan_in) == ("weight", 3)


@pytest.mark.parametrize("file", golden_model.FILES)
def test_the_golden_models(file: str) -> None:
    model, data = golden_model.load(file)
    inventory = paramrules.inventory(model)
    rows = data["parameters"]
    assert [parameter.name for parameter in inventory] == [row["name"] for row in rows]
    for parameter, row in zip(inventory, rows, strict=True):
        assert (parameter.shape, parameter.dtype) == (tuple(row["shape"]), row["dtype"])
        assert [cls.name for cls in parameter.owner.around] == row["around"]
        assert parameter.names[1:] == tuple(other["name"] for other in row.get("also", []))
    named = undecayed(model)
    assert set(named) == {row["name"] for row in rows if row["name"] in data["no_weight_decay"]}


def test_roles_of_the_golden_models() -> None:
    def roles(file: str) -> dict[str, str]:
        inventory = paramrules.inventory(golden_model.load(file)[0])
        return {row.name: row.role or "" for row in inventory}

    vit, gpt2 = roles("timm-vit_tiny_patch16_224.json"), roles("transformers-gpt2.json")
    assert (vit["blocks.0.norm1.weight"], vit["cls_token"], vit["head.weight"]) == (
        "scale",
        "other",
        "weight",
    )
    assert (gpt2["transformer.wte.weight"], gpt2["transformer.h.0.attn.c_attn.weight"]) == (
        "embedding",
        "weight",
    )
    llama, t5 = roles("transformers-llama.json"), roles("transformers-t5.json")
    assert {role for name, role in llama.items() if "norm" in name} == {"scale"}
    assert t5["encoder.block.0.layer.0.layer_norm.weight"] == "scale"


def test_a_transposed_linear_contracts_its_first_axis() -> None:
    inventory = paramrules.inventory(golden_model.load("transformers-gpt2.json")[0])
    row = inventory["transformer.h.0.attn.c_attn.weight"]
    assert (row.shape, row.fan_in, row.fan_out) == ((768, 2304), 768, 2304)


def test_zero_3_keeps_the_shape_beside_an_empty_tensor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "deepspeed", ModuleType("deepspeed"))
    model = nn.Linear(3, 2)
    model.weight.data = torch.empty(0)
    model.weight.ds_shape = torch.Size([2, 3])  # type: ignore[attr-defined]
    row = paramrules.inventory(model)["weight"]
    assert (row.shape, row.fan_in) == ((2, 3), 3)
    assert paramrules.inventory(model).column("ndim") == [2, 1]


class Special(nn.Parameter):
    pass


def test_the_class_of_a_parameter() -> None:
    model = nn.Linear(3, 2)
    model.weight = Special(torch.zeros(2, 3))
    inventory = paramrules.inventory(model)
    assert inventory["weight"].variable == Class.of(Special)
    assert inventory["bias"].variable == Class.of(nn.Parameter)


def test_two_parameters_that_come_to_one_name() -> None:
    model = nn.DataParallel(nn.Linear(2, 2))
    model.weight = nn.Parameter(torch.zeros(2))
    with pytest.raises(RulesError) as raised:
        paramrules.inventory(nn.Sequential(model))
    assert str(raised.value) == (
        "\nerror[E502]: without wrappers `0.weight` and `0.module.weight` are both `0.weight`\n"
        "  = help: rename one of the two modules or parameters"
    )
    model.bias = nn.Parameter(torch.zeros(2))
    with pytest.raises(RulesError) as raised:
        paramrules.inventory(nn.Sequential(model, model.module))
    assert str(raised.value) == (
        "\nerror[E502]: without wrappers `0.weight` and `0.module.weight` are both `0.weight` (and 1 more)\n"
        "  = help: rename one of the two modules or parameters"
    )


@pytest.mark.filterwarnings("ignore:Lazy modules")  # where torch still says that they are new
def test_a_lazy_module_has_no_shapes_yet() -> None:
    model = nn.Sequential(nn.LazyLinear(3), nn.LazyConv2d(3, 3))
    with pytest.raises(RulesError) as raised:
        paramrules.inventory(model)
    assert str(raised.value) == (
        "\nerror[E503]: `0.weight`, `0.bias`, `1.weight`, 1 more "
        "have no shape before the model has seen a batch\n"
        "  = help: run the model once, `model(batch)`, before its parameters are grouped"
    )
    model[0](torch.zeros(1, 5))
    assert paramrules.inventory(model[0])["weight"].owner.cls == Class.of(nn.Linear)


class Child(nn.Module):
    def __init__(self, parent: nn.Module) -> None:
        super().__init__()
        self.parent = parent


class Parent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.before = nn.Linear(2, 2)
        self.child = Child(self)


def test_a_model_that_contains_itself() -> None:
    with pytest.raises(RulesError) as raised:
        paramrules.inventory(Parent())
    assert str(raised.value) == (
        "\nerror[E518]: the `Parent` at `child.parent` contains itself\n"
        "  = help: keep a reference to an outer module in a tuple, where torch does not see it"
    )


def shared(inner: nn.Module, depth: int) -> nn.Module:
    """A module with 2 ** depth names for the innermost one."""
    for _ in range(depth):
        outer = nn.Module()
        outer.a = outer.b = inner
        inner = outer
    return inner


@pytest.mark.parametrize("inner", [nn.Linear(2, 2), nn.Identity()], ids=["with parameters", "without"])
def test_modules_that_are_shared_without_an_end(inner: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nesting, "MOST_FURTHER_NAMES", 10_000)
    model = shared(inner, 40)
    model.fc = nn.Linear(2, 2)
    with pytest.raises(RulesError) as raised:
        paramrules.inventory(model)
    assert str(raised.value) == (
        f"\nerror[E549]: the `Module` at `{'a.' * 30}...` has too many names: "
        "all that a model shares may have 10,000 further ones\n"
        "  = help: let one module hold it, and others keep it in a tuple, where torch does not see it"
    )


def test_a_module_with_many_parameters_counts_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    outer = nn.Module()
    outer.inner = nn.ParameterList([torch.ones(1)] * 50)
    model = nn.Module()
    model.a = model.b = outer
    monkeypatch.setattr(nesting, "MOST_FURTHER_NAMES", 52)
    assert len(paramrules.inventory(model)) == 50
    monkeypatch.setattr(nesting, "MOST_FURTHER_NAMES", 51)
    with pytest.raises(RulesError, match="E549"):
        paramrules.inventory(model)


def nested(depth: int) -> nn.Module:
    """A model whose two parameters stand below this many modules, every tenth of a class of its own."""
    inner: nn.Module = nn.Linear(1, 1)
    for number in range(depth):
        inner = (type(f"Level{number}", (nn.Sequential,), {}) if number % 10 == 0 else nn.Sequential)(inner)
    return inner


def test_a_model_as_deep_as_torch_can_walk(tmp_path: Path) -> None:
    depth = sys.getrecursionlimit() - 150
    model = nested(depth)
    inventory = paramrules.inventory(model)
    assert inventory.names == [name for name, _ in model.named_parameters()]
    assert len(inventory.owners[0].around) == depth + 1
    inventory.save(tmp_path / "deep.json")
    rules = paramrules.parse("x: within(Level500) and ndim > 1\ny: else\n")
    for each in (inventory, paramrules.Inventory.load(tmp_path / "deep.json")):
        assignment = paramrules.assign(rules, each)
        assert [group.label for group in assignment.groups] == ["x", "y"]
        assert "within" in str(assignment.explain(each.names[0]))


def test_a_model_that_is_deeper() -> None:
    limit = sys.getrecursionlimit()
    with pytest.raises(RulesError) as raised:
        paramrules.inventory(nested(limit))
    (finding,) = raised.value.diagnostics
    assert finding.code == "E518"
    assert finding.help == "`sys.setrecursionlimit` lets Python, and the framework, go deeper"
    _, at, message = finding.message.partition(" at ")
    assert at
    assert message.startswith(f"`{'0.' * 30}...` is nested more than ")


@pytest.mark.parametrize("inner", [{}, {"weight": torch.ones(1)}], ids=["nothing", "a tensor"])
def test_a_mapping_that_holds_itself_is_looked_through_once(inner: dict[str, object]) -> None:
    mapping: dict[str, object] = {}
    mapping.update({"again": mapping, "inner": inner})
    assert backend.recognises(mapping) is bool(inner)


BY_NAME = "pass the model itself, or its parameters by name: `dict(model.named_parameters())`"
LINEAR = nn.Linear(2, 1)


@pytest.mark.parametrize(
    ("model", "called", "help"),
    [
        (LINEAR.parameters(), "generator", BY_NAME),
        (list(LINEAR.parameters()), "list", BY_NAME),
        (LINEAR.weight, "torch.nn.parameter.Parameter", BY_NAME),
        (None, "NoneType", "pass the model; does the function that makes it return it?"),
        (
            LINEAR.named_parameters(),
            "generator",
            "write `dict(model.named_parameters())`, or pass the model itself",
        ),
        (
            [LINEAR, LINEAR],
            "list",
            "put the models into one module, or call this once for each",
        ),
        (
            torch.optim.SGD(LINEAR.parameters()),
            "torch.optim.sgd.SGD",
            "pass the model that the optimizer trains",
        ),
        (
            paramrules.inventory(LINEAR),
            "paramrules.inventories.inventory.Inventory",
            "an inventory has no tensors: pass the model that it describes",
        ),
        (
            Path("net.rules"),
            f"pathlib.{type(Path()).__name__}",
            "the model comes first, and the rules second",
        ),
        ("net.json", "str", "pass the model itself, not its name or its file"),
    ],
)
def test_what_is_passed_in_place_of_a_model(model: Any, called: str, help: str) -> None:
    with pytest.raises(RulesError) as raised:
        inventory_and_tensors(model)
    assert str(raised.value) == (f"\nerror[E519]: a `{called}` is not a `torch.nn.Module`\n  = help: {help}")


def test_a_model_without_parameters() -> None:
    assert len(paramrules.inventory(nn.ReLU())) == 0


def test_the_backend_recognises_modules_and_tensors_by_name() -> None:
    assert backend.recognises(nn.Linear(2, 2))
    assert backend.recognises({"encoder": {"weight": torch.zeros(2)}})
    assert not backend.recognises({"weight": [0.0, 0.0]})
    assert not backend.recognises(nn.Linear)


def test_an_abstract_model_costs_no_memory() -> None:
    model = backend.build_abstract(lambda: nn.Linear(1_000_000, 1_000_000))
    assert isinstance(model, nn.Linear)
    assert model.weight.is_meta
    assert paramrules.inventory(model).column("size") == [10**12, 10**6]


class Looks(nn.Module):
    """Reads values while it is built, as many vision transformers do for their drop path rates."""

    def __init__(self) -> None:
        super().__init__()
        self.rates = [rate.item() for rate in torch.linspace(0, 0.1, 3)]
        self.emb = nn.Embedding(4, 3)
        self.head = nn.Linear(3, 4, bias=False)
        self.head.weight = self.emb.weight
        shared = nn.Parameter(torch.ones(2))
        self.one, self.other = shared, shared
        self.scale = Special(torch.ones(3), requires_grad=False)
        self.lazy = nn.UninitializedParameter()
        self.register_parameter("none", None)


def test_a_model_that_looks_at_values_is_built_all_the_same() -> None:
    def make() -> nn.Module:
        model = Looks()
        model.emb.weight.no_decay = True  # type: ignore[attr-defined]
        return model

    model = backend.build_abstract(make)
    assert isinstance(model, Looks)
    assert model.rates[2] == pytest.approx(0.1)
    assert model.emb.weight.is_meta
    assert model.scale.is_meta
    assert type(model.scale) is Special
    assert not model.scale.requires_grad
    assert model.head.weight is model.emb.weight
    assert model.one is model.other
    assert vars(model.emb.weight) == {"no_decay": True}
    assert not nn.Linear(2, 2).weight.is_meta


def test_a_model_that_makes_arrays_of_values_while_it_is_built() -> None:
    def make() -> nn.Module:
        width = torch.arange(4).numpy()[-1]  # a TypeError on the meta device
        return nn.Linear(2, int(width))

    model = backend.build_abstract(make)
    assert isinstance(model, nn.Linear)
    assert model.weight.is_meta
    assert model.weight.shape == (3, 2)


def test_a_model_that_looks_at_its_parameters_is_built_with_them() -> None:
    model = backend.build_abstract(lambda: nn.utils.parametrizations.orthogonal(nn.Linear(3, 3)))
    inventory = paramrules.inventory(model)
    assert inventory.names == ["bias", "weight.original"]
    assert inventory["weight.original"].fan_in == 3
    assert not nn.Linear(2, 2).weight.is_meta


def test_an_error_of_the_models_own_stays_as_it_is() -> None:
    calls = []

    def make() -> nn.Module:
        calls.append(1)
        raise RuntimeError("no such checkpoint")

    with pytest.raises(RuntimeError, match="no such checkpoint"):
        backend.build_abstract(make)
    assert calls == [1]


def test_a_saved_inventory_says_the_same() -> None:
    model = nn.ModuleDict({"backbone": Backbone(), "tied": Tied()})
    inventory = paramrules.inventory(model)
    read = Inventory.from_json(inventory.to_json())
    assert read.to_json() == inventory.to_json()
    assert read.names == inventory.names
    assert [row.name for row in read] == names(model)
    assert read["backbone.cls_token"].attributes == {"no_weight_decay": True}


def test_a_class_in_place_of_a_module() -> None:
    with pytest.raises(RulesError) as caught:
        paramrules.inventory(nn.Linear)
    assert (
        str(caught.value)
        == """
error[E504]: `torch.nn.modules.linear.Linear` is a class, not a model
  = help: pass an instance: `Linear(...)`"""
    )


def test_what_is_said_beside_a_module_that_knows_all() -> None:
    with pytest.raises(RulesError) as caught:
        paramrules.inventory(nn.Linear(3, 2), stacked={"layers": 1})
    assert (
        str(caught.value)
        == """
error[E517]: `stacked` says nothing about a model of `torch`
  = help: leave `stacked` out"""
    )
