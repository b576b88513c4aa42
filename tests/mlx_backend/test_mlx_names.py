"""The package's own names."""

import paramrules_mlx
import pytest


def test_public_names() -> None:
    assert dir(paramrules_mlx) == ["GroupedOptimizer", "backend", "build"]
    for name in dir(paramrules_mlx):
        assert getattr(paramrules_mlx, name)
    with pytest.raises(AttributeError, match="module 'paramrules_mlx' has no attribute 'param_groups'"):
        paramrules_mlx.param_groups  # noqa: B018
