"""The language's meaning on modules of MLX."""

from mlx_backend.mlx_modules import build
from paramrules_mlx import backend

from paramrules.testing import check_backend


def test_the_mlx_backend_passes() -> None:
    report = check_backend(
        backend,
        build,
        cannot={
            "name": "MLX ties modules and never single arrays",
            "variable": "all arrays are of one class",
            "attr": "nothing can be set on an array",
            "known": "modules know every fact about their parameters",
        },
    )
    assert report.left_out == {"name": 87, "variable": 5, "attr": 20, "known": 4}
    assert report.passed >= 270
