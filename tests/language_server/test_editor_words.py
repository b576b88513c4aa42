"""Completion and hover: what can be written at a place, and what a word means in the file and the model."""

from pathlib import Path

import pytest
from lsp_editor import Editor
from lsprotocol import types
from support import inventory_of

from paramrules.diagnostics.pages import page

TEXT = r"""include "norms.rules"
option rate = 0.5
let block = name ~ ^h\.(?<i>\d+)
let twice = norm or block
let depth = count(block)

[decay]
no_decay: norm or role == bias
decay: else
expect no_decay: norm

[lr]
b_{i}: block and leaf ~ "^(?<j>w)(.)" and leaf !~ x$ -> lr_scale = rate ** (count(block) - i), eps = 1, my = 2
fc?: type(Linear|Nope) and within(Block) and dtype == float32  # allow: W203 W999 -- small models
rest: else
"""


@pytest.fixture
def uri(editor: Editor, project: Path) -> str:
    (project / "norms.rules").write_text("let norm = type(LayerNorm)\n")
    (project / "net.rules").write_text(TEXT)
    return editor.open(project / "net.rules")


def offers(editor: Editor, uri: str, before: str, after: str = "") -> list[types.CompletionItem]:
    """Return what is offered between two texts."""
    editor.change(uri, before + after)
    position = types.Position(before.count("\n"), len(before) - before.rfind("\n") - 1)
    params = types.CompletionParams(types.TextDocumentIdentifier(uri), position)
    found = editor.wait(editor.client.text_document_completion_async(params))
    assert isinstance(found, list | tuple)
    return list(found)


BEFORE = TEXT.partition("[decay]")[0]
STATEMENTS = ["let", "option", "include", "edition", "expect"]
NAMES = ["rate", "block", "twice", "depth", "norm"]
FAMILIES = ["LayerNorm", "RMSNorm"]
LEAVES = ["weight", "bias"]
ALL = ["wte.weight", "h.0.fc.weight", "h.0.fc.bias", "h.1.fc.weight", "h.1.fc.bias", "norm.weight"]
ROLES = ["weight", "bias", "scale", "embedding", "other"]


CASES: dict[str, list[str]] = {
    "": STATEMENTS,
    "l": STATEMENTS,
    "[x]\na: tied\n": ["a", *STATEMENTS],
    "[x]\na: tied\nexpect ": ["a"],
    "[x]\na: tied\nexpect not a": ["a"],
    "let ": [],
    "option r": [],
    "include ": [],
    "[": [],
    "x: ": ["else", *NAMES, "name", "leaf"],
    "x: no": ["else", *NAMES, "name", "leaf"],
    "x: tied and\n    # why\n\n    no": [*NAMES, "name", "leaf"],
    "let x = ": [*NAMES, "name", "leaf"],
    "x_{": [*NAMES, "name"],
    "x: name ~ (?<k>a) and ": ["k", *NAMES],
    "x: block and i > ": ["i", *NAMES],
    "x: twice and ": ["i", *NAMES],
    "x: type(": ["Embedding", "Linear", "MyLayerNorm", *FAMILIES],
    "x: type(LayerNorm|Li": ["Embedding", "Linear", "MyLayerNorm", *FAMILIES],
    "x: (tied) and within(": ["Embedding", "Net", "Linear", "Block", "MyLayerNorm", *FAMILIES],
    "x: variable(": ["Parameter"],
    "x: attr(": ["lr_mult"],
    'x: leaf == "w': LEAVES,
    "x: leaf like ": LEAVES,
    'x: name in ("a", "h': ALL,
    "x: name not in (": ALL,
    "x: module != ": ["wte", "h.0.fc", "h.1.fc", "norm"],
    "x: role == ": ROLES,
    "x: role in (bias, s": ROLES,
    "x: dtype == ": ["float64", "float32", "float16", "bfloat16"],
    "x: tied -> ": ["lr", "lr_scale", "weight_decay"],
    "x: tied -> lr_scale = max(1, 2), ": ["lr", "lr_scale", "weight_decay"],
    "x: block -> lr_scale = rate ** (": ["i", *NAMES, "name"],
    "x: tied -> freeze = ": ["true", "false", *NAMES],
    "x: tied # allow: ": ["W117", "W201"],
    "# allow: W117 -- ": [],
    "x: name == 'a # b' # of": [],
    'include "': ["below/deep.rules", "norms.rules"],
    "include 'n": ["below/deep.rules", "norms.rules"],
    "include <": ["norms", "timm", "transformers"],
}


