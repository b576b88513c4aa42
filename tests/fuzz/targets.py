"""All fuzz targets. One more is a function of bytes in one of the modules here, and a line in the table."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from drawn_regexes import PIECES, drawn
from fuzz import file_targets, rule_targets
from fuzz.words import WORDS
from support import inventory_of

import paramrules

ROOT = Path(__file__).parents[2]


class Target(NamedTuple):
    """One reader or evaluator under fuzzing.

    Attributes:
        run: takes an input; raises if something is wrong.
        words: what mutations put in.
        seeds: inputs to grow a corpus from.
        has_corpus: whether its corpus is kept.
    """

    run: Callable[[bytes], object]
    words: list[str]
    seeds: Callable[[], Iterator[bytes]]
    has_corpus: bool = True


def rule_files() -> Iterator[bytes]:
    """The policies, and the files that cause each finding."""
    for folder in ("cases/policies", "cases/diagnostics", "assignment/said"):
        for path in sorted((ROOT / "tests" / folder).glob("*.rules")):
            if path.stat().st_size < 3_000:
                yield path.read_bytes()


def regexes() -> Iterator[bytes]:
    """Regexes as the tests draw them, beside names."""
    for text, _ in drawn(seed=9, count=200):
        yield f"{text}\nab1\n.a.b\nblocks.1.attn".encode()


def inventories() -> Iterator[bytes]:
    """The first parameters of the pages' models, and small models with ties, stacks and vocabularies."""
    for path in sorted((ROOT / "docs" / "models").glob("*.json")):
        table = json.loads(path.read_bytes())
        yield json.dumps({**table, "parameters": table["parameters"][:3]}).encode()
    small = json.loads(inventory_of(["a.weight", {"name": "a.bias", "also": ["b"], "shape": [4]}]).to_json())
    parameter = {**small["parameters"][0], "shape": [4, 2], "stored": [3, 2, 2, 2], "elements": 8}
    parameter |= {"layer": {"array": "a", "axes": [0], "at": [1]}, "layout": ["out", "in", "in"]}
    parameter |= {"attributes": {"lr_mult": 2, "_optim": {"lr": 2}}, "fan_in": 4}
    own = [{"source": "a.toml", "tables": {"families": {"RMSNorm": ["acme.Norm"]}}}]
    for version in (1, 2):
        yield json.dumps({**small, "paramrules_inventory": version}).encode()
        more = {"parameters": [parameter], "vocabulary": own, "unknown": {"role": "pass the model"}}
        yield json.dumps({**small, **more, "paramrules_inventory": version}).encode()


def mappings() -> Iterator[bytes]:
    """The lines of the pages, for the two small models."""
    yield b"# all\nh.{i}.a = l{i+1}.x # one\nhead = emb\nq = q1.w, q2.w\n"
    yield b"h.{i}.* = l{i+1}.*\nq = -\n- = emb\n- = q*"
    yield b"h.{i}.{i-1} = l{i+1}\nh.* = -\nq == emb\nq, = -"


def names() -> Iterator[bytes]:
    """Names of models in two frameworks."""
    for folder, a, b in (("docs/models", "vit", "vit_flax"), ("docs/models", "gpt", "tree")):
        models = [json.loads((ROOT / folder / f"{each}.json").read_bytes()) for each in (a, b)]
        listed = ("\n".join(row["name"] for row in model["parameters"][::3]) for model in models)
        yield "\n\n".join(listed).encode()
    yield b"h.0.a\nh.1.a\nh.10.a\nlinear\nlinear_1\n{0..1}\n\nl1.a\nl2.a\nl3.a\nLinear_0\nLinear_1\n\\x"


def locks() -> Iterator[bytes]:
    """The locks of rules on the pages' models."""
    for model in (file_targets.A, file_targets.B):
        yield paramrules.lock({"a.json": paramrules.assign(file_targets.RULES, model)}).text.encode()


def vocabularies() -> Iterator[bytes]:
    """The shipped vocabulary, and a file with each table."""
    yield (ROOT / "src" / "paramrules" / "inventories" / "vocabulary.toml").read_bytes()[:3_000]
    yield (
        b'roots = ["acme.Module"]\n[families]\nRMSNorm = ["acme.Norm", "acme.*Norm"]\n'
        b'[frameworks]\nMLX = ["mlx"]\n'
        b'[[roles]]\nclasses = ["acme.Norm"]\nscale = ["g"]\nbias = ["b"]\n'
        b'[layouts]\n"acme.Mix" = { weight = "out _ in", rest = "* in" }\n'
    )


def command_line_words() -> Iterator[bytes]:
    """One of each form."""
    words = ["timm:create_model('a', depth=2)", "a/b.py:Net.make", "vit.json", "(1, 224, 3)", "i32[1,128]"]
    words += ["train=False", "mask=bool[1]", "layers=1", "rate=1e-4", "0.5", "true", "-12", "1_000", "nan"]
    yield from (word.encode() for word in words)


def random_bytes() -> Iterator[bytes]:
    """Choices for Hypothesis, the same ones each time. They mean another file in another version of it."""
    chance = random.Random(0)
    yield from (chance.randbytes(4_000) for _ in range(10))


JSON = ['"', "[", "]", "{", "}", ", ", ": ", "null", "true", "1e999", "NaN", "-1", "0", "\\ud800"]
FIELDS = [
    *("paramrules_inventory", "framework", "unknown", "classes", "owners", "parameters", "vocabulary"),
    *("name", "owner", "shape", "dtype", "trainable", "variable", "role", "fan_in", "fan_out", "attributes"),
    *("layout", "layer", "axes", "at", "array", "stored", "elements", "also", "source", "tables", "families"),
]
TOML = [
    *("[families]", "[[roles]]", "[layouts]", "[frameworks]", "roots", "classes", "scale", "bias", '= ["'),
    *("acme.Norm", '"out in"', "{ weight = ", "'''", '"""', "\\u0000", "1e999", "2026-01-01", "inf"),
]
MAPPING = ["{i}", "{j+1}", "{i-1}", " = ", ", ", "-", ".*", "h.", "l", "#", "\n", "head", "q1.w"]
LOCK = [
    "paramrules lock 1",
    "[",
    "]",
    "{0..2}",
    "0..4..2",
    "\n    +0..1",
    "end 3 tensors",
    " = ",
    "#",
    "\n  ",
    "none",
    "-",
    "(1, 2)",
]
COMMAND = ["(", ")", "'", "[", "]", ",", "=", ":", ".py:", ".json", "f32", "**", "lambda:0", "1e999", "_"]

TARGETS = {
    "rules": Target(rule_targets.read_rules, WORDS, rule_files),
    "regexes": Target(rule_targets.search_regex, PIECES, regexes),
    "formatter": Target(rule_targets.format_file, WORDS, rule_files),
    "assign": Target(rule_targets.assign_rules, WORDS, rule_files),
    "assign_drawn": Target(rule_targets.assign_drawn, [], random_bytes, has_corpus=False),
    "inventories": Target(file_targets.read_inventory, [*JSON, *FIELDS], inventories),
    "mappings": Target(file_targets.read_mapping, MAPPING, mappings),
    "names": Target(file_targets.compare_names, MAPPING, names),
    "vocabularies": Target(file_targets.read_vocabulary, TOML, vocabularies),
    "locks": Target(file_targets.read_lock, LOCK, locks),
    "command_line": Target(file_targets.read_words, COMMAND, command_line_words),
}
