"""Pairs of small files with one feature each, and what is proved of them."""

import pytest

import paramrules
from paramrules.rules.builtin_names import CONSTANTS

DTYPES = ", ".join(CONSTANTS["dtype"])

EQUAL = {
    "an option that is a glob": ('option word = "*.bias"\na: name like word', "a: name like *.bias"),
    "an option that is a text": (
        'option word = "b"\na: leaf in (word, "c")',
        "a: leaf == 'b' or leaf == 'c'",
    ),
    "a glob with a range": ('a: name like "[a-c]?.*"', r"a: name ~ ^[abc][\s\S]\."),
    "a glob with an excluded range": ('a: leaf like "[!a-c-]"', "a: leaf ~ ^[^-a-c]$"),
    "a glob with a range that is empty": ('a: leaf like "x[!c-a]"', "a: leaf ~ ^x.$"),
    "settings that nothing has": (
        "option z = 0\na: tied -> lr = 1 / z",
        "option y = 0\na: tied -> lr = 1 / y",
    ),
    "numbers that cancel": (
        "a: tied -> lr = (ndim - ndim + 2) * 3",
        "a: tied -> lr = 6",
    ),
    "a sum that is multiplied": ("a_{(ndim + 1) * 2 + 1}: tied", "a_{3 + 2 * ndim}: tied"),
    "a sign": ("a: tied -> lr = -ndim", "a: tied -> lr = 0 - ndim"),
    "a long polynomial": (
        "let p = ndim + squeezed_ndim + size + 1\na: tied -> lr = p * p * p * p * p * p",
        "let q = 1 + size + squeezed_ndim + ndim\na: tied -> lr = q * q * q * q * q * q",
    ),
    "an extent that is an option": (
        "option w = 4\na: shape != (w, *)",
        "option w = 4\na: not (shape == (w, *))",
    ),
    "two facts that are compared": ("a: attr(lr_mult) == ndim", "a: ndim == attr(lr_mult)"),
    "a branch that cannot be": ("a: (tied and not tied) or name == 'a'", "a: name == 'a'"),
    "one name": (
        "a: not tied and not (leaf == 'x' and module == 'y')",
        "a: not tied and (leaf != 'x' or module != 'y')",
    ),
    "labels whose texts are joined": ("a{1}{ndim}: tied", "a1{ndim}: tied"),
}
DIFFERENT = {
    "a negated `and` of a tied parameter": (
        "a: not (leaf == 'x' and module == 'y')",
        "a: leaf != 'x' or module != 'y'",
    ),
    "an attribute that is false": ("a: attr(x) == false", "a: not attr(x)"),
    "a key of a mapping": ("a: attr(_optim.lr) == 1", "a: attr(_optim.lr) == 2 or attr(_optim)"),
    "options with other defaults": ("option flag = true\na: flag", "option flag = false\na: flag"),
    "a number that is no boolean": ("a: attr(x) == 1", "a: attr(x) == true"),
    "booleans among numbers": ("a: attr(x) not in (0, 2)", "a: attr(x) not in (false, 2)"),
    "an option that is no boolean": (
        "option f = true\na: module_attr(z) == f",
        "option f = 1\na: module_attr(z) == f",
    ),
    "a whole number between neighbouring floats": (
        "a: attr(x) > 1e16",
        "a: attr(x) >= 1.0000000000000002e16",
    ),
    "a class that no alternative matches": ("a: type(*)", "a: name like *"),
    "a module that no alternative matches": ("a: type(*)", "a: within(*)"),
    "a dtype without a word": (f"a: dtype in ({', '.join(CONSTANTS['dtype'])})", "a: name like *"),
    "an extent, and an index": (
        "let m = name ~ ^b\\.(?<i>\\d+)\\.\na: shape[5] * 0 + size > 1",
        "let m = name ~ ^b\\.(?<i>\\d+)\\.\na: index(m) * 0 + size > 1",
    ),
    "many axes": ("a: shape[9] == 2", "a: shape[9] == 2 or shape[9] == 3"),
    "many extents": (
        "a: shape == (2, 3, 5, 7, 11, 13, 17)",
        "a: shape == (2, 3, 5, 7, 11, 13, 17) or shape == (19, 23, 29, 31, 37, 41, 43)",
    ),
}
UNDECIDED = {
    "the order of words": (
        "a: index(name ~ (weight|bias)$) == ndim",
        "a: index(name ~ (weight|[b]ias)$) == ndim",
    ),
    "a capture that is repeated": (r"a_{i}: name ~ ^(?:b(?<i>\d+))+$", r"a_{i}: name ~ ^(?:b(?<i>\d\d*))+$"),
    "a capture beside a boundary": (r"a_{i}: name ~ \bb(?<i>\d+)", r"a_{i}: name ~ \bb(?<i>\d\d*)"),
    "many wildcards": ("a: type(*A|*B|*C|*D|*E|*F|*G)", "a: type(*A|*B|*C|*D|*E|*F)"),
    "an option without a value": ("option w\na: ndim == w", "a: ndim == 1"),
    "long texts": (f"a: name == '{'a' * 3000}'", f"a: name in ('{'a' * 3000}', 'b')"),
    "long globs": (f"a: name like {'?*' * 450}", f"a: name like {'?*' * 451}"),
    "long names of classes": (f"a: type(*{'A' * 3005})", f"a: type(*{'A' * 3006})"),
    "two quotients": ("a: tied -> lr = 1 / fan_in", "a: tied -> lr = fan_in ** -1"),
}


def proof(pair: tuple[str, str]) -> paramrules.Proof:
    """Return the proof of two texts."""
    return paramrules.prove(*(paramrules.parse(f"{text}\n") for text in pair))


@pytest.mark.parametrize("pair", EQUAL.values(), ids=EQUAL)
def test_equal(pair: tuple[str, str]) -> None:
    found = proof(pair)
    assert (found.answer, found.undecided) == ("equal", ())


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_different(pair: tuple[str, str]) -> None:
    found = proof(pair)
    assert found.counterexample is not None, found
    assert found.counterexample.groups in {("a", "default"), ("default", "a")}


def test_whole_numbers_that_are_one_float_are_other_settings() -> None:
    found = proof(("a: tied -> seed = 9007199254740993", "a: tied -> seed = 9007199254740992"))
    assert found.answer == "different"


@pytest.mark.parametrize("pair", UNDECIDED.values(), ids=UNDECIDED)
def test_undecided(pair: tuple[str, str]) -> None:
    found = proof(pair)
    assert found.answer == "undecided"
    assert found.undecided