def test_what_can_be_written(editor: Editor, uri: str, project: Path) -> None:
    (project / "below" / "b" / "c" / "d").mkdir(parents=True)
    for path in ("below/deep.rules", "below/b/c/d/too_deep.rules"):
        (project / path).touch()
    found = {typed: [each.label for each in offers(editor, uri, BEFORE + typed, "\n")] for typed in CASES}
    for typed in ('include "', "include 'n"):
        found[typed].sort()
    assert {typed: found[typed][: len(first) or None] for typed, first in CASES.items()} == CASES


def test_nothing_of_a_model_is_offered_without_one(editor: Editor) -> None:
    uri = editor.open("untitled:Untitled-1", "")
    assert [each.label for each in offers(editor, uri, "a: type(")][:2] == FAMILIES
    for typed in ("a: variable(", "a: attr(", "a: leaf == ", 'include "'):
        assert offers(editor, uri, typed) == []


def test_an_offer_replaces_the_word_and_says_what_it_means(editor: Editor, uri: str) -> None:
    found = {each.label: each for each in offers(editor, uri, BEFORE + "x: ndi")}
    ndim, block, rate = found["ndim"], found["block"], found["rate"]
    line = BEFORE.count("\n")
    place = types.Range(types.Position(line, 3), types.Position(line, 6))
    assert ndim.text_edit == types.TextEdit(place, "ndim")
    assert (ndim.kind, ndim.detail) == (types.CompletionItemKind.Field, "ndim <= 1")
    assert isinstance(ndim.documentation, types.MarkupContent)
    assert ndim.documentation.value == "The number of axes; biases and gains of known layers are vectors."
    assert isinstance(block.documentation, types.MarkupContent)
    assert block.documentation.value == "```paramrules\nlet block = name ~ ^h\\.(?<i>\\d+)\n```"
    assert (block.kind, block.detail) == (types.CompletionItemKind.Variable, "let")
    assert (rate.kind, rate.detail) == (types.CompletionItemKind.Constant, "option")
    assert sorted(each.sort_text or "" for each in found.values())[0] == found["else"].sort_text


def test_names_below_are_not_offered(editor: Editor, uri: str) -> None:
    assert "later" not in [each.label for each in offers(editor, uri, "x: ", "\nlet later = tied\n")]


def hovered(editor: Editor, uri: str, text: str, word: str, number: int = 0, shift: int = 1) -> str | None:
    """Return what is shown of a word."""
    offset = -1
    for _ in range(number + 1):
        offset = text.index(word, offset + 1)
    before = text[: offset + shift]
    position = types.Position(before.count("\n"), len(before) - before.rfind("\n") - 1)
    params = types.HoverParams(types.TextDocumentIdentifier(uri), position)
    found = editor.wait(editor.client.text_document_hover_async(params))
    assert found is None or isinstance(found.contents, types.MarkupContent)
    return found and found.contents.value  # type: ignore[union-attr]


BLOCK = "```paramrules\nlet block = name ~ ^h\\.(?<i>\\d+)\n```"
RULE = next(line for line in TEXT.splitlines() if line.startswith("b_"))
TAKEN = "**net.json**: 33.3k parameters in 4 tensors (h.{0,1}.fc.weight, h.{0,1}.fc.bias)"
BLOCKS = f"{TAKEN}\n\n`i`: `0` and `1`"


