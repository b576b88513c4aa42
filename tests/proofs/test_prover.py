"""Pairs of files that are equal, different or undecided, a construct of the language at a time."""

import pytest

import paramrules
from paramrules.proofs import Proof, prove
from paramrules.proofs.class_names import Chosen
from paramrules.proofs.examples import changed
from paramrules.proofs.names import Name


def proof(one: str, other: str, compare: str = "both", **more: int) -> Proof:
    files = (paramrules.parse(text, f"{name}.rules") for name, text in (("a", one), ("b", other)))
    return prove(*files, compare=compare, **more)  # type: ignore[arg-type]


def rules(*lines: str) -> str:
    return "\n".join([*lines, "rest: else", ""])


A, B, C = (rf"name ~ ^{letter}\.(?<i>\d+)\." for letter in "abc")
SUM = "(ndim + size + fan_in + fan_out + squeezed_ndim + layer_fan_in + 1)"
EQUAL = {
    "mirrored": ("a: ndim <= 1", "a: 1 >= ndim"),
    "option of both": ("option cut = 1\na: ndim <= cut", "option cut = 1\na: cut >= ndim"),
    "flag of both": ("option big = true\na: big and ndim == 2", "option big = true\na: ndim == 2 and big"),
    "flag of one": ("option big = true\na: big and ndim == 2", "a: ndim == 2"),
    "string option as a glob": ('option head = "head.*"\na: name like head', "a: name like head.*"),
    "string option as a text": ('option w = "x"\na: leaf in (w, "y")', 'a: leaf == "y" or leaf == "x"'),
    "string option of both": (
        'option w = "x"\na: leaf == w or ndim == 1',
        'option w = "x"\na: ndim == 1 or leaf == w',
    ),
    "option in a setting": (
        "option r = 0.5\na: ndim == 1 -> lr_scale = r * 2",
        "a: ndim == 1 -> lr_scale = 1.0",
    ),
    "required option": (
        "option w\na: ndim == 1 -> lr = w * 2",
        "option w\na: ndim == 1 -> lr = 2 * w",
    ),
    "attribute": ("a: attr(x) == 2", "a: 2 == attr(x)"),
    "attribute among others": ('a: attr(x) not in ("a", "b")', 'a: attr(x) != "a" and attr(x) != "b"'),
    "attribute is never below and above": ("a: attr(x) > 3 and attr(x) < 2 or ndim == 1", "a: ndim == 1"),
    "attribute that is absent": ("a: attr(x) == none or ndim == 1", "a: ndim == 1 or attr(x) == none"),
    "extents": ("a: shape[0] > shape[1]", "a: shape[1] < shape[0]"),
    "let of a fact": ("let f = ndim\nlet g = f\na: 2 > g and f != 0", "a: ndim == 1"),
    "extents moved": ("a: shape[0] + 1 <= shape[1]", "a: shape[0] < shape[1]"),
    "extents the same": ("a: shape[0] == shape[1]", "a: shape[1] == shape[0]"),
    "extents apart": ("a: shape[0] != shape[1]", "a: shape[1] != shape[0]"),
    "quotients": ("a: fan_in / 2 == fan_out", "a: fan_out == fan_in / 2"),
    "shape": ("a: shape == (1, *, 8)", "a: ndim == 3 and shape[0] == 1 and shape[-1] == 8"),
    "not that shape": ("a: shape != (4,)", "a: not (ndim == 1 and shape[0] == 4)"),
    "shape of values": ("a: shape == (fan_in, *)", "a: not (not shape == (fan_in, *))"),
    "shape apart from values": ("a: shape != (fan_in, *)", "a: not (not shape != (fan_in, *))"),
    "shape of whole floats": ("option w = 4.0\na: shape == (w, *)", "a: shape == (4, *)"),
    "squeezed": ("a: squeezed_ndim > ndim or ndim == 2", "a: squeezed_ndim > ndim or ndim == 2 and true"),
    "no tensor is squeezed to more": ("a: squeezed_ndim == 3 and ndim == 2 or size == 1", "a: size == 1"),
    "fan": ("a: fan_in != 4", "a: fan_in < 4 or fan_in > 4"),
    "every role": ("a: role in (weight, bias, scale, embedding, other) or ndim == 1", "a: true"),
    "dtype": ("a: dtype != float32", "a: not dtype == float32"),
    "two dtypes": ("a: dtype == float32 and dtype == bfloat16 or ndim == 1", "a: ndim == 1"),
    "own class": ("a: variable(LoRAParam|Extra)", "a: variable(Extra) or variable(LoRAParam)"),
    "own class with a module": ("a: variable(lab.Extra) or variable(Extra)", "a: variable(Extra)"),
    "trainable": ("a: not trainable", "a: not (trainable and trainable)"),
    "type is within": ("a: type(Linear) and within(Linear)", "a: type(Linear)"),
    "family": ("a: type(LayerNorm|torch.nn.LayerNorm)", "a: type(LayerNorm)"),
    "wildcards": ("a: type(Layer*) or type(LayerNorm?)", "a: type(LayerNorm?) or type(Layer*)"),
    "the largest of numbers of two kinds": (
        "option r = 0.5\na: true -> lr = max(ndim, r)",
        "option r = 0.5\na: true -> lr = max(r, ndim)",
    ),
    "the largest of whole numbers": (
        "a: true -> lr = 2 * max(ndim, size)",
        "a: true -> lr = 2 * max(size, ndim)",
    ),
    "a wildcard of a module that is always below another": (
        "a: type(x.*.L) and not type(x.L) or ndim == 1",
        "a: ndim == 1",
    ),
    "wildcard of a part": ("a: type(*Norm) or type(*LayerNorm)", "a: type(*LayerNorm|*Norm)"),
    "glob with classes": ('a: name like "b[0-9].[!a]"', 'a: name ~ "^b[0-9][.][^a]$"'),
    "glob with odd brackets": ('a: name like "b[]" or name like "[z-a]x"', 'a: name == "b[]"'),
    "anything but nothing": ('a: name like "x[!z-a]"', 'a: name like "x?"'),
    "names": ('a: name == "x.y"', 'a: module == "x" and leaf == "y"'),
    "names apart": ('a: name not in ("x", "y")', 'a: not (name == "x" or name == "y")'),
    "case": ("a: name ~ (?i)bias", "a: name ~ [Bb][Ii][Aa][Ss]"),
    "capture": (r"b{i}: name ~ ^h\.(?<i>\d+)\. and i < 6", r"b{j}: name ~ ^h[.](?<j>[0-9]+)\. and 6 > j"),
    "captures of branches": (
        r"b{i}: name ~ ^h\.(?<i>\d+)\. or name ~ ^g\.(?<i>\d+)\.",
        r"b{j}: (name ~ ^h\.(?<j>\d+)\.) or name ~ ^g\.(?<j>\d+)\.",
    ),
    "captured numbers": (
        r"a: name ~ ^h\.(?<i>\d+)\. and (i >= 10 or 12 - i > 10)",
        r"a: name ~ ^h\.0*([01]|[1-9]\d+)\.",
    ),
    "captured numbers as regexes": (
        r"a: name ~ ^h\.(?<i>\d+)\. and i in (0, 7, 19)",
        r"a: name ~ ^h\.0*(0|7|19)\.",
    ),
    "captured numbers that are always such": (
        r"b{i}: name ~ ^h\.(?<i>\d+)\. and i >= 0 and 0 - i < 1 and i + 1 != 0",
        r"b{i}: name ~ ^h\.(?<i>\d+)\.",
    ),
    "captured numbers that are never such": (
        r"b{i}: name ~ ^h\.(?<i>\d+)\. and i + 1 < 0 or name ~ ^g\.(?<i>\d+)\.",
        r"b{i}: name ~ ^g\.(?<i>\d+)\.",
    ),
    "a captured number that any name has in several ways": (
        r"a: name ~ h\.(?<i>\d+) and i < 3",
        r"a: name ~ h\.(?<i>\d+) and 3 > i",
    ),
    "a capture of several matches": (
        r"b{i}: (name ~ ^h\.(?<i>\d+)\. or name ~ ^g\.(?<i>\d+)\.) and ndim == 1 and i > 6",
        r"b{i}: ndim == 1 and ((name ~ ^h\.(?<i>[0-9]+)\. or name ~ ^g\.(?<i>\d+)\.) and 6 < i)",
    ),
    "many negations": (
        'a: not (not (not ((ndim in (1, 3) or name like "*.x") and name !~ y and size != 4 and type(L|M))))',
        'a: not ((ndim in (1, 3) or name like "*.x") and name !~ y and size != 4 and type(M|L))',
    ),
    "two captures of one match": (
        r"b{i}_{j}: name ~ ^h\.(?<i>\d+)\.(?<j>\d+)\.",
        r"b{i}_{j}: name ~ ^h\.(?<i>\d\d*)\.(?<j>\d+)\.",
    ),
    "capture of a part": (
        r"b{i}: name ~ ^h\.(?<i>\d+)\. and (ndim == 1 or ndim == 2)",
        r"b{i}: (ndim in (1, 2)) and name ~ ^h\.(?<i>\d+)\.",
    ),
    "one capture in two branches": (
        r"b{i}: name ~ ^h\.(?<i>\d+)\. and ndim == 1 or name ~ ^h\.(?<i>\d+)\. and ndim == 2",
        r"b{i}: name ~ ^h\.(?<i>\d+)\. and ndim in (1, 2)",
    ),
    "count": (
        "let h = name ~ ^h\\.(\\d+)\\.\nlet n = count(h)\na: n > 2 and ndim == 1 -> lr_scale = n - 1",
        "a: 3 <= count(name ~ ^h[.](\\d+)\\.) and ndim == 1 -> lr_scale = -1 + count(name ~ ^h\\.(\\d+)\\.)",
    ),
    "index": (
        "let h = name ~ ^h\\.(\\d+)\\.\na: h and index(h) == 0",
        "a: name ~ ^h\\.(\\d+)\\. and 0 == index(name ~ ^h\\.([0-9]+)\\.)",
    ),
    "sum": (
        "a: fan_in == 4 -> lr_scale = 2 * (fan_in + 1) - fan_in",
        "a: fan_in == 4 -> lr_scale = fan_in + 2",
    ),
    "tuple": ("a: ndim == 1 -> betas = (0.9, 1)", "a: ndim == 1 -> betas = (0.9, 1.0)"),
    "whole and float": ("a: ndim == 1 -> lr_scale = 2", "a: ndim == 1 -> lr_scale = 2.0"),
    "no decay": ("no_decay: ndim == 1", "no_decay: ndim == 1 -> weight_decay = 0"),
    "inherited": ("a: ndim == 1 -> lr = 1\na: ndim == 2", "a: ndim in (1, 2) -> lr = 1"),
    "inherited from what may come first": (
        "b{i}: name ~ ^h\\.(?<i>\\d+)\\. -> lr = 1\nb3: ndim == 1",
        "b{i}: name ~ ^h[.](?<i>\\d+)\\. -> lr = 1\nb3: ndim < 2 and ndim > 0",
    ),
    "hole that is never so small": (
        "b{i+1}: name ~ ^h\\.(?<i>\\d+)\\. -> lr = 1\nb0: ndim == 1",
        "b{1+i}: name ~ ^h[.](?<i>\\d+)\\. -> lr = 1\nb0: ndim < 2 and ndim > 0",
    ),
    "label with two holes": (
        "b{i}{t}: name ~ ^h\\.(?<i>\\d+)\\.(?<t>w|b)$ -> lr = 1\nb3: ndim == 1",
        "b{i}{t}: name ~ ^h[.](?<i>\\d+)\\.(?<t>w|b)$ -> lr = 1\nb3: ndim < 2 and ndim > 0",
    ),
    "labels without a common beginning": (
        "b{i}: name ~ ^h\\.(?<i>\\d+)\\. -> lr = 1\nc{i}: name ~ ^g\\.(?<i>\\d+)\\.",
        "b{i}: name ~ ^h[.](?<i>\\d+)\\. -> lr = 1\nc{i}: name ~ ^g[.](?<i>\\d+)\\.",
    ),
    "label that is a hole": (
        "a: ndim == 9 -> lr = 1\nb{1}: ndim == 1",
        "a: ndim == 9 -> lr = 1\nb1: ndim == 1",
    ),
    "without else": ("a: ndim == 1", "a: ndim < 2 and ndim > 0"),
    "let": (
        "let p = name ~ bias or ndim <= 1\na: p or not p and tied",
        "let q = ndim <= 1\na: q or name ~ bias or tied",
    ),
    "power": ("a: ndim == 1 -> lr_scale = 2 ** 3", "a: ndim == 1 -> lr_scale = 8"),
    "count written differently": (
        r"a: count(name ~ ^h\.(\d+)\.) > 2",
        r"a: count(name ~ ^h\.(\d\d*)\.) > 2",
    ),
    "a part that contradicts itself": ("a: ndim == 1 or name ~ x and name !~ x", "a: ndim == 1"),
    "sum of an attribute": ("a: attr(x) + 1 == 3", "a: 3 == 1 + attr(x)"),
    "no tie, no difference": (
        'a: tied\nb: leaf == "x"\nc: leaf == "y"',
        'a: tied\nc: leaf == "y"\nb: leaf == "x"',
    ),
    "long product": (
        f"a: fan_in == 4 -> lr = {SUM} * {SUM} * {SUM}",
        f"a: fan_in == 4 -> lr = {SUM} * ({SUM} * {SUM})",
    ),
    "long shape": (
        "a: shape == (1, 2, 3, 4, 5, 6, 7, 8) and ndim == 8",
        "a: shape == (1, 2, 3, 4, 5, 6, 7, 8)",
    ),
    "inherited from rules beside each other": (
        "let h = name ~ ^h\\.(?<i>\\d+)\\.\nb{i}: h and ndim == 9 -> lr = 1\nb{i}: h -> lr = 1\n"
        "b3: ndim == 1",
        "let h = name ~ ^h\\.(?<i>\\d+)\\.\nb{i}: h -> lr = 1\nb3: ndim == 1",
    ),
    "numbers of two digits": (
        r"a: name ~ ^h\.(?<i>\d{2})\. and i < 15",
        r"a: name ~ ^h\.(0\d|1[0-4])\.",
    ),
    "numbers of one or two digits": (
        r"b{i}: name ~ ^h\.(?<i>\d{1,2})\. and i < 100",
        r"b{i}: name ~ ^h\.(?<i>\d|\d\d)\.",
    ),
    "numbers of many digits": (
        r"a: name ~ ^h\.(?<i>\d{3,})\. and i > 99",
        r"a: name ~ ^h\.0*[1-9]\d{2,}\.",
    ),
    "numbers that are listed": (
        r"a: name ~ ^h\.(?<i>0|1|2|12)\. and i >= 2",
        r"a: name ~ ^h\.(2|12)\.",
    ),
    "a captured number that is never so large": (
        r"a: name ~ ^h\.(?<i>\d{2})\. and i > 99 or ndim == 1",
        "a: ndim == 1",
    ),
    "a captured number that is never a half": (
        r"a: name ~ ^h\.(?<i>\d+)\. and 2 * i == 13 or ndim == 1",
        "a: ndim == 1",
    ),
    "a captured text": (
        r'a: name ~ ^h\.(?<t>\w+)\. and t in ("q", "k.v", "k")',
        r"a: name ~ ^h\.[qk]\.",
    ),
    "a captured text in any case": (
        r'a: name ~ (?i)^h\.(?<t>\w+)\. and t == "q"',
        r'a: name ~ (?i)^h\.(?<t>\w+)\. and "q" == t',
    ),
    "a captured text that is empty": (
        r'a: name ~ ^h\.(?<t>\w*)\. and t == ""',
        r'a: name ~ ^h\.(?<t>\w*)\. and "" == t',
    ),
    "branches that change places": (
        rf"b{{i}}: ({A} or {B}) and ndim == 1 -> lr = 0.5 ** (12 - i)",
        rf"b{{i}}: ndim == 1 and ({B} or {A}) -> lr = 0.5 ** (-i + 12)",
    ),
    "branches inside others": (
        rf"b{{i}}: (({A} or {B}) and ndim == 1) or {C}",
        rf"b{{i}}: {C} or ({A} and ndim == 1 or {B} and ndim == 1)",
    ),
    "branches as one regex": (rf"b{{i}}: {A} or {B}", r"b{i}: name ~ ^(a|b)\.(?<i>\d+)\."),
    "one regex as branches": (
        r"b{i}: name ~ ^[ab]\.(?<i>\d+)\. and i > 5 -> lr = i + 1",
        rf"b{{i}}: ({A} or {B}) and i >= 6 -> lr = 1 + i",
    ),
    "a branch that adds nothing": (rf"b{{i}}: {A} or name ~ ^a\.(?<i>\d+)\.x", rf"b{{i}}: {A}"),
    "numbers of branches": (rf"a: ({A} or {B}) and i > 5", r"a: name ~ ^[ab]\.0*([6-9]|[1-9]\d+)\."),
    "numbers of branches among some": (
        rf"a: ({A} or {B}) and i not in (1, 2)",
        rf"a: ({B} or {A}) and i != 2 and 1 != i",
    ),
    "numbers of branches that there always are": (rf"a: ({A} or {B}) and i * 2 > -1", rf"a: {B} or {A}"),
    "numbers of a branch alone": (
        r"a: (name ~ ^a\.(?<i>\d{2})\. or name ~ ^b\.(?<i>\d)\.) and i > 9",
        r"a: name ~ ^a\.[1-9]\d\.",
    ),
    "numbers of branches that cannot be listed": (
        rf"a: ({A} or name ~ ^b\.(?<i>[1-9]\d*)\.) and i > 5",
        rf"a: ({A} or name ~ ^b\.(?<i>[1-9]\d*)\.) and 5 < i",
    ),
    "texts of branches": (
        r'a: (name ~ ^a\.(?<t>\d+)\. or name ~ ^b\.(?<t>\w+)\.) and t == "12"',
        r"a: name ~ ^[ab]\.12\.",
    ),
    "facts of branches": (
        rf"b{{i}}: ({A} and not type(Linear) or {B} and ndim == 2) and not (i < 3)",
        rf"b{{i}}: ({B} and 2 == ndim or {A} and not type(Linear)) and not (i <= 2)",
    ),
    "branches with groups of no name": (
        r"b{i}: name ~ ^(x|y)\.(?<i>\d+)\. or name ~ ^(?<i>\d+)\.",
        r"b{i}: name ~ ^(?<i>\d+)\. or name ~ ^[xy]\.(?<i>\d+)\.",
    ),
    "a text option that is a text": (
        'option w = "x"\na: w == "x" and ndim == 1',
        'option w = "x"\na: ndim == 1 and "x" == w',
    ),
    "an index among some": (
        "let h = name ~ ^h\\.(\\d+)\\.\na: index(h) in (0, 1) or index(h) * 2 == 4",
        "let h = name ~ ^h\\.(\\d+)\\.\na: 3 > index(h)",
    ),
    "an index that there always is": (
        "let h = name ~ ^h\\.(\\d+)\\.\na: h and index(h) + 1 > 0",
        "a: name ~ ^h\\.(\\d+)\\.",
    ),
    "an index that is another": (
        "let h = name ~ ^h\\.(\\d+)\\.\na: index(h) not in (0, 1)",
        "let h = name ~ ^h\\.(\\d+)\\.\na: h and not index(h) <= 1",
    ),
    "a count among some": (
        "let h = name ~ ^h\\.(\\d+)\\.\na: count(h) in (0, 1, 2)",
        "let h = name ~ ^h\\.(\\d+)\\.\na: not (count(h) > 2)",
    ),
    "a count that is another": (
        "let h = name ~ ^h\\.(\\d+)\\.\na: count(h) not in (0, 2)",
        "let h = name ~ ^h\\.(\\d+)\\.\na: count(h) == 1 or 2 * count(h) >= 6",
    ),
    "multiples of facts": (
        "a: fan_in * 2 > 9 and 3 * ndim != 3 and shape[0] + 1 != 4",
        "a: fan_in > 4 and ndim != 1 and shape[0] != 3",
    ),
    "a fact that is never such a number": ("a: 2 * fan_in == 9 or ndim == 1", "a: ndim == 1"),
    "a fact that has to be there": ("a: fan_in * 2 != 9", "a: fan_in >= 0"),
    "facts among some": (
        "a: fan_in + 1 in (2, 3) or shape[0] in (4, 5)",
        "a: fan_in in (1, 2) or shape[0] > 3 and 6 > shape[0]",
    ),
    "a sum of an attribute that is another": ("a: attr(x) + 1 != 3", "a: 3 != 1 + attr(x)"),
    "no result": (
        "a: fan_in == 4 -> lr = 1 / (fan_in - fan_in)",
        "a: fan_in < 5 and fan_in > 3 -> lr = 1 / (fan_in - fan_in)",
    ),
}


