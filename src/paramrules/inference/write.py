"""Write: explained axes as the text of a rule file."""

import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import Any, Final

from paramrules.display import value_text
from paramrules.formatting import format_rules
from paramrules.inference.cover import Literal
from paramrules.inference.decision_list import Line
from paramrules.inference.effective import is_number
from paramrules.inference.explain import Explained
from paramrules.inference.forms import Form, tidy
from paramrules.inference.heads import Head
from paramrules.inference.indexes import Index
from paramrules.inference.quoting import quoted_pattern
from paramrules.inference.wording import identifier, predicate_text, unused, words_of
from paramrules.rules.keys import IDLE, SCALES

_OPTIONS: Final = {
    "weight_decay": "decay",
    "lr": "lr",
    "lr_scale": "scale",
    "weight_decay_scale": "decay_scale",
}


_CAPTURES: Final = "ijklmn"
"""The captures of block numbers, one for each index of a file."""

_MEANT: Final = ("", "no_decay", "default")
"""The labels that mean something to the language, and none."""


def shared_constants(axes: Sequence[Explained]) -> set[tuple[str, Any]]:
    """Return the decays and scales that several rules set, by their keys."""
    counts = Counter(
        (key, tidy(form.value))
        for axis in axes
        for line in axis.list.lines
        for key, form in line.head.forms.items()
        if form.kind == "constant" and key in _OPTIONS and key != "lr"
    )
    return {constant for constant, count in counts.items() if count > 1}


class Names:
    """The names that a file defines: its lets and options.

    Attributes:
        options: the value of each option.
        lets: the text of each let.

    Args:
        indexes: what counts blocks.
        shared: see `shared_constants`: these are not named after one rule.
    """

    def __init__(self, indexes: Sequence[Index], shared: Container[tuple[str, Any]] = ()) -> None:
        self._shared = shared
        self.options: dict[str, Any] = {}
        self.lets: dict[str, str] = {}
        self._by_value: dict[tuple[str, Any], str] = {}
        self._of: dict[int, tuple[str, str, str]] = {}
        several = len(indexes) > 1
        words = [index.word for index in indexes]
        for number, index in enumerate(indexes):
            word, capture = index.word, _CAPTURES[number % len(_CAPTURES)]
            if words.count(word) > 1:
                word = identifier(index.regex.split(r"\.")[0].strip("^")) + "_" + word
            word = unused(word.strip("_") or "block", [*self.lets, *_CAPTURES])
            depth = f"{word}s" if several else "depth"
            place = f"{word}_place" if several else "place"
            taken = [*self.lets, word]
            place = capture if index.place else unused(place, taken)
            self._of[id(index)] = (word, unused(depth, taken), place)
            regex = index.regex.replace("(?<i>", f"(?<{capture}>")
            self.lets[word] = f"name ~ {quoted_pattern(regex)}"

    def block(self, index: Index) -> str:
        """Return the name of an index's match."""
        return self._of[id(index)][0]

    def place(self, index: Index) -> str:
        """Return what a parameter's number is called."""
        block, _, place = self._of[id(index)]
        if not index.place:
            self.lets[place] = f"index({block})"
        return place

    def depth(self, index: Index) -> str:
        """Return what the number of blocks is called."""
        block, depth, _ = self._of[id(index)]
        self.lets[depth] = f"count({block})"
        return depth

    def literal(self, literal: Literal) -> str:
        """Return a literal with the names of the lets in it."""
        index, text = literal.test.index, literal.text
        if index is None:
            return text
        filled = {"block": self.block(index), "place": self.place(index)}
        return text.format(**filled, depth=self.depth(index) if "{depth}" in text else "")

    def option(self, name: str, value: Any) -> str:
        """Return the name of the option with this value, made if there is none."""
        key = (name.rpartition("_")[2], value)
        if key not in self._by_value:
            chosen = unused(name, [*self.options, *self.lets, "depth", "place", *_CAPTURES])
            self.options[chosen] = value
            self._by_value[key] = chosen
        return self._by_value[key]

    def value(self, form: Form, key: str, label: str) -> str:
        """Return a form as text, with options in place of its constants."""
        if form.kind == "constant":
            return self._constant(form, key, label)
        index = form.index
        filled = {
            name: self.option({"rate": "rate", "floor": "min_scale"}[name], v)
            for name, v in form.options.items()
        }
        if index is not None:
            if "{index}" in form.text:
                filled["index"] = self.place(index)
            if "{depth}" in form.text:
                filled["depth"] = self.depth(index)
        return form.text.format(**filled)

    def _constant(self, form: Form, key: str, label: str) -> str:
        value = tidy(form.value)
        if (
            key not in _OPTIONS
            or isinstance(value, bool)
            or not isinstance(value, int | float)
            or value in (0, 1)
        ):
            return form.text
        kind, label = _OPTIONS[key], label.partition("_{")[0]
        base = "base_lr" if kind == "lr" else kind
        is_general = label in (kind, "decay", "rest", "no_decay") or (key, value) in self._shared
        name = base if is_general else f"{label}_{kind}"
        return self.option(name, value)


