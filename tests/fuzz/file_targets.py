"""Fuzz targets for what is not a rule file: inventories, mappings, vocabularies, words of a command line."""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import click
from fuzz.survival import message
from support import inventory_of

import paramrules
from paramrules import Inventory, RulesError
from paramrules.assignment.option_values import parse_options
from paramrules.cli import arguments
from paramrules.comparison import mapping_file
from paramrules.folded_names import fold, unfold
from paramrules.inventories import Class, Owner
from paramrules.inventories.own_vocabulary import OwnFile, read_own, using
from paramrules.inventories.plugins import read
from paramrules.inventories.roles import role
from paramrules.inventories.vocabulary import added, shipped_tables
from paramrules.locks import Lock, parse_lock
from paramrules.named_models.example_inputs import read_input
from paramrules.named_models.model_name import read_model_name

RULES = paramrules.parse(
    "[a]\n"
    "no_decay: type(LayerNorm|RMSNorm|Embedding) or within(Attention) and role == bias or variable(*LoRA*)\n"
    "tall: fan_in > fan_out or shape == (*, 1) or squeezed_ndim != ndim or layer_fan_in > 3\n"
    "marked: attr(lr_mult) or attr(_optim.lr) == 2 or dtype == bfloat16 or tied or not trainable\n"
    "[b]\n"
    "block_{i}: name ~ (?<i>\\d+) -> lr_scale = 0.5 ** i, tag = (ndim, size)\n"
    "rest: else\n"
)
BY_NAME = paramrules.parse("a: name ~ a\nb: else")
A = inventory_of(
    [*(f"h.{i}.{leaf}" for i in range(3) for leaf in ("a", "b")), {"name": "wte", "also": ["head"]}, "q"]
)
B = inventory_of([*(f"l{i + 1}.{leaf}" for i in range(3) for leaf in ("x", "y")), "emb", "q1.w", "q2.w"])
OPTIONS = paramrules.parse(
    'option number = 0.5\noption text = "a"\noption flag = true\noption any\n'
    "a: ndim == number or name == text or flag -> lr_scale = number, tag = any, other = text\n"
)


def read_inventory(data: bytes) -> None:
    """A saved inventory: if it can be read, rules are assigned to it, and alike when it is saved again."""
    try:
        inventory = Inventory.from_json(data.decode("utf-8", "replace"))
    except RulesError as error:
        refused(error)
        return
    given, again = (groups(each) for each in (inventory, Inventory.from_json(inventory.to_json())))
    assert given == again


def groups(inventory: Inventory) -> list[object] | str:
    """Return the groups that rules make of an inventory, or the error."""
    try:
        assignment = paramrules.assign(RULES, inventory)
    except RulesError as error:
        refused(error)
        return str(error)
    for name in inventory.names[:3]:
        str(assignment.explain(name))
    return [(group.label, dict(group.settings), tuple(group.parameters)) for group in assignment.groups]


def read_mapping(data: bytes) -> None:
    """A mapping file: if it fits two models, no parameter of either is on two of its pairs."""
    try:
        pairs = mapping_file.resolved(mapping_file.read(file_of(data)), A, B)
    except RulesError as error:
        refused(error)
        return
    for model, side in ((A, "a"), (B, "b")):
        names = [name for pair in pairs if not pair.is_start for name in getattr(pair, side)]
        numbers = [model.index(name) for name in names]
        assert len(set(numbers)) == len(numbers)
    with suppress(RulesError):
        paramrules.parity(RULES, A, B, mapping=file_of(data))


def compare_names(data: bytes) -> None:
    """Names, one a line, of two models with an empty line between them: they can be shown and compared."""
    halves = data.decode("utf-8", "replace").partition("\n\n")[::2]
    models = [inventory_of(list(dict.fromkeys(filter(None, half.split("\n"))))) for half in halves]
    for model in models:
        shown = [name for folded in fold(model.names) for name in unfold(folded.name)]
        assert sorted(shown) == sorted(model.names)
    found = paramrules.parity(BY_NAME, *models)
    assert str(found)
    draft = file_of(found.mapping().encode())
    again = read_or_refuse(lambda: paramrules.parity(BY_NAME, *models, mapping=draft))
    if isinstance(again, paramrules.Parity):  # which may have found more, now that these are out of the way
        assert {(pair.a, pair.b) for pair in found.pairs} <= {(pair.a, pair.b) for pair in again.pairs}


def read_lock(data: bytes) -> None:
    """A lock: if it can be read, its text is read as the same lock."""
    found = read_or_refuse(lambda: parse_lock(data.decode("utf-8", "replace")))
    assert not isinstance(found, Lock) or parse_lock(found.text) == found


def read_vocabulary(data: bytes) -> None:
    """A vocabulary, of a package and of a model's own: both are read or refused, and it can be looked up."""
    families = shipped_tables().families
    package = read_or_refuse(lambda: read("acme", data, families))
    own = read_or_refuse(lambda: read_own(file_of(data), families)[0])
    assert (package is None) == (own is None)
    read_or_refuse(lambda: added("acme", data))
    if isinstance(own, OwnFile):
        with using((own,)), suppress(RulesError):
            owner = Owner((Class("acme.Net"), Class("acme.Norm", ("torch.nn.modules.linear.Linear",))))
            assert role(owner, "a.weight") in ("weight", "bias", "scale", "embedding", "other")


def read_words(data: bytes) -> None:
    """A word of a command line: a model, an input, a stack, an option. It is read, or a usage error."""
    text = data.decode("utf-8", "replace")
    readers: tuple[Callable[[str], object], ...] = (read_model_name, read_input)
    for reader in readers:
        with suppress(ValueError):
            reader(text)
    for option in (arguments._setting, arguments._stack):
        with suppress(click.BadParameter):
            option(text)
    for name in ("number", "text", "flag", "any"):
        values = {"any": "0", name: text}
        with suppress(RulesError):
            paramrules.assign(OPTIONS, A, options=parse_options(OPTIONS, values))


def read_or_refuse(work: Callable[[], object]) -> object:
    """Return what a reader returns, or None if it refuses."""
    try:
        return work()
    except RulesError as error:
        refused(error)
        return None


def refused(error: RulesError) -> None:
    """Check the findings of an error, which are inside of their files."""
    assert error.diagnostics
    assert str(error)
    for finding in error.diagnostics:
        if finding.span is not None:
            message(finding)


@cache
def folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


def file_of(data: bytes) -> Path:
    """Write the bytes to a file, the same one each time."""
    path = Path(folder().name, f"{os.getpid()}")
    path.write_bytes(data)
    return path