@pytest.mark.parametrize("pair", EQUAL.values(), ids=EQUAL)
def test_equal_for_every_model(pair: tuple[str, str]) -> None:
    one, other = (text if "without" in text else rules(text) for text in pair)
    found = proof(one, other)
    assert (found.answer, found.undecided, found.counterexample) == ("equal", (), None)
    assert proof(other, one).answer == "equal"


DIFFERENT = {
    "tied": ("a: tied", "rest: else", ("a", "rest")),
    "not tied": ("a: not tied", "a: true", ("rest", "a")),
    "frozen": ("a: not trainable", "a: ndim == 99", ("a", "rest")),
    "two flags": ("option big = true\na: big", "option big = true\na: not big", ("rest", "a")),
    "own class": ("a: variable(LoRAParam)", "a: ndim == 99", ("a", "rest")),
    "own class of no framework": ("a: variable(Parameter)", "a: true", ("rest", "a")),
    "any own class": ("a: variable(*)", "a: true", ("rest", "a")),
    "around": ("a: within(Attention)", "a: type(Attention)", ("a", "rest")),
    "attribute": ("a: attr(x) == 2", "a: attr(x)", ("rest", "a")),
    "attribute below another": ("a: attr(x.y)", "a: attr(x)", ("rest", "a")),
    "attribute that is text": ("a: attr(x) != 2", "a: attr(x) < 2 or attr(x) > 2", ("a", "rest")),
    "another string option": (
        'option w = "x"\na: leaf in (w, "x")',
        'option w = "x"\na: leaf == w',
        ("a", "rest"),
    ),
    "a captured text": (
        r'a: name ~ ^h\.(?<t>\w+)\. and t == "q"',
        r'a: name ~ ^h\.(?<t>\w+)\. and t == "k"',
        ("rest", "a"),
    ),
    "branches of other matches": (rf"b{{i}}: {A} or {B}", rf"b{{i}}: {B} or {C}", ("rest", "b0")),
    "branches that hold together": (
        r"b{i}: name ~ ^a\.(?<i>\d+)\. or name ~ ^a\.\d+\.(?<i>\d+)\.",
        r"b{i}: name ~ ^a\.\d+\.(?<i>\d+)\. or name ~ ^a\.(?<i>\d+)\.",
        ("b1", "b0"),
    ),
    "matches with one shortest name": (
        r"b{i}: name ~ ^h\.(?<i>\d+)$",
        r"b{i}: name ~ ^h\.(?<i>\d)$",
        None,
    ),
    "counts of other names": (
        r"a: ndim == 1 -> lr = count(name ~ ^h\.(\d+)\.) + count(name ~ ^g\.(\d+)\.)",
        r"a: ndim == 1 -> lr = count(name ~ ^h\.(\d\d*)\.) * 2",
        ("a", "a"),
    ),
    "an index of two": (
        "let h = name ~ ^h\\.(\\d+)\\.\na: index(h) < 2",
        "let h = name ~ ^h\\.(\\d+)\\.\na: index(h) < 1",
        ("a", "rest"),
    ),
    "values of an attribute": ("a: true -> lr = attr(x)", "a: true -> lr = attr(y)", ("a", "a")),
    "settings": ("a: true -> tag = 1", "a: true -> tag = true", None),
    "inherited": (
        "b{i}: name ~ ^h\\.(?<i>\\d+)\\. -> lr = 1\nb3: ndim == 1",
        "b{i}: name ~ ^h\\.(?<i>\\d+)\\. -> lr = 1\nb3: ndim == 1 -> lr = 1",
        ("b3", "b3"),
    ),
    "string option": ('option w = "x"\na: leaf == w', 'option w = "x"\na: name == w', ("rest", "a")),
    "glob option": ('option w = "x"\na: leaf like w', 'option w = "x"\na: name like w', ("rest", "a")),
    "required option": ("option w\na: true -> lr = w", "option w\na: true -> lr = w + 1", ("a", "a")),
    "capture": (
        r"b{i}: name ~ ^h\.(?<i>\d+)\.",
        r"b{i // 2}: name ~ ^h\.(?<i>\d+)\.",
        ("b1", "b0"),
    ),
    "extents": ("a: shape[0] > shape[1]", "a: shape[0] >= shape[1]", ("rest", "a")),
    "many extents": (
        "a: " + " and ".join(f"shape[{at}] > 5" for at in range(7)),
        "a: " + " and ".join(f"shape[{at}] > 5" for at in range(6)) + " and shape[6] > 6",
        ("a", "rest"),
    ),
    "axes between those that are squeezed": (
        "a: squeezed_ndim == 3 and shape[0] == 1 and shape[1] == 1",
        "",
        ("a", "rest"),
    ),
    "extents from both ends": (
        "a: shape[0] == 2 and shape[1] == 4 and shape[-1] == 3 and shape[-2] == 5",
        "",
        ("a", "rest"),
    ),
    "a far character": ("a: name ~ [\ue000-\uf900]", "", ("a", "rest")),
    "a large number": ("a: attr(x) > 1e17", "", ("a", "rest")),
    "a larger number": ("a: attr(x) > 1e300", "", ("a", "rest")),
    "wildcards of a module": ("a: type(??.Linear)", "", ("a", "rest")),
    "wildcards of two modules": ("a: type(a*.L) and type(*b.L)", "a: type(ab.L)", ("a", "rest")),
    "a family that another one takes a class from": (
        "a: type(*LayerNorm)",
        "a: type(*LayerNorm) and type(LayerNorm)",
        ("a", "rest"),
    ),
    "a wildcard beside the first name that it has": ("a: type(?) and not type(A)", "", ("a", "rest")),
    "a wildcard beside the first names that it has": (
        "a: type(*Norm) and not type(Norm|ANorm|BNorm)",
        "",
        ("a", "rest"),
    ),
    "a wildcard of a module beside the first that it has": (
        "a: type(?.L) and not type(a.L|b.L)",
        "",
        ("a", "rest"),
    ),
    "a wildcard of a module beside one above": ("a: type(*.b.L) and not type(a.L)", "", ("a", "rest")),
    "a class without a module": ("a: type(*.L)", "a: type(?*.L)", ("a", "rest")),
    "a wildcard that a root has": ("a: type(builtins.object*)", "", ("a", "rest")),
    "an own class beside the first that a wildcard has": (
        "a: variable(L?) and not variable(LA|La)",
        "",
        ("a", "rest"),
    ),
    "a class in lower case": ("a: type(linear*)", "", ("a", "rest")),
    "size": ("a: size > 12", "a: size >= 12", ("rest", "a")),
    "many axes": ("a: ndim > 5", "a: ndim > 6", ("a", "rest")),
    "role": ("a: role == bias", "a: role in (bias, scale)", ("rest", "a")),
    "dtype": ("a: dtype != float32", "a: true", ("rest", "a")),
    "fan": ("a: fan_in == 4", "a: fan_in >= 4", ("rest", "a")),
    "fan above a negative number": ("a: fan_in > -3", "", ("a", "rest")),
    "fan above a negative sum": ("a: fan_in * 0 + fan_in >= -1", "", ("a", "rest")),
    "extent above a negative number": ("a: shape[0] > -3", "", ("a", "rest")),
    "size above a negative number": ("a: size > -3 and squeezed_ndim > -3 and ndim > -3", "", ("a", "rest")),
    "shape apart from a missing fan": ("a: shape != (fan_in, *)", "a: not shape == (fan_in, *)", None),
    "shape of whole floats": ("option w = 4.0\na: shape == (w, *)", "a: shape == (5, *)", ("a", "rest")),
    "fan apart": ("a: fan_in != 4", "a: fan_in == 5", ("a", "rest")),
    "an attribute under two negations": (
        "a: name like '*.bias' -> lr_scale = attr(lr_mult)",
        "a: not (not name like '*.bias') -> lr_scale = attr(lr_mult)",
        None,
    ),
    "captures of a tied parameter": (
        'let h = name ~ ^h\\.(?<i>\\d+)\\.\nb{i}: h and leaf == "w"\nb{i}: h',
        "let h = name ~ ^h\\.(?<i>\\d+)\\.\nb{i}: h",
        None,
    ),
    "axes": ("a: true\n[x]\nb: true", "a: true", ("a/b", "a")),
    "two keys of a mapping": ("a: attr(_optim.lr) == 1 and attr(_optim.decay) == 2", "", ("a", "rest")),
    "an attribute of a module": ("a: module_attr(x) == 2", "a: module_attr(x) == 3", ("rest", "a")),
    "an attribute of a module or a parameter": (
        "a: true -> lr = module_attr(x.y)",
        "a: true -> lr = attr(x.y)",
        ("a", "a"),
    ),
    "fans that values read": ("a: true -> lr = fan_in", "a: true -> lr = fan_out", ("a", "a")),
    "fans of the layer": ("a: layer_fan_in == 4", "a: layer_fan_in == 5", ("rest", "a")),
    "extents that values read": (
        "a: ndim > 2 -> lr = shape[0] / shape[-1]",
        "a: ndim > 2 -> lr = shape[0] / shape[1]",
        ("a", "a"),
    ),
    "captured numbers": (
        r"a: name ~ ^h\.(?<i>\d+)\. and i + 2 < 14",
        r"a: name ~ ^h\.(?<i>\d+)\. and i + 2 <= 14",
        ("rest", "a"),
    ),
    "one captured number": (
        r"a: name ~ (?i)^h\.(?<i>\d+)\. and i == 21",
        r"a: name ~ (?i)^h\.(?<i>\d+)\. and i == 12",
        None,
    ),
    "captured numbers of one file": (
        r"b{i}: name ~ ^h\.(?<i>\d+)\. and i != 0",
        r"b{i}: name ~ ^h.(?<i>\d+)\. and i != 0",
        None,
    ),
    "a capture of several matches": (
        r"b{i}: (name ~ ^h\.(?<i>\d+)\. or name ~ ^g\.(?<i>\d+)\.) and i > 6",
        r"b{i}: (name ~ ^h\.(?<i>\d+)\. or name ~ ^g\.(?<i>\d+)\.) and i > 7",
        ("b7", "rest"),
    ),
    "a capture of several matches in a branch": (
        r"b{i}: ((name ~ ^h\.(?<i>\d+)\. or name ~ ^g\.(?<i>\d+)\.) and i > 6) or name ~ ^f\.(?<i>\d+)\.",
        r"b{i}: ((name ~ ^h\.(?<i>\d+)\. or name ~ ^g\.(?<i>\d+)\.) and i > 7) or name ~ ^f\.(?<i>\d+)\.",
        ("b7", "rest"),
    ),
    "an index of names that the rule does not ask for": (
        r"a: true -> lr = index(name ~ ^h\.(\d+)\.)",
        r"a: true -> lr = 1",
        ("a", "a"),
    ),
    "a place among others": (
        r"a: name ~ ^h\. -> lr = index(name ~ ^h\.(\d+)\.)",
        r"a: name ~ ^h\. -> lr = index(name ~ ^h\.(\d+)\.) // 2",
        ("a", "a"),
    ),
    "counts": (
        r"a: count(name ~ ^h\.(\d+)\.) > 1",
        r"a: count(name ~ ^h\.(\d+)\.) > 2",
        ("a", "rest"),
    ),
}


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_different_with_an_example(pair: tuple[str, str, tuple[str, str] | None]) -> None:
    one, other, groups = pair
    found = proof(one if "[x]" in one else rules(one), other if "else" in other else rules(other))
    example = found.counterexample
    assert found.answer == "different"
    assert example is not None
    assert groups is None or example.groups == groups


