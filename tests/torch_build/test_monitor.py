"""The monitor of a torch optimizer, against the same figures computed by hand."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.distributed as dist
from paramrules_torch import GroupMonitor, MultiOptimizer, build, rates, scheduled
from paramrules_torch.norms import Norms, part
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard, distribute_tensor
from torch.optim.lr_scheduler import OneCycleLR

import paramrules

RULES = paramrules.parse("""
no_decay: ndim <= 1 -> lr_scale = 0.5
hidden: type(Linear) -> optimizer = "muon"
decay: else
""")
BOTH: Any = {"muon": torch.optim.Muon, "default": torch.optim.AdamW}


class Net(nn.Module):
    def __init__(self, sparse: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(5, 4, sparse=sparse)
        self.up = nn.Linear(4, 4)

    def forward(self, ids: Tensor) -> Tensor:
        return self.up(self.table(ids))  # type: ignore[no-any-return]


def loss_of(net: nn.Module) -> Tensor:
    return (net(torch.tensor([0, 1, 1, 3])) ** 2).sum()  # type: ignore[no-any-return]


def norm(tensors: Any) -> float:
    return math.sqrt(sum(float((tensor.detach().double() ** 2).sum()) for tensor in tensors))


def check_step(net: nn.Module, optimizer: Any, monitor: GroupMonitor, step: Callable[[], object]) -> None:
    """Compare the rows after a step with its gradients and with the parameters before and after it."""
    groups = optimizer.param_groups
    before = [[tensor.detach().clone() for tensor in group["params"]] for group in groups]
    used = [(group["lr"], group.get("weight_decay")) for group in groups]
    step()
    for row, group, old, (lr, decay) in zip(monitor.rows(), groups, before, used, strict=True):
        tensors = group["params"]
        assert (row["label"], row["lr"], row["weight_decay"]) == (group["label"], lr, decay)
        assert (row["tensors"], row["parameters"]) == (len(tensors), sum(t.numel() for t in tensors))
        gradients = norm(t.grad.to_dense() for t in tensors if t.grad is not None)
        update = norm(new.double() - was.double() for new, was in zip(tensors, old, strict=True))
        assert row["grad_norm"] == pytest.approx(gradients, rel=1e-5)
        assert row["weight_norm"] == pytest.approx(norm(old), rel=1e-5)
        assert row["update_norm"] == pytest.approx(update, rel=1e-4)
        assert row["update_ratio"] == pytest.approx(update / norm(old), rel=1e-4)
        state = [value for tensor in tensors for value in optimizer.state[tensor].values()]
        held = [value.numel() * value.element_size() for value in state if isinstance(value, Tensor)]
        assert row["state_bytes"] == sum(held) > 0


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("by_closure", [False, True])
def test_every_column(by_closure: bool, fused: bool) -> None:
    net = Net()
    rules = paramrules.parse("no_decay: ndim <= 1 -> lr_scale = 0.5\ndecay: else")
    optimizer = build(net, rules, lr=0.1, weight_decay=0.1, fused=fused)
    monitor = GroupMonitor(optimizer, every=1)
    assert (monitor.rows(), monitor.metrics(), monitor.step) == ([], {}, 0)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = loss_of(net)
        loss.backward()
        return loss

    for number in range(1, 4):
        if not by_closure:
            closure()
        call: Any = (lambda: optimizer.step(closure)) if by_closure else optimizer.step
        check_step(net, optimizer, monitor, call)
        assert monitor.step == number
    row = monitor.rows()[1]
    assert monitor.metrics()["update_ratio/decay"] == row["update_ratio"]


def test_several_optimizers_under_a_schedule() -> None:
    net = Net()
    optimizer = build(net, RULES, BOTH, lr=0.1, weight_decay=0.1)
    assert isinstance(optimizer, MultiOptimizer)
    monitor = GroupMonitor(optimizer, every=1)
    scheduler = scheduled(optimizer, lambda base: OneCycleLR(base, 1.0, 9, cycle_momentum=False))
    for _ in range(3):
        optimizer.zero_grad()
        loss_of(net).backward()
        check_step(net, optimizer, monitor, optimizer.step)
        used = [row["lr"] for row in monitor.rows()]
        scheduler.step()
        assert [row["lr"] for row in monitor.rows()] == used  # those of the step, not of the next
        names = ["lr/no_decay", "lr/hidden", "lr/decay"]
        assert rates(optimizer) == dict(zip(names, scheduler.get_last_lr(), strict=True))


def test_sparse_gradients() -> None:
    net = Net(sparse=True)
    rules = paramrules.parse("table: type(Embedding) -> optimizer = 'sparse'\nrest: else")
    optimizers: Any = {"sparse": torch.optim.SparseAdam, "default": torch.optim.AdamW}
    optimizer = build(net, rules, optimizers, lr=0.1)
    monitor = GroupMonitor(optimizer, every=1)
    loss_of(net).backward()
    assert net.table.weight.grad is not None
    assert net.table.weight.grad.is_sparse  # with row 1 twice, which is summed before it is squared
    check_step(net, optimizer, monitor, optimizer.step)
    assert "weight_decay/table" not in monitor.metrics()


def test_without_gradients_and_frozen() -> None:
    net = Net()
    rules = paramrules.parse("frozen: type(Embedding) -> freeze = true\nbias: ndim == 1\nrest: else")
    optimizer = build(net, rules, lr=0.1)
    monitor = GroupMonitor(optimizer)
    loss_of(net).backward()
    net.up.bias.grad = None
    optimizer.step()
    bias, rest = monitor.rows()
    assert (bias["label"], rest["label"]) == ("bias", "rest")
    assert (bias["grad_norm"], bias["update_norm"], bias["state_bytes"]) == (None, 0.0, 0)
    assert "grad_norm/bias" not in monitor.metrics()
    assert rest["grad_norm"] > 0


def test_only_every_so_many_steps() -> None:
    net = Net()
    optimizer = build(net, paramrules.parse("all: else"), lr=0.1)
    monitor = GroupMonitor(optimizer, every=3, updates=False)
    loss_of(net).backward()
    steps = []
    for _ in range(7):
        optimizer.step()
        steps.append(monitor.step)
    assert steps == [1, 1, 1, 4, 4, 4, 7]
    (row,) = monitor.rows()
    assert row["weight_norm"] > 0
    assert row["update_norm"] is row["update_ratio"] is None
    monitor.close()
    for _ in range(3):
        optimizer.step()
    assert (monitor.step, monitor.rows()[0]["grad_norm"]) == (7, row["grad_norm"])
    assert (
        not optimizer._optimizer_step_pre_hooks or monitor not in optimizer._optimizer_step_pre_hooks.values()
    )


def test_a_step_that_fails_leaves_nothing_behind() -> None:
    net = Net()
    optimizer = build(net, paramrules.parse("all: else"), lr=0.1)
    monitor = GroupMonitor(optimizer, every=2)

    def fail() -> float:
        raise RuntimeError("no loss")

    with pytest.raises(RuntimeError, match="no loss"):
        optimizer.step(fail)
    loss_of(net).backward()
    optimizer.step()
    assert (monitor.step, monitor.rows()) == (0, [])
    optimizer.step()
    assert monitor.step == 3


@pytest.mark.parametrize("fused", [False, True])
def test_gradients_under_a_scaler(fused: bool) -> None:
    net = Net()
    optimizer = build(net, paramrules.parse("all: else"), torch.optim.SGD, lr=0.1, fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)  # type: ignore[attr-defined]
    loss_of(net).backward()
    unscaled = norm(p.grad for p in net.parameters() if p.grad is not None)
    optimizer.zero_grad()
    monitor = GroupMonitor(optimizer)
    scaler.scale(loss_of(net)).backward()
    scaler.step(optimizer)
    scaler.update()
    assert monitor.rows()[0]["grad_norm"] == pytest.approx(unscaled, rel=1e-5)


def test_low_precision_complex_and_tensor_rates() -> None:
    half = nn.Parameter(
        torch.full((100_000,), 3.0, dtype=torch.float16)
    )  # its square sum overflows in float16
    wave = nn.Parameter(torch.tensor([3 + 4j, 0]))
    lr = torch.tensor(0.5)
    optimizer = torch.optim.SGD([{"params": [half]}, {"params": [wave], "name": "wave"}], lr=lr)
    half.grad, wave.grad = torch.ones_like(half), torch.ones_like(wave)
    monitor = GroupMonitor(optimizer)
    optimizer.step()
    lr.fill_(0.0)
    first, second = monitor.rows()
    assert (first["label"], second["label"]) == ("param_groups[0]", "wave")
    assert first["weight_norm"] == pytest.approx(3 * math.sqrt(100_000))
    assert second["weight_norm"] == pytest.approx(5.0)
    assert second["grad_norm"] == pytest.approx(math.sqrt(2))
    assert (first["lr"], second["state_bytes"]) == (0.5, 0)
    assert rates(optimizer) == {"lr/param_groups[0]": 0.0, "lr/wave": 0.0}


@pytest.fixture
def mesh() -> Iterator[DeviceMesh]:
    dist.init_process_group("gloo", rank=0, world_size=1, store=dist.HashStore())
    yield init_device_mesh("cpu", (1, 1))
    dist.destroy_process_group()


def test_distributed_tensors(mesh: DeviceMesh) -> None:
    """Two processes are in tests/torch_distributed."""
    split = nn.Parameter(distribute_tensor(torch.full((4, 2), 2.0), mesh, [Shard(0), Replicate()]))
    plain = nn.Parameter(torch.ones(9))
    optimizer = torch.optim.SGD([split, plain], lr=0.5, momentum=0.9)
    plain.grad = torch.ones(9)
    partial = DTensor.from_local(torch.full((4, 2), 3.0), mesh, [Partial(), Replicate()])
    split.grad = partial.redistribute(placements=[Shard(0), Replicate()])
    monitor = GroupMonitor(optimizer)
    optimizer.step()
    (row,) = monitor.rows()
    assert (row["weight_norm"], row["grad_norm"]) == pytest.approx((math.sqrt(8 * 4 + 9), 9.0))
    assert row["update_norm"] == pytest.approx(0.5 * 9.0)
    assert (row["parameters"], row["state_bytes"]) == (17, 4 * 17)
    assert Norms([part(partial), None]).read() == [pytest.approx(math.sqrt(8 * 9)), None]


class Wrapper(torch.optim.Optimizer):
    """A trainer's wrapper, as Accelerate has one: no constructor of torch's, so no hooks of its own."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer
        self.param_groups = optimizer.param_groups


