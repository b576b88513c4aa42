"""The text with which every name begins that a regex is found in."""

import pytest

from paramrules.regex.analysis import prefix
from paramrules.regex.parse import parse


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        (r"^blocks\.1\.(attn|mlp)", "blocks.1."),
        ("^head", "head"),
        ("(^head)", "head"),
        (r"^head.*\.weight", "head"),
        (r"^head.*^weight", "head"),
        ("head.*^weight", ""),
        ("head", ""),
        ("head.*weight", ""),
        ("^.*head", ""),
        (".", ""),
        ("^head|^norm", ""),
        ("^head|norm", ""),
        ("(?i)^head", ""),
        ("(?i)^head.*weight", ""),
        ("(?i)head", ""),
    ],
)
def test_the_text_that_names_begin_with(text: str, begins: str) -> None:
    assert prefix(parse(text)) == begins
