"""Sixteen threads that load, assign and build at once get what one gets, and keep nothing.

`python -m pytest tests/fuzz/test_soak_of_threads.py -m slow -s` takes ten minutes, or
`PARAMRULES_SOAK_SECONDS`, and prints how much memory the process has as time goes by.
"""

import gc
import os
import threading
import time
import tracemalloc
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

import paramrules

torch = pytest.importorskip("torch", reason="torch is not installed")
optax = pytest.importorskip("optax", reason="optax is not installed")
jax = pytest.importorskip("jax")

import paramrules_optax  # noqa: E402  (below what says that a framework is missing)
import paramrules_torch  # noqa: E402

THREADS = 16
SECONDS = float(os.environ.get("PARAMRULES_SOAK_SECONDS", "600"))
STATM = Path("/proc/self/statm")
MIB = 1 << 20
RULES = r"""
option rate = 0.5
let block = name ~ ^blocks\.(?<i>\d+)\.
[decay]
no_decay: ndim <= 1 or name ~ ([a-z]*o?){3}\.b$ -> weight_decay = 0
decay: else
[lr]
block_{i}: block -> lr_scale = rate ** (count(block) - i)
frozen: name ~ ^stem -> freeze = true
rest: else
"""
BLOCKS = 3


def expected(rate: float) -> dict[str, tuple[float, float]]:
    """The rate and decay of each group, worked out by hand."""
    rates = {f"block_{i}": rate ** (BLOCKS - i) for i in range(BLOCKS)} | {"rest": 1.0}
    decays = {"no_decay": 0.0, "decay": 0.1}
    return {f"{a}/{b}": (0.01 * rates[b], decays[a]) for a in decays for b in rates}


class Block(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.w, self.b = torch.nn.Parameter(torch.ones(2, 2)), torch.nn.Parameter(torch.ones(2))


def modules() -> torch.nn.Module:
    net = torch.nn.Module()
    net.stem, net.head = Block(), Block()
    net.blocks = torch.nn.ModuleList(Block() for _ in range(BLOCKS))
    return net


def arrays() -> dict[str, object]:
    def block() -> dict[str, object]:
        return {"w": jax.numpy.ones((2, 2)), "b": jax.numpy.ones(2)}

    return {"stem": block(), "head": block(), "blocks": {str(i): block() for i in range(BLOCKS)}}


def once(path: Path, rate: float, number: int) -> None:
    """Load a file, and a text that nobody has read yet; build in both frameworks, and take a step."""
    rules, options = paramrules.load(path), {"rate": rate}
    fresh = paramrules.parse(f"{RULES}\n# {number}\n", f"{number}.rules")
    with pytest.raises(paramrules.RulesError):
        paramrules.parse(f"{RULES}\nrule {number}", "broken.rules")
    net = modules()
    optimizer = paramrules_torch.build(
        net, rules, torch.optim.SGD, lr=0.01, weight_decay=0.1, options=options
    )
    for group in optimizer.param_groups:
        assert (group["lr"], group["weight_decay"]) == pytest.approx(expected(rate)[group["label"]])
    assert len(optimizer.param_groups) == len(expected(rate))
    assert not any(parameter.requires_grad for parameter in net.stem.parameters())
    assert "block" in str(paramrules.assign(fresh, net, options=options).explain("blocks.0.w"))

    tree = arrays()
    tx = paramrules_optax.build(
        tree, fresh, optax.sgd, learning_rate=0.01, weight_decay=0.1, options=options, momentum=None
    )
    updates, _ = tx.update(tree, tx.init(tree), tree)
    assert float(updates["stem"]["w"][0, 0]) == 0
    for i in range(BLOCKS):
        assert float(updates["blocks"][str(i)]["b"][0]) == pytest.approx(-0.01 * rate ** (BLOCKS - i))


def run_threads(work: Callable[[int], None]) -> None:
    """Run work in all threads at once, and raise what one of them raises."""
    errors: list[BaseException] = []
    start = threading.Barrier(THREADS)

    def guarded(thread: int) -> None:
        try:
            start.wait()
            work(thread)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.fixture
def rule_file(tmp_path: Path) -> Path:
    path = tmp_path / "net.rules"
    path.write_text(RULES, "utf-8")
    return path


def rate_of(thread: int) -> float:
    return 0.5 + thread / 100


def test_threads_keep_nothing(rule_file: Path) -> None:
    numbers = count()
    run_threads(lambda thread: once(rule_file, rate_of(thread), next(numbers)))  # what is made once a process
    gc.collect()
    tracemalloc.start()
    try:
        run_threads(lambda thread: once(rule_file, rate_of(thread), next(numbers)))
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    print(f"{kept:,} bytes")
    assert kept < 150_000


def resident() -> int:
    """Return the bytes of memory that the process has."""
    gc.collect()
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.skipif(not STATM.exists(), reason="only Linux says how much memory a process has")
def test_ten_minutes_of_threads_do_not_grow(rule_file: Path) -> None:
    numbers, samples, end = count(), [], time.monotonic() + SECONDS
    while time.monotonic() < end:
        run_threads(
            lambda thread: [once(rule_file, rate_of(thread), next(numbers)) for _ in range(5)] and None
        )
        samples.append(resident())
    shown = ", ".join(f"{sample / MIB:.1f}" for sample in samples[:: max(1, len(samples) // 20)])
    print(f"\n{next(numbers):,} rounds; resident MiB: {shown}, {samples[-1] / MIB:.1f}")
    quarter = len(samples) // 4
    assert quarter
    assert max(samples[-quarter:]) - max(samples[quarter : 2 * quarter]) < 10 * MIB