def test_the_wrapper_of_a_trainer() -> None:
    optimizer = build(Net(), paramrules.parse("all: else"), lr=0.1)
    monitor = GroupMonitor(Wrapper(Wrapper(optimizer)))
    assert monitor.optimizer is optimizer
    optimizer.step()
    assert monitor.step == 1
    assert rates(Wrapper(optimizer)) == {"lr/all": 0.1}


def test_shared_state_counts_once() -> None:
    one, other = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([one, other], lr=0.1)
    table = torch.zeros(16)
    optimizer.state[one] = {"table": table, "both": [torch.zeros(2), torch.zeros(3)], "step": 1}
    optimizer.state[other] = {"table": table}
    monitor = GroupMonitor(optimizer)
    optimizer.step()
    assert monitor.rows()[0]["state_bytes"] == 4 * (16 + 2 + 3)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"every": 0}, ValueError, "`every` is 0 and should be a number of steps, such as 100"),
        ({"every": "epoch"}, ValueError, "`every` is 'epoch' and should be a number of steps, such as 100"),
        (
            {"optimizer": nn.Linear(1, 1)},
            TypeError,
            "`optimizer` is a `Linear`, and should be what `build` returns",
        ),
    ],
)
def test_wrong_arguments(arguments: Any, error: type[Exception], said: str) -> None:
    right = {"optimizer": torch.optim.SGD(Net().parameters(), lr=0.1)}
    with pytest.raises(error) as raised:
        GroupMonitor(**(right | arguments))
    assert str(raised.value) == said