UNDECIDED = {
    "values that round": (
        "a: ndim == 1 -> lr = fan_in / 2 / 3",
        "a: ndim == 1 -> lr = fan_in / 6",
        "its values may equal those of the other file's rule",
    ),
    "products": (
        "a: size == 7 and shape[0] == 2",
        "",
        "no parameter was found that it takes and the other file's rule does not",
    ),
    "inherited": (
        "b{i}: name ~ ^h\\.(?<i>\\d+)\\. -> lr = 1\nb{i}: name ~ ^g\\.(?<i>\\d+)\\. -> lr = 1\nb3: ndim == 1",
        "b{i}: name ~ ^h\\.(?<i>\\d+)\\. or name ~ ^g\\.(?<i>\\d+)\\. -> lr = 1\nb3: ndim == 1",
        "its settings depend on which rule with its label takes something first",
    ),
    "read of other names": (
        "general: not attr(x)\nssm: true -> lr = attr(x)",
        "ssm: attr(x) -> lr = attr(x)\ngeneral: true",
        "it may read a name of a tied parameter that the other file's rule does not",
    ),
    "no second name": (
        'a: tied and not (name ~ "[^x]" or name ~ "..")',
        "",
        "no parameter was found that it takes and the other file's rule does not",
    ),
    "required option of one": (
        "option w\na: ndim == 1 -> lr = w",
        "a: ndim == 1 -> lr = 1",
        "its values may equal those of the other file's rule",
    ),
    "refused": (
        "option r = 0.5\na: ndim == 1 -> lr = 1 / (r - 0.5)",
        "a: ndim == 1 -> lr = 1",
        "its values may equal those of the other file's rule",
    ),
    "a whole number or a float that is as large": (
        "a: true -> lr = max(9007199254740992.0, size) + 1",
        "a: true -> lr = max(size, 9007199254740992.0) + 1",
        "its values may equal those of the other file's rule",
    ),
    "captures between word boundaries": (
        r"b{i}: name ~ \bh\.(?<i>\d+)\b",
        r"b{i}: name ~ \bh\.(?<i>\d\d*)\b",
        "its values may equal those of the other file's rule",
    ),
    "captures that are repeated": (
        r"b{i}: name ~ ^(?:h\.(?<i>\d+)\.)+",
        r"b{i}: name ~ ^(?:h\.(?<i>\d\d*)\.)+",
        "its values may equal those of the other file's rule",
    ),
    "captures of other parts": (
        r"b{t}: leaf ~ ^(?<t>w|b)$",
        r"b{t}: name ~ (?:^|\.)(?<t>w|b)$",
        "its values may equal those of the other file's rule",
    ),
    "many wildcards": (
        "a: type(A*|B*|C*|D*|E*|F*|G*)",
        "a: type(G*|B*|C*|D*|E*|F*|A*) and true",
        "it has too many tests of one kind",
    ),
    "many extents and a size": (
        "a: " + " and ".join(f"shape[{at}] != 5" for at in range(7)) + " and size == 11",
        "",
        "no parameter was found that it takes and the other file's rule does not",
    ),
    "a larger fan than there is": (
        "a: fan_in > 1e300",
        "",
        "no parameter was found that it takes and the other file's rule does not",
    ),
    "a larger extent than there is": (
        "a: shape[0] == 0 and shape[1] > 1e300",
        "",
        "no parameter was found that it takes and the other file's rule does not",
    ),
    "more axes than there are": (
        "a: ndim == 100000000",
        "",
        "no parameter was found that it takes and the other file's rule does not",
    ),
    "many modules": (
        "a: type(a?.L|b?.L|c?.L|d?.L|e?.L|f?.L|g?.L)",
        "",
        "it has too many tests of one kind",
    ),
    "too many cases": (
        "a: " + " and ".join(f"(ndim == {n} or name ~ x{n})" for n in range(10)),
        "a: ndim == 1",
        "it has too many cases",
    ),
    "a branch with a capture of another match": (
        r"b{j}: name ~ ^h\.(?<i>\d+)\. and (name ~ x(?<j>\d) and i < 6 or name ~ y(?<j>\d))",
        r"b{j}: name ~ ^h\.(?<i>\d+)\. and (name ~ x(?<j>\d) and i < 7 or name ~ y(?<j>\d))",
        "it has too many cases",
    ),
    "many places and a capture": (
        "let h = name ~ ^h\\.(\\d+)\\.\n"
        rf"a: {A} and index(h) + i - i not in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)",
        "a: ndim == 1",
        "it has too many cases",
    ),
    "branches of a name and a leaf": (
        r"b{i}: name ~ ^a\.(?<i>\d+)\. or leaf ~ ^x(?<i>\d+)",
        r"b{i}: leaf ~ ^x(?<i>\d+) or name ~ ^a\.(?<i>\d+)\.",
        "its values may equal those of the other file's rule",
    ),
    "branches inside others that hold together": (
        rf"b{{i}}: (name ~ a(?<i>\d+) or name ~ b(?<i>\d+)) or {C}",
        rf"b{{i}}: {C} or (name ~ b(?<i>\d+) or name ~ a(?<i>\d+))",
        "its values may equal those of the other file's rule",
    ),
    "branches with many wildcards": (
        rf"b{{i}}: {A} and type(A*|B*|C*|D*|E*|F*|G*) or {B}",
        rf"b{{i}}: {B} or {A} and type(A*|B*|C*|D*|E*|F*|G*)",
        "it has too many tests of one kind",
    ),
    "a capture compared with a large number": (
        r"a: name ~ ^h\.(?<i>\d+)\. and i < 10000000000",
        r"a: name ~ ^h\.(?<i>\d+)\. and i < 10000000001",
        "no parameter was found that it takes and the other file's rule does not",
    ),
}


