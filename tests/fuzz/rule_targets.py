"""Fuzz targets for rule files: the reader, regexes against `re`, and `assign` against the naive evaluator."""

import re
import warnings

from backtracking import steps
from fuzz.survival import outcome, survives
from oracle import naive
from oracle.models import ATTRIBUTES, CLASSES, LORA, SHAPES
from oracle.test_against_naive import answer, test_agrees_with_the_naive_evaluator, wanted
from support import inventory_of

from paramrules.diagnostics import RulesError, Source
from paramrules.formatting.format import format_rules
from paramrules.regex.analysis import size
from paramrules.regex.automaton import Automaton
from paramrules.regex.backtracking import is_linear
from paramrules.regex.parse import parse
from paramrules.regex.refusal import SIZE, Refused
from paramrules.rules import Rules
from paramrules.syntax import nodes
from paramrules.syntax.decode import decode

STEPS = 20_000
"""The most that a backtracking engine may take for a name which `re` is asked about."""

PATHS = [
    *("stem.weight", "head.bias", "pos_embed", "blocks.0.attn.qkv.weight", "blocks.0.attn.qkv.bias"),
    *("blocks.1.norm1.weight", "blocks.10.mlp.fc1.weight", "blocks.10.mlp.fc1.bias"),
    *("layers.0.blocks.1.attn.weight", "layers.1.downsample.weight", "norm.scale", "decoder.blocks.3.w2"),
]
ROLES = ["weight", "bias", "embedding", "weight", "bias", "scale", "weight", "bias", "other"]
MODEL = inventory_of(
    [
        {
            "name": name,
            "owner": CLASSES[number % len(CLASSES)],
            "around": [["lab.vit.ViT"], ["lab.attention.Dinov3ViTAttention"]][: number % 3],
            "shape": SHAPES[number % len(SHAPES)],
            "role": ROLES[number % len(ROLES)],
            "dtype": "bfloat16" if number % 5 == 3 else "float32",
            "fan_in": 16 if number % 3 == 0 else None,
            "fan_out": 8 if number % 4 == 0 else None,
            "trainable": number % 6 != 5,
            "attributes": ATTRIBUTES[number % len(ATTRIBUTES)],
            "variable": LORA if number == 3 else "torch.nn.parameter.Parameter",
            "also": ["head.weight", "tied.0.bias"] if number == 0 else [],
        }
        for number, name in enumerate(PATHS)
    ],
    modules={"blocks.10.mlp": {"lr_mult": 3}, "": {"kind": "a"}},
)
"""A dozen parameters with all that rules can ask for."""


def read_rules(data: bytes) -> None:
    """Bytes as a rule file."""
    source = decode(data, "f.rules")
    if isinstance(source, Source):
        survives(source.text)


def format_file(data: bytes) -> None:
    """A formatted rule file is formatted, and has the same rules."""
    text = data.decode("utf-8", "replace")
    try:
        formatted = format_rules(text)
    except RulesError as error:
        if any(finding.code == "E710" for finding in error.diagnostics):  # it proved itself wrong
            raise AssertionError(text) from error
        return
    assert format_rules(formatted) == formatted
    before, after = outcome(text), outcome(formatted)
    assert (before.rules and before.rules.file) == (after.rules and after.rules.file)


def assign_rules(data: bytes) -> None:
    """A rule file on a fixed model: the evaluator and the naive one agree."""
    rules = survives(data.decode("utf-8", "replace"))
    if rules is None:
        return
    options = {name: 2 for name, option in rules.options.items() if option.required}
    given = answer(rules, MODEL, options, strict=False)
    if is_for_naive(rules):
        assert given == wanted(naive.assign(rules.file, MODEL, options=options))


def is_for_naive(rules: Rules) -> bool:
    """Return whether the naive evaluator knows all of a file, and its regexes end soon in `re`."""
    included = any(isinstance(statement, nodes.Include) for statement in rules.file.statements)
    regexes = (parse(match.regex.text) for match in every_match(rules.file))
    return not included and all(map(is_linear, regexes))


def every_match(node: object) -> list[nodes.Matches]:
    """Return all matches in a tree."""
    found: list[nodes.Matches] = []
    todo = [node]
    while todo:
        node = todo.pop()
        if isinstance(node, nodes.Matches):
            found.append(node)
        if isinstance(node, nodes.Node):
            todo += [getattr(node, name) for name in node.__dataclass_fields__ if name != "span"]
        elif isinstance(node, tuple):
            todo += node
    return found


assign_drawn = test_agrees_with_the_naive_evaluator.hypothesis.fuzz_one_input
"""Rules and a model that Hypothesis makes of the bytes: the evaluator and the naive one agree."""


def search_regex(data: bytes) -> None:
    """A regex on the first line and names on the others: what is accepted means what it means in `re`."""
    text, *names = data.decode("utf-8", "replace").split("\n")
    theirs = compiled(re.sub(r"(?<!\\)\(\?<(?=[A-Za-z_])", "(?P<", text))
    try:
        parsed = parse(text)
    except Refused as refused:
        fault = refused.fault
        assert 0 <= fault.start <= fault.end <= len(text)
        assert fault.code != "E401" or theirs is None
        return
    pattern = compiled(parsed.python)
    assert pattern is not None
    assert pattern.groups == len(parsed.groups)
    assert dict(pattern.groupindex) == {group.name: group.number for group in parsed.groups if group.name}
    linear, states = is_linear(parsed), size(parsed.tree)
    automaton = Automaton(parsed) if states <= SIZE else None
    for name in names:
        most = 5 * states * (len(name) + 1) if linear else STEPS
        if steps(parsed, name, most + 1) > most:
            assert not linear
            continue
        found = pattern.search(name)
        ours = automaton.search(name) if automaton and name else found
        assert (found is None) == (ours is None)
        if found and ours:
            assert (found[0], *found.groups()) == (ours[0], *ours.groups())


def compiled(text: str) -> re.Pattern[str] | None:
    """Compile a regex, None if `re` refuses it or warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return re.compile(text, re.ASCII)
        except (re.error, FutureWarning, DeprecationWarning, OverflowError, RecursionError):
            return None
