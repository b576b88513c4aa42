"""What holds for every test."""

from importlib.util import find_spec

import pytest
import torchvision_ops

torchvision_ops.install()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out what needs timm where timm is not installed."""
    if find_spec("timm") is None:
        for item in items:
            if item.get_closest_marker("timm"):
                item.add_marker(pytest.mark.skip(reason="timm is not installed: `pip install -e '.[timm]'`"))
