"""Write a lock: text for reviewing and merging, in which equal parts of a model stand once."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from paramrules.inventories.parameter import Layer
from paramrules.locks import words
from paramrules.locks.fold_tree import Leaf, folded
from paramrules.locks.locked import LockedModel
from paramrules.locks.setting_lines import setting_lines
from paramrules.locks.too_large import check_counts, check_text, check_tree

VERSIONS: Final = (1, 2)
"""The versions of the format. In the second, a model may have sections for several values of the options, and
equal layers of a pattern share a line wherever they stand; only a lock that has either is written in it."""

_APART: Final = re.compile(r" *\+[0-9.]+,")
"""The beginning of a line for layers that do not follow each other: `+0,2,6`."""

COMMENT = (
    "# Review and commit this file. After a change or a merge conflict, lock again instead of editing it."
)


def written(models: Sequence[LockedModel]) -> str:
    """Return the text of a lock.

    Raises:
        RulesError: E977 if it would be too large to be read.
    """
    check_counts(models)
    lines: list[str] = []
    for model in models:
        tree = list(folded(model.names, _leaves(model)))
        check_tree(models, model, tree)
        lines += ("", *_head(model), *tree, end_line(len(model)))
    is_second = len({each.model for each in models}) < len(models) or any(map(_APART.match, lines))
    text = "\n".join((f"paramrules lock {VERSIONS[is_second]}", COMMENT, *lines)) + "\n"
    check_text(models, text)
    return text


def _head(model: LockedModel) -> Iterator[str]:
    """Yield the lines of a model's section up to its tree."""
    yield f"model {words.line(model.model)}"
    yield f"rules {words.line(model.rules)}"
    yield f"framework {words.line(model.framework)}"
    if model.versions:
        yield f"versions {', '.join(f'{name} {version}' for name, version in model.versions.items())}"
    for name, value in model.options.items():
        yield f"option {name} = {words.value(value)}"
    for axis in model.axes:
        yield ""
        yield f"[{axis.name}]"
        yield from setting_lines(axis.slots)
    yield ""
    yield "parameters"


def end_line(count: int) -> str:
    """Return the last line of a section."""
    return f"end {count} tensor{'' if count == 1 else 's'}"


def _leaves(model: LockedModel) -> Iterator[Leaf]:
    axes = [[slot.name for slot in axis.slots] for axis in model.axes]
    marked = {*model.frozen, *model.ties, *model.stacks}
    common: dict[tuple[object, ...], Leaf] = {}
    for number, (shape, labels) in enumerate(zip(model.shapes, model.labels, strict=True)):
        key = shape, labels
        leaf = common.get(key)
        if leaf is None:
            joined = "/".join(axis[label] for axis, label in zip(axes, labels, strict=True))
            leaf = common[key] = Leaf(str(shape), joined)
        if number in marked:
            leaf = leaf._replace(counting=leaf.counting + "".join(_marks(model, number)))
        yield leaf


def _marks(model: LockedModel, number: int) -> Iterator[str]:
    if number in model.frozen:
        yield "  frozen"
    if number in model.ties:
        yield f"  tied {', '.join(map(words.name, model.ties[number]))}"
    if number in model.stacks:
        yield f"  stacked {_stacked(model.stacks[number])}"


def _stacked(layer: Layer) -> str:
    """Return a layer's place: `layers.mlp.kernel[0: 3]`, the fourth along the first axis."""
    places = ", ".join(f"{axis}: {at}" for axis, at in zip(layer.axes, layer.at, strict=True))
    return f"{words.name(layer.array)}[{places}]"