@pytest.mark.parametrize("pair", UNDECIDED.values(), ids=UNDECIDED)
def test_undecided_with_a_reason(pair: tuple[str, str, str]) -> None:
    one, other, reason = pair
    found = proof(rules(one), rules(other))
    assert found.answer == "undecided"
    assert reason in [part.reason for part in found.undecided]
    assert found.counterexample is None


def test_a_file_without_else_leaves_default() -> None:
    one, other = (f"a: size == 7 and shape[0] == {extent}\n" for extent in (2, 3))
    found = proof(one, other)
    assert found.answer == "undecided"
    assert [part.span.one_line for part in found.undecided] == [other.strip(), one.strip()]


@pytest.mark.parametrize("steps", [1, 3, 20, 200, 400])
def test_too_few_steps_leave_it_undecided(steps: int) -> None:
    found = proof(rules("a: not not shape[0] > shape[1]"), rules("a: shape[0] >= shape[1]"), steps=steps)
    assert found.answer == "undecided"
    assert [part.reason for part in found.undecided] == [f"the comparison takes more than {steps} steps"]
    assert found.steps == steps


def test_too_few_steps_for_branches_leave_it_undecided() -> None:
    one, other = rules(f"b{{i}}: {A} or {B}"), rules(f"b{{i}}: {B} or {A}")
    answers = [proof(one, other, steps=steps).answer for steps in range(0, 3000, 15)]
    assert set(answers) == {"undecided", "equal"}
    assert answers == sorted(answers, reverse=True)


