"""The words of a rule file that name something, and what they refer to."""

from pathlib import Path

from paramrules.diagnostics import Source
from paramrules.rules.includes import Loaded
from paramrules.rules.load import read_text
from paramrules.rules.mentions import captures, known, mentions, target, uses

TEXT = r"""include "norms.rules"
option rate = 0.5
let block = name ~ "^blocks\.(?<i>\d+)\\(?P<j>x)"
[ lr ]
b_{i}: block and (role == bias or dtype in (float32,)) -> lr_scale = rate ** (count(block) - i), x = shape[0]
expect b_{i}: type(A|B) and name ~ x(?P<i>\d+) and attr(_o.lr) > ndim and tied and norm
c: else
nope:
"""


def load(folder: Path, text: str = TEXT) -> Loaded:
    (folder / "norms.rules").write_text("include <norms>\nlet norm = type(LayerNorm)\noption rate = 0.5\n")
    return read_text(Source("a.rules", text), str(folder / "a.rules")).loaded


def test_the_words_of_a_file(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    found = mentions(loaded.file)
    assert [(each.kind, each.span.text) for each in found] == [
        ("include", '"norms.rules"'),
        ("option", "rate"),
        *(("let", "block"), ("field", "name"), ("capture", "i"), ("capture", "j")),
        ("axis", "lr"),
        *(("label", "b_{i}"), ("name", "i"), ("name", "block")),
        *(("field", "role"), ("constant", "bias"), ("field", "dtype"), ("constant", "float32")),
        *(("key", "lr_scale"), ("name", "rate"), ("function", "count"), ("name", "block"), ("name", "i")),
        *(("key", "x"), ("field", "shape")),
        *(("label", "b_{i}"), ("name", "i"), ("function", "type"), ("class", "A"), ("class", "B")),
        *(("field", "name"), ("capture", "i"), ("function", "attr"), ("attribute", "_o.lr")),
        *(("field", "ndim"), ("flag", "tied"), ("name", "norm")),
        ("label", "c"),
    ]
    assert [each.axis for each in found if each.kind in ("let", "axis", "label")] == [0, 1, 1, 1, 1]
    assert {each.kind for each in found if each.defines} == {"option", "let", "capture"}


def test_what_they_refer_to(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    found = {}
    for each in mentions(loaded.file):
        if to := target(each, loaded):
            place = f"{to.kind} {to.span.source.name}:{to.span.line}"
            found.setdefault(f"{each.name} at {each.span.line}", place)
    assert found == {
        "rate at 2": "option a.rules:2",
        "block at 3": "let a.rules:3",
        "i at 3": "capture a.rules:3",
        "j at 3": "capture a.rules:3",
        "b_{i} at 5": "label a.rules:5",
        "i at 5": "capture a.rules:3",
        "block at 5": "let a.rules:3",
        "rate at 5": "option a.rules:2",
        "b_{i} at 6": "label a.rules:5",
        "i at 6": "capture a.rules:6",
        "norm at 6": "let norms.rules:2",
        "c at 7": "label a.rules:7",
    }


def test_all_names_that_a_file_can_use(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    found = known(loaded)
    assert {name: each.span.location for name, each in found.items()} == {
        "rate": "a.rules:2",
        "block": "a.rules:3",
        "norm": "norms.rules:2",
        "norm_or_bias": "<norms>:5",
    }
    (rule,) = [each.statement for each in mentions(loaded.file) if each.name == "c"]
    assert captures(rule, loaded) == {}


def test_uses_are_found_in_all_files(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    files = [loaded, *loaded.files()]

    def places(text: str, line: int) -> list[str]:
        (mention,) = {
            m.span: m for m in mentions(loaded.file) if (m.name, m.span.line) == (text, line)
        }.values()
        to = target(mention, loaded)
        assert to is not None
        return [each.span.location for each in uses(to, files)]

    assert places("rate", 2) == ["a.rules:2", "a.rules:5", "norms.rules:3"]
    assert places("norm", 6) == ["a.rules:6", "norms.rules:2"]
    assert places("b_{i}", 6) == ["a.rules:5", "a.rules:6"]
    assert places("j", 3) == ["a.rules:3"]


def test_a_label_without_a_rule_and_a_name_that_is_not_defined(tmp_path: Path) -> None:
    loaded = load(tmp_path, "a: nope and aa\nlet aa = aa\n[x]\nexpect b: tied\na: else\n")
    found = [target(each, loaded) for each in mentions(loaded.file)]
    assert [to and (to.kind, to.span.location) for to in found] == [
        ("label", "a.rules:1"),
        None,
        ("let", "a.rules:2"),
        ("let", "a.rules:2"),
        ("let", "a.rules:2"),
        None,
        ("label", "a.rules:4"),
        None,
        ("label", "a.rules:5"),
    ]
    assert [each.span.location for each in uses(found[6], [loaded])] == ["a.rules:4"]  # type: ignore[arg-type]