def test_rates_of_a_model() -> None:
    with pytest.raises(TypeError, match="`optimizer` is a `Linear`, and should be what `build` returns"):
        rates(nn.Linear(1, 1))  # type: ignore[arg-type]


@pytest.mark.parametrize("positional", [True, False])
@pytest.mark.parametrize("method", ["sgd", "lbfgs", "several"])
def test_gradients_of_a_closure_are_those_before_the_step_changes_them(method: str, positional: bool) -> None:
    net = Net()
    match method:
        case "sgd":  # with nesterov its foreach implementation adds the momentum to the gradients
            how: dict[str, Any] = {"foreach": True, "nesterov": True, "momentum": 0.9}
            optimizer = build(net, paramrules.parse("all: else"), torch.optim.SGD, lr=0.01, **how)
        case "lbfgs":
            optimizer = build(net, paramrules.parse("all: else"), torch.optim.LBFGS, lr=0.01, max_iter=4)
        case _:
            optimizer = build(net, RULES, BOTH, lr=0.01)
    monitor = GroupMonitor(optimizer, every=2)
    seen = []

    def closure() -> float:
        optimizer.zero_grad()
        loss = loss_of(net)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own
        seen.append(norm(parameter.grad for parameter in net.parameters()))
        return float(loss.detach())

    for _ in range(3):
        loss: Any = optimizer.step(closure) if positional else optimizer.step(closure=closure)
        assert isinstance(loss, float)
    found = math.sqrt(sum(row["grad_norm"] ** 2 for row in monitor.rows()))
    assert (monitor.step, found) == (3, pytest.approx(seen[-1], rel=1e-5))
