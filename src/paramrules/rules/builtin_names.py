"""The names that the language itself defines: facts, flags, functions and constants."""

from paramrules.facts import FACTS
from paramrules.syntax.language import MEMBERS

NUMBERS = frozenset(fact.name for fact in FACTS if not fact.is_flag)
"""Numeric facts."""

TEXTS = frozenset({"name", "leaf", "module"})
"""Facts that are strings; they stand only to the left of `~ like == != in`."""

_DTYPES = """
    float64 float32 float16 bfloat16 complex128 complex64 complex32 int64 int32 int16 int8 int4 int2
    uint64 uint32 uint16 uint8 uint4 uint2 bool float8_e3m4 float8_e4m3 float8_e4m3b11fnuz float8_e4m3fn
    float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu float6_e2m3fn float6_e3m2fn float4_e2m1fn
    float4_e2m1fn_x2 qint8 quint8 qint32
"""

CONSTANTS = {
    "dtype": tuple(_DTYPES.split()),
    "role": ("weight", "bias", "scale", "embedding", "other"),
}
"""Facts that are compared with a bare word, each with its words."""

EXAMPLES = {"dtype": "bfloat16", "role": "bias"}

ABBREVIATIONS = {
    "double": "float64",
    "float": "float32",
    "half": "float16",
    "fp64": "float64",
    "fp32": "float32",
    "fp16": "float16",
    "bf16": "bfloat16",
    "fp8": "float8_e4m3fn",
    "gain": "scale",
    "kernel": "weight",
}
"""Other names for these words."""

FLAGS = frozenset(fact.name for fact in FACTS if fact.is_flag)
FIELDS = NUMBERS | TEXTS | CONSTANTS.keys() | {"shape"}
CLASS_TESTS = frozenset({"type", "within", "variable"})

ARITY: dict[str, tuple[int, int | None]] = {
    "count": (1, 1),
    "index": (1, 1),
    "min": (2, None),
    "max": (2, None),
    "sqrt": (1, 1),
    "log": (1, 1),
    "exp": (1, 1),
    "abs": (1, 1),
    "floor": (1, 1),
    "ceil": (1, 1),
}
"""The functions that return a number, with the least and the greatest number of arguments."""

FUNCTIONS = frozenset(MEMBERS) | ARITY.keys()


def taken(name: str) -> str:
    """Return what a built-in name is, as part of a message; an empty string for any other name."""
    if name in FIELDS:
        return "a fact about the parameter"
    return "a flag" if name in FLAGS else "a function" if name in FUNCTIONS else ""


def a(type: str) -> str:
    """Return a type with its article."""
    return "`none`" if type == "none" else f"a {type}"
