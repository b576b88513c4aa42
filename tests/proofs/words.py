"""Words of which generated files are made, and facts of generated parameters, the rare ones included.

Those of `oracle.strategies` are what files hold every day. These are the ones at which a proof may go wrong:
a boolean beside a number, whole numbers between two floats, a class that is a root, a dtype without a word.
"""

from math import inf, isfinite, nextafter
from random import Random

from oracle.models import CLASSES, FLAX, TORCH
from oracle.strategies import ALTERNATIVES, GLOBS, NUMBERED, WORDED

from paramrules.inventories.vocabulary import vocabulary
from paramrules.rules.builtin_names import CONSTANTS

ROOTS = [
    [TORCH],
    [FLAX],
    ["builtins.object"],
    ["lab.layers.Plain"],
    ["lab.layers.Abstract", "abc.ABC", "typing.Generic", "builtins.object"],
    ["lab.layers.Deep", "lab.layers.Plain", TORCH, "builtins.object"],
]
OWNERS = [*CLASSES, *ROOTS]
FAMILIES = tuple(sorted(vocabulary().families))
MEMBERS = tuple(sorted(member for some in vocabulary().families.values() for member in some))
CLASS_WORDS = (
    *ALTERNATIVES,
    *("*", "**", "?*", "M*", "*Module", "object", "torch.nn.Module", "torch.*", "lab.*", "*.Module"),
    *("?", "A", "?.A", "a.A", "*.b.A"),
    *("lab.layers.*", "*.Linear", "Plain", "Layer", "*layer*", "torch.nn.modules.*.*Norm", "flax.*.Embed"),
)

DTYPES = CONSTANTS["dtype"]
FOREIGN = ("custom", "float7", "int128", "posit16")
"""Dtypes for which rules have no word."""
ROLES = CONSTANTS["role"]

PATHS = (
    *("_no_weight_decay", "no_weight_decay", "lr_mult", "_optim.lr", "kind"),
    *("x", "x.y", "_optim", "_optim.inner.deep"),
)
EXACT = (
    *("9007199254740992", "9007199254740993", "9007199254740994", "9007199254740992.0"),
    *("1.8014398509481984e16", "1e17"),
    *("1e16", "10000000000000001", "1.0000000000000002e16", "1e300", "5e-324", "0.1", "0.30000000000000004"),
)
"""Numbers at the limits of floats: whole ones between two of them, and the largest and the smallest."""
NUMBERS = ("0", "1", "2", "3", "4", "8", "1.5", "0.5", "-1", "-4", "1.0", "100")
CONSTANT_WORDS = ("0", "1", "2", "1.0", "0.5", "-1", "true", "false", "none", '""', '"a"', '"b"', '"1"')

LONG = ("a" * 3005, "blocks." * 450 + "weight", "?*" * 450)
"""Texts and globs that are longer than a regex may be."""
TEXTS = ("", "a", "x.y", "é", "weight", "blocks.0", "Weight", "b c", "0", "norm.weight", "blocks.00.w")
GLOB_WORDS = (
    *map(repr, GLOBS),
    *('"blocks.[0-9].*"', '"*[!a-z]"', '"[]a]*"', '"*.[bw]*"', '"?????"', '"*.*.*"', '"B*"', '"[!.]*"'),
)
NUMBERED_WORDS = (
    *(*NUMBERED, *NUMBERED),
    r"^blocks\.(?<i>\d{1,2})\.",
    r"^blocks\.(?<i>\d{2})\.",
    r"^blocks\.(?<i>0|1|2)\.",
    r"^blocks\.(?<i>[0-3])\.",
    r"(?i)BLOCKS\.(?<i>\d+)",
    r"s\.(?<i>\d+?)\.",
    r"^(?:blocks|layers)\.(?<i>\d*\d)",
    r"s\.(?<i>\d+)\.(?:\w+\.)*weight$",
)
WORDED_WORDS = (
    *WORDED,
    r"(?<t>\w+)$",
    r"(?<t>[^.]+)\.(?:weight|bias)$",
    r"(?i)(?<t>ATTN|mlp)",
    r"(?<t>a|at)",
)

_PIECES = (
    *("bias", "norm", "blocks", "weight", "attn", "head", "a", "b", "0", "10", "s", "é", "K"),
    *(
        r"\.",
        r"\.",
        r"\.",
        r"\d",
        r"\d+",
        r"\w",
        r"\w+",
        r"\D",
        r"\W",
        r"\S",
        ".",
        ".*",
        "[a-f]",
        "[^.]",
        "[^.]+",
    ),
    *(
        "[0-9]+",
        r"[\w.]+",
        r"[^\d]",
        r"\d{2}",
        r"\d{1,2}",
        "a?",
        "[st]*",
        r"\d+?",
        ".+?",
        r"\b",
        "(?:ab|b)",
        "x{2,}",
    ),
    *("(attn|mlp)", "(weight|bias)?", r"(?:\.\d+)*", "(?:a|b|norm)+", "[.-9]", r"[A-Za-z_]\w*"),
)


def regex(random: Random) -> str:
    """Draw a regex; it may be one that is refused."""
    text = "".join(random.choices(_PIECES, k=random.randint(1, 4)))
    if random.random() < 0.2:
        text += "|" + "".join(random.choices(_PIECES, k=random.randint(1, 2)))
    text = random.choice(("", "", "^")) + text + random.choice(("", "", "$"))
    return random.choice(("",) * 9 + ("(?i)",)) + text


def around(value: object) -> list[object]:
    """Return a constant, and values that a test may tell from it."""
    if isinstance(value, str):
        return [value, value, value + "a", value[:-1], value.swapcase()]
    if value is None:
        return [None]
    assert isinstance(value, int | float)
    found: list[object] = [value, value, value == 1, int(value), int(value) - 1, int(value) + 1]
    if isinstance(value, bool):
        return [*found, not value]
    near = [float(value), *(nextafter(value, end) for end in (-inf, inf))]
    return [*found, value - 1, value + 1, *filter(isfinite, near)]