LONG = [f"l{at}: name like h{at}.w -> lr = 1" for at in range(60)]


def test_one_changed_rule_of_many_is_found() -> None:
    found = proof(rules(*LONG), rules(*LONG).replace("h30.w -> lr = 1", "h30.w -> lr = 2"))
    example = found.counterexample
    assert example is not None
    assert (example.names, example.groups) == (("h30.w",), ("l30", "l30"))
    assert [[rule and rule.span.one_line for rule in pair] for pair in example.rules] == [
        ["l30: name like h30.w -> lr = 1", "l30: name like h30.w -> lr = 2"]
    ]
    assert found.steps < 2_000


def test_too_few_steps_for_many_rules_leave_it_undecided() -> None:
    changed_ = rules(*LONG).replace("h30.w -> lr = 1", "h30.w -> lr = 2")
    answers = [proof(rules(*LONG), changed_, steps=steps).answer for steps in range(0, 2000, 40)]
    assert set(answers) == {"undecided", "different"}
    assert answers == sorted(answers, reverse=True)


def test_changes_of_many_rules() -> None:
    moved = [*LONG[:10], *LONG[11:50], LONG[10], *LONG[50:]]
    assert proof(rules(*LONG), rules(*moved)).answer == "different"  # of a tied parameter
    assert proof(rules(*LONG), rules(*moved), compare="settings").answer == "equal"
    merged = [*LONG[:10], 'l10: name in ("h10.w", "x") -> lr = 1', *LONG[11:]]
    split = [
        *LONG[:10],
        'l10: name == "h10.w" -> lr = 1',
        'l10: leaf == "x" and module == "" -> lr = 1',
        *LONG[11:],
    ]
    assert proof(rules(*merged), rules(*split)).answer == "equal"
    refused = [*LONG[:10], "l10: size == 7 and shape[0] == 2 -> lr = 1", *LONG[11:]]
    assert proof(rules(*LONG), rules(*LONG[:10], *LONG[11:], refused[10])).answer == "different"
    assert proof(rules(*LONG), rules(refused[10], *LONG)).answer == "undecided"
    unsure = [*LONG, "m: fan_in > 3 -> lr = fan_in / 2 / 3"]
    assert proof(rules(*unsure), rules(*LONG, "m: fan_in > 3 -> lr = fan_in / 6")).answer == "undecided"