MEANINGS: list[tuple[str, int, str | None]] = [
    ("role", 0, "```paramrules\nrole in (bias, scale)\n```\n\nWhat the parameter is to its layer."),
    ("bias", 0, "```paramrules\nrole == bias\n```\n\nWhat a layer adds."),
    ("float32", 0, None),
    (
        "count",
        0,
        "```paramrules\ncount(block)\n```\n\n"
        "How many different values the captures of a match take in the model.",
    ),
    (
        "lr_scale",
        0,
        "```paramrules\nlr_scale = 0.5\n```\n\n"
        "Multiplies the base learning rate, under any schedule; several axes multiply theirs.",
    ),
    ("eps", 0, "`eps`: a setting of optimizers"),
    ("my", 0, "`my`: a setting that the optimizer has to know"),
    ("depth", 0, "```paramrules\nlet depth = count(block)\n```"),
    ("rate", 1, "```paramrules\noption rate = 0.5\n```"),
    ("block", 1, f"{BLOCK}\n\n{BLOCKS}"),
    ("i}", 0, f"{BLOCK}\n\n{BLOCKS}"),
    ("^h", 0, BLOCKS),
    (
        "j>",
        0,
        f"```paramrules\n{RULE}\n```\n\n"
        "**net.json**: 96.8k parameters in 4 tensors (wte.weight, h.{0,1}.fc.weight, norm.weight)\n\n"
        "`j`: `w`",
    ),
    (
        "norm or",
        0,
        "```paramrules\nlet norm = type(LayerNorm)\n```\n\nin `norms.rules:1`\n\n"
        "**net.json**: 64 parameters in 1 tensor (norm.weight)",
    ),
    ("Nope", 0, "**net.json**: nothing"),
    ("Block", 0, f"{TAKEN}\n\n- `nets.Block`"),
    (
        "decay: norm",
        0,
        "**net.json**: 576 parameters in 3 tensors (h.{0,1}.fc.bias, norm.weight)\n\n"
        "- no_decay/fc: weight_decay=0\n- no_decay/rest: weight_decay=0",
    ),
    (
        "b_",
        0,
        "**net.json**: 32.8k parameters in 2 tensors (h.{0,1}.fc.weight)\n\n"
        "- decay/b_0: lr_scale=0.25, eps=1, my=2\n- decay/b_1: lr_scale=0.5, eps=1, my=2",
    ),
    ("no_decay: norm\n\n", 0, None),
    (
        "W203",
        0,
        page("W203")
        + "\n\n[W203](https://github.com/paramrules/paramrules/blob/main/docs/diagnostics/W203.md)",
    ),
    ("W999", 0, None),
    ("small models", 0, None),
    ("0.5", 0, None),
]


def test_what_a_word_means(editor: Editor, uri: str) -> None:
    found = [(word, number, hovered(editor, uri, TEXT, word, number)) for word, number, _ in MEANINGS]
    assert found == MEANINGS


def test_a_family_and_where_it_stands(editor: Editor, uri: str) -> None:
    shown = (hovered(editor, uri, TEXT, "Linear") or "").split("\n\n")
    assert shown[0].startswith("`Linear` is a family of the vocabulary: `torch.nn.Linear`, ")
    assert shown[1:] == [TAKEN, "- `torch.nn.modules.linear.Linear`"]
    text = "a: type(LayerNorm)\nb: variable(Parameter)\nc: type(*Net) or within(Net)\nd: type(Sub)\ne: else\n"
    editor.change(uri, text)
    one = "**net.json**: 64 parameters in 1 tensor (norm.weight)"
    shown = (hovered(editor, uri, text, "LayerNorm") or "").split("\n\n")
    assert shown[1:] == [one, "- `nets.MyLayerNorm`, by its name"]
    names = "wte.weight, h.{0,1}.fc.weight, h.{0,1}.fc.bias, norm.weight"
    everything = f"**net.json**: 97.3k parameters in 6 tensors ({names})"
    assert hovered(editor, uri, text, "Parameter") == f"{everything}\n\n- `torch.nn.parameter.Parameter`"
    assert hovered(editor, uri, text, "Net)", 1) == f"{everything}\n\n- `nets.Net`"
    assert hovered(editor, uri, text, "*Net") == "**net.json**: nothing"


def test_how_a_class_is_one_of_a_family(editor: Editor, uri: str, project: Path) -> None:
    """Through the vocabulary, through a base, and as one of many groups."""
    rows = [
        {"name": f"a{number}.weight", "owner": "flax.linen.linear.Embed", "shape": [number + 1, 2]}
        for number in range(10)
    ]
    bases = ["nets.Own", "torch.nn.modules.linear.Linear"]
    own = {"name": "own.weight", "owner": bases, "shape": [2, 2]}
    inventory_of([*rows, own]).save(project / "net.json")
    text = "e: type(Embedding) -> lr_scale = 1 / size\nd: type(Linear)\nc: else\n"
    editor.save(uri)
    editor.change(uri, text)
    shown = (hovered(editor, uri, text, "Embedding") or "").split("\n\n")
    assert shown[-1] == "- `flax.linen.linear.Embed`, through the vocabulary"
    shown = (hovered(editor, uri, text, "Linear") or "").split("\n\n")
    assert shown[-1] == "- `nets.Own`, by its base `torch.nn.modules.linear.Linear`"
    groups = (hovered(editor, uri, text, "e: ") or "").split("\n")
    assert groups[-2:] == ["- e#3: lr_scale=0.0625", "- and 2 more"]


def test_while_a_file_has_errors_the_model_is_not_asked(editor: Editor, uri: str) -> None:
    text = TEXT + "more: nope\n"
    editor.change(uri, text)
    assert hovered(editor, uri, text, "block", 1) == BLOCK
    assert hovered(editor, uri, text, "no_decay") is None
    assert hovered(editor, uri, text, "^h") is None
    assert hovered(editor, uri, text, "nope") is None
