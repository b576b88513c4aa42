"""Settings that hold for every test.

The models here are small: one thread multiplies their matrices faster than two that wait for each other, and
XLA takes longer to compile a program than the program takes to run. So programs are compiled with few
optimizations, and once: later runs find them in pytest's cache directory (`--cache-clear` empties it). The
environment overrides each of these settings.
"""

import gc
import os
from collections.abc import Iterator
from importlib.util import find_spec

for variable, value in {
    "OMP_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    # The first halves the time to compile a single operation, the second that of a training step.
    "XLA_FLAGS": "--xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}.items():
    os.environ.setdefault(variable, value)
for variable in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):  # what the command line prints depends on them
    os.environ.pop(variable, None)

import hypothesis  # noqa: E402  (below the environment, which torch and jax read when they are imported)
import pytest  # noqa: E402
import torchvision_ops  # noqa: E402

torchvision_ops.install()

hypothesis.settings.register_profile(
    "paramrules",
    deadline=None,
    database=None,
    derandomize="PARAMRULES_EXAMPLES" not in os.environ,  # the same cases in every run but the slow ones
    suppress_health_check=[hypothesis.HealthCheck.too_slow],  # slow is the machine, not the strategy
)
hypothesis.settings.load_profile("paramrules")


@pytest.fixture
def one_process() -> Iterator[None]:
    """A process group of torch with one process in it."""
    import torch.distributed as dist

    dist.init_process_group("gloo", rank=0, world_size=1, store=dist.HashStore())
    yield
    dist.destroy_process_group()


def pytest_configure(config: pytest.Config) -> None:
    """Keep compiled programs in pytest's cache directory, before jax is imported and reads where to.

    Each worker of pytest-xdist has a folder of its own, because JAX's files are not written at once.
    """
    cache = getattr(config, "cache", None)  # none under `-p no:cacheprovider`
    starts_workers = config.getoption("numprocesses", None) and not hasattr(config, "workerinput")
    if cache and not starts_workers:
        folder = cache.mkdir(f"jax-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}")
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder))


def pytest_collection_finish() -> None:
    """Keep what is imported by now out of every later garbage collection."""
    gc.freeze()


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Keep what a file of tests leaves behind, such as JAX's caches, out of those of the next file.

    Trainers collect all garbage several times a run, which takes longer than their steps otherwise.
    """
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs timm where timm is not installed."""
    if find_spec("timm") is None:
        for item in items:
            if item.get_closest_marker("timm"):
                item.add_marker(pytest.mark.skip(reason="timm is not installed: `pip install -e '.[timm]'`"))