TWO_AXES = (
    "[a]\nx: ndim <= 1 -> weight_decay = 0\ny: else\n[b]\nm: ndim <= 1 -> lr = 1\nn: else\n",
    "[a]\nx: ndim < 2 -> lr = 1\ny: else\n[b]\nm: 2 > ndim -> weight_decay = 0\nn: else\n",
)


def test_settings_of_all_axes_are_compared_together() -> None:
    assert proof(*TWO_AXES, compare="settings").answer == "equal"
    assert proof(*TWO_AXES, compare="labels").answer == "equal"
    assert proof(*TWO_AXES).answer == "equal"


def test_scales_of_several_axes_are_multiplied() -> None:
    two = "[a]\np: ndim == 1 -> lr_scale = 0.5\nq: else\n[b]\nr: else -> lr_scale = 0.5\n"
    one = "p: ndim == 1 -> lr_scale = 0.25\nq: else -> lr_scale = 0.5\n"
    assert proof(two, one, compare="settings").answer == "equal"
    assert proof(two, one).answer == "different"
    assert proof(two, one.replace("0.25", "0.2"), compare="settings").answer == "different"


def test_captures_in_axes_that_do_not_pair_are_undecided() -> None:
    two = "[a]\np: ndim == 1 -> lr = 1\nq: else\n[b]\nb{i}: name ~ ^h\\.(?<i>\\d+)\\. -> eps = i\nc: else\n"
    axes = two.partition("[b]")
    found = proof(two, f"[b]{axes[2]}{axes[0]}", compare="settings")
    assert found.answer == "undecided"
    assert "it may read a name of a tied parameter that the other file's rule does not" in [
        part.reason for part in found.undecided
    ]


