"""Settings that hold for every test.

The models here are small: their matrices are multiplied faster by one thread than by two that wait for each
other, and XLA spends more time on optimising a program than the program takes. None of this is set where the
environment says otherwise.
"""

import os
from importlib.util import find_spec

for variable, value in {
    "OMP_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    "XLA_FLAGS": "--xla_cpu_use_fusion_emitters=false",  # halves the time to compile a single operation
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs timm where timm is not installed."""
    if find_spec("timm") is None:
        for item in items:
            if item.get_closest_marker("timm"):
                item.add_marker(pytest.mark.skip(reason="timm is not installed: `pip install -e '.[timm]'`"))