def labels_of(axis: Explained, names: Names) -> list[str]:
    """Return a label for each rule of an axis."""
    has_stem = any(form.beyond for line in axis.list.lines for form in line.head.forms.values())
    optimizers = [_optimizer(line.head) for line in axis.list.lines]
    decays = [_by_settings(line.head) for line in axis.list.lines].count("decay")
    labels: list[str] = []
    for line, optimizer in zip(axis.list.lines, optimizers, strict=True):
        label = _label(line, has_stem, decays > 1, names)
        if optimizers.count(optimizer) == 1 and not line.head.is_formula:
            label = optimizer or label
        labels.append(unused_label(label, labels))
    return labels


def unused_label(label: str, used: Sequence[str]) -> str:
    """Return a label that no rule above has."""
    word, brace, place = label.partition("_{")
    candidate, number = label, 2
    while candidate in used:
        candidate, number = f"{word}_{number}{brace}{place}", number + 1
    return candidate


def _label(line: Line, has_stem: bool, several_decays: bool, names: Names) -> str:
    head = line.head
    if head.index is not None:
        words = [word for word in map(identifier, words_of(line.cover)) if word]
        return f"{words[0] if words else names.block(head.index)}_{{{names.place(head.index)}}}"
    if any(form.beyond for form in head.forms.values()):
        return "stem"
    plain = _by_settings(head)
    if plain and not (plain == "decay" and several_decays and line.cover is not None):
        return plain
    words = [word for word in map(identifier, words_of(line.cover)) if word not in _MEANT and len(word) < 25]
    lone = next((form for form in head.forms.values() if form.kind == "power" and form.index is None), None)
    if lone is not None:
        return f"power_{lone.text.rpartition(' ')[2] if ' ' in lone.text else 1}"
    if "optimizer" in head.forms and len(words) != 1:
        return _optimizer(head) or "part"
    if line.cover is None:
        return "head" if has_stem and all(form.text in ("", "1") for form in head.forms.values()) else "rest"
    scale = head.forms.get("lr_scale")
    if scale is not None and scale.kind == "constant" and scale.value != 1 and len(words) != 1:
        return "fast" if scale.value > 1 else "slow"
    return words[0] if words else "part"


def _optimizer(head: Head) -> str:
    """Return the name of the optimizer that a rule chooses, as a label; "" for none."""
    form = head.forms.get("optimizer")
    return identifier(form.value) if form is not None and isinstance(form.value, str) else ""


def _by_settings(head: Head) -> str:
    for key, label in (("freeze", "frozen"), ("skip", "skipped")):
        if key in head.forms and head.forms[key].value is True:
            return label
    if not head.forms.keys().isdisjoint(IDLE):
        return "trained"
    marks = [key for key, form in head.forms.items() if form.value is True]
    if len(head.forms) == 1 and marks:
        return identifier(re.sub("^(is|use)_", "", marks[0])) or "marked"
    for key in ("weight_decay", "weight_decay_scale"):
        if (
            len(head.forms) == 1
            and key in head.forms
            and is_number(value := head.forms[key].value)
            and value == 0
        ):
            return "no_decay"
    if all(key.startswith("weight_decay") for key in head.forms) and not head.is_formula:
        return "decay"
    optimizer = head.forms.get("optimizer")
    if optimizer is not None and len(head.forms) == 1 and isinstance(optimizer.value, str):
        return identifier(optimizer.value)
    return ""


def settings_text(line: Line, label: str, names: Names) -> str:
    """Return the settings of a rule; "" for none."""
    parts = []
    for key, form in line.head.forms.items():
        text = names.value(form, key, label)
        implied = label == "no_decay" and key == "weight_decay" and form.value == 0
        neutral = key in SCALES and text == "1"
        if text and not implied and not neutral:
            parts.append(f"{key} = {text}")
    return ", ".join(parts)


def rule_texts(axis: Explained, names: Names) -> tuple[list[str], list[str]]:
    """Return the labels of an axis's rules, and their texts without the labels."""
    labels = labels_of(axis, names)
    rules = []
    for line, label in zip(axis.list.lines, labels, strict=True):
        block = names.block(line.head.index) if line.head.index is not None else ""
        predicate = "else" if line.cover is None else predicate_text(line.cover, block, names.literal)
        settings = settings_text(line, label, names)
        rules.append(f"{predicate}{f' -> {settings}' if settings else ''}")
    return labels, rules


def file_text(
    title: Sequence[str],
    names: Names,
    axes: Sequence[tuple[str, Sequence[str], Sequence[str]]],
    comments: Mapping[tuple[int, int], str],
    expectations: Mapping[int, Sequence[str]],
) -> str:
    """Return the formatted file.

    Args:
        title: the lines of the comment at the top.
        names: its options and lets.
        axes: for each axis its name, the labels and the texts of its rules.
        comments: the comment above a rule, by the numbers of axis and rule.
        expectations: the `expect` statements of each axis.
    """
    lines = [*(f"# {line}" for line in title), "edition 1", ""]
    lines += [f"option {name} = {value_text(value)}" for name, value in names.options.items()]
    lines += [""] if names.options else []
    lines += [f"let {name} = {text}" for name, text in names.lets.items()]
    lines += [""] if names.lets else []
    for at, (name, labels, rules) in enumerate(axes):
        if len(axes) > 1:
            lines.append(f"[{name}]")
        for number, (label, rule) in enumerate(zip(labels, rules, strict=True)):
            if (at, number) in comments:
                lines.append(f"# {comments[at, number]}")
            lines.append(f"{label}: {rule}")
        lines += expectations.get(at, ())
        lines.append("")
    return format_rules("\n".join(lines).rstrip() + "\n", "inferred.rules")