def test_what_is_not_compared_may_be_read_at_any_name() -> None:
    one = rules("b{i}: name ~ ^h\\.(?<i>\\d+)\\.")
    assert proof(one, rules("a: ndim == 1"), compare="settings").answer == "equal"
    one, other = (rules(f"a: name ~ h -> lr = attr({name})") for name in "xy")
    assert proof(one, other, compare="labels").answer == "equal"


def test_attributes_of_modules_are_shown_and_saved() -> None:
    one, other = (rules(f"a: module_attr(x.y) == {value}") for value in (2, 3))
    example = proof(one, other).counterexample
    assert example is not None
    assert (example.names, example.modules) == (("a",), {"": {"x": {"y": 3}}})
    again = paramrules.Inventory.from_json(example.inventory.to_json())
    labels = [paramrules.assign(paramrules.parse(text), again).groups[0].label for text in (one, other)]
    assert labels == ["rest", "a"]


def test_other_parameters_stand_beside_one_that_rules_count_with_them() -> None:
    counted = "count(name ~ ^h\\.(?<i>\\d+)\\.)"
    example = proof(rules(f"a: {counted} > 1"), rules(f"a: {counted} > 2")).counterexample
    assert example is not None
    assert example.names == ("a",)
    assert example.inventory.names == ["a", "h.0.a", "h.1.a"]
    assert example.groups == ("a", "rest")


