"""The saved inventories among the twins are those of timm's models."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from twins import TWINS

from paramrules.cli import main


@pytest.mark.timm
@pytest.mark.parametrize(
    ("saved", "name"),
    [("vit/vit_b16_timm.json", "vit_base_patch16_224"), ("resnet/resnet50_timm.json", "resnet50")],
)
def test_they_are_timms(saved: str, name: str, tmp_path: Path) -> None:
    made = tmp_path / "made.json"
    ran = CliRunner().invoke(main, ["inventory", f"timm:create_model('{name}')", "-o", str(made)])
    assert ran.exit_code == 0, ran.output
    assert made.read_text("utf-8") == (TWINS / saved).read_text("utf-8")
