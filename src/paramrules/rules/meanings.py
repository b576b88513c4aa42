"""A sentence for each word of the language: what it means, for whoever reads a rule file.

Flags and numbers have theirs in paramrules/facts.py, portable keys in keys.py; docs/language.md says more
about each. A test holds these tables to the words that there are.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from paramrules.facts import FACTS
from paramrules.rules.keys import PORTABLE


class Meaning(NamedTuple):
    """A word of the language.

    Attributes:
        form: how it is written.
        text: what it means, a sentence or two.
    """

    form: str
    text: str


FIELDS: Final[Mapping[str, Meaning]] = {
    "name": Meaning("name ~ bias", "The parameter's name, its components joined with dots."),
    "leaf": Meaning('leaf == "weight"', "The last component of the parameter's name."),
    "module": Meaning('module like "*.attn"', 'All of the name before its last component; `""` at the root.'),
    "shape": Meaning(
        "shape == (1, *, 768)", "The extents; `*` is any. `shape[-1]` is the last one, as a number."
    ),
    **{fact.name: Meaning(fact.form, fact.text) for fact in FACTS if not fact.is_flag},
    "dtype": Meaning("dtype == bfloat16", "The type of the elements."),
    "role": Meaning("role in (bias, scale)", "What the parameter is to its layer."),
}
"""Facts about a parameter."""

FLAGS: Final = {fact.name: Meaning(fact.form, fact.text) for fact in FACTS if fact.is_flag}

FUNCTIONS: Final[Mapping[str, Meaning]] = {
    "type": Meaning(
        "type(LayerNorm|*Norm)",
        "The class of the module that owns the parameter, or a base of it, is one of these.",
    ),
    "within": Meaning("within(Attention|MoE)", "So is the owner or any module around it."),
    "variable": Meaning("variable(LoRAParam)", "So is the class of the parameter itself."),
    "attr": Meaning(
        "attr(lr_mult) == 2",
        "An attribute that is set on the parameter, as a test or as a value; a dot reads inside.",
    ),
    "module_attr": Meaning(
        "module_attr(lr_mult)",
        "The same of the nearest module outward that has it: the owner or one around it.",
    ),
    "count": Meaning("count(block)", "How many different values the captures of a match take in the model."),
    "index": Meaning(
        "index(block)",
        "This parameter's place, from 0, among the sorted values that the captures of a match take.",
    ),
    "min": Meaning("min(1, 256 / fan_in)", "The least of the numbers."),
    "max": Meaning("max(1, fan_out / fan_in)", "The greatest of the numbers."),
    "sqrt": Meaning("sqrt(fan_out / fan_in)", "The square root."),
    "log": Meaning("log(fan_in)", "The natural logarithm."),
    "exp": Meaning("exp(-i / 12)", "e to this power."),
    "abs": Meaning("abs(depth - i)", "The magnitude of the number."),
    "floor": Meaning("floor(i / 2)", "The greatest whole number that is not above the number."),
    "ceil": Meaning("ceil(i / 2)", "The least whole number that is not below the number."),
}

ROLES: Final[Mapping[str, Meaning]] = {
    "weight": Meaning("role == weight", "A matrix or a kernel."),
    "bias": Meaning("role == bias", "What a layer adds."),
    "scale": Meaning("role == scale", "A norm's gain."),
    "embedding": Meaning("role == embedding", "A table of vectors, looked up by number."),
    "other": Meaning("role == other", "Anything else, such as a class token."),
}

KEYS: Final = {key: Meaning(row.form, row.text) for key, row in PORTABLE.items()}
"""Settings that mean the same under every framework."""

STATEMENTS: Final[Mapping[str, Meaning]] = {
    "let": Meaning("let norm = type(LayerNorm)", "Names a predicate or a number."),
    "option": Meaning("option rate = 0.75", "A value that the caller may set."),
    "include": Meaning('include "norms.rules"', "Takes in the lets and options of another file."),
    "edition": Meaning("edition 1", "The edition of the language."),
    "expect": Meaning(
        "expect no_decay: type(LayerNorm)", "A test: all that satisfy the predicate have this label."
    ),
}
"""The words that begin a statement."""

LOGIC: Final[Mapping[str, Meaning]] = {
    "and": Meaning("a and b", "Both hold."),
    "or": Meaning("a or b", "One of them holds, or both."),
    "not": Meaning("not a", "It holds for none of the parameter's names."),
    "in": Meaning("role in (bias, scale)", "It is one of these."),
    "like": Meaning("name like *.bias", "The glob matches the whole of it; `*` crosses dots."),
    "else": Meaning("rest: else", "Whatever the rules above leave."),
    "true": Meaning("freeze = true", "Always."),
    "false": Meaning("freeze = false", "Never."),
    "none": Meaning("foreach = none", "No value."),
}
"""Words between the names."""