def test_options_that_are_not_shared_are_assumed_to_have_their_defaults() -> None:
    found = proof(
        rules("option r = 0.5\na: ndim == 1 -> lr_scale = r"),
        rules("option r = 0.25\na: ndim == 1 -> lr_scale = 2 * r"),
    )
    assert found.answer == "equal"
    assert found.assumed == ("the option `r` of a.rules is 0.5", "the option `r` of b.rules is 0.25")


def test_the_smallest_example_is_shown_with_its_rules() -> None:
    found = proof(rules("a: name ~ ^head"), rules("a: name ~ head"))
    example = found.counterexample
    assert example is not None
    assert (example.names, example.shape, example.options) == (("ahead",), (2,), {})
    assert (example.owner, example.dtype, example.role) == ("lab.layers.Layer", "float32", "weight")
    assert [[rule and rule.span.one_line for rule in pair] for pair in example.rules] == [
        ["rest: else", "a: name ~ head"]
    ]
    assert [
        group.label for group in paramrules.assign(rules_of("a: name ~ head"), example.inventory).groups
    ] == ["a"]


def rules_of(*lines: str) -> paramrules.Rules:
    return paramrules.parse(rules(*lines))


def test_files_are_read_as_load_reads_them() -> None:
    assert prove("<nanogpt>", "<nanogpt@1>").answer == "equal"


def test_a_changed_example_has_no_name_twice() -> None:
    classes = Chosen((), ("lab.layers.Layer",), frozenset(), frozenset())
    names = [Name(text, classes, (), frozenset()) for text in ("h.1", "a.h.1", "h.2")]
    for changed_names in changed(names):
        assert len({name.text for name in changed_names}) == 3
    assert "a.h.2" in {name.text for some in changed(names) for name in some}


def test_what_cannot_be_compared() -> None:
    rules = paramrules.parse("all: else")
    message = r"^`compare` is 'label' and should be 'labels' or 'settings' or 'both'$"
    with pytest.raises(ValueError, match=message):
        prove(rules, rules, "label")  # type: ignore[arg-type]
