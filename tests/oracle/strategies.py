"""Rule files as hypothesis draws them: every feature of the language, well-typed by construction."""

from dataclasses import dataclass, field

from hypothesis import strategies as st
from oracle.looking import FLAGS
from oracle.models import NAMES, pick

ALTERNATIVES = [
    "LayerNorm",
    "RMSNorm",
    "Linear",
    "Embedding",
    "Embed",
    "Conv1D",
    "*Norm",
    "*Norm*",
    "Conv?d",
    "torch.nn.Linear",
    "torch.nn.*Norm*",
    "lab.norms.FancyNorm",
    "lab.MoE",
    "BatchNorm",
    "Module",
    "ViT",
    "MultiheadAttention",
    "Attention",
    "LoRAParam",
    "Param",
    "Base",
    "Missing",
    "*",
]
REGEXES = [
    "bias",
    "norm",
    "bias|pos_embed",
    "^blocks",
    r"^blocks\.",
    r"(?i)NORM",
    r"weight\d?$",
    r"\.(attn|mlp)\.",
    r"[a-h]ead$",
    r"^\w+$",
    # These, and the last of each list below, run on the automaton. The naive evaluator asks `re`, which takes
    # the square or cube of a name's length: nothing for the short names here.
    r"[a-z]+\..*t$",
    ".*.*[0-9]",
    "missing",
]
# a regex, and the groups that it binds
NUMBERED = [
    r"^blocks\.(?<i>\d+)\.",
    r"blocks\.(?P<i>[0-9]+)",
    r"^layers\.(?<i>\d)\.",
    r"(?:^|\.)blocks\.(?:\d+\.)?(?<i>\d+)\.",
    r".*\.(?<i>\d+)\.",
]
WORDED = [r"\.(?<t>attn|mlp)\.", r"^(?<t>[a-z]+)\.", r"\.?(?<t>weight|bias)$", r"(?<t>[a-z]+_?)$"]
COUNTED = [
    r"^blocks\.(\d+)\.",
    r"^layers\.(\d+)\.(?:downsample|blocks\.(\d+))\.",
    r"^(?<w>\w+)\.",
    r"nothing\.(\d+)",
    r"\.(attn)?[.m]",
    r"(weight|bias|gamma)$",
    r"\.(?:(norm|attn|mlp)\d?|(\w))\.(weight|bias)",
    r"(\w+)\.(\d*)(\w*)\.",
]
GLOBS = ["*.bias", "blocks.*", "*weight?", "*[12]*", "head.weight", "*"]
TAGS = [
    '"a"',
    "1",
    "2.5",
    "true",
    "none",
    "(1, 2)",
    '("a", 0.5)',
    "attr(lr_mult)",
    "attr(kind)",
    "attr(_optim.lr)",
    "module_attr(lr_mult)",
    "(ndim, 1)",
]
EQUALITY = ["==", "!="]
ORDER = ["==", "!=", "<", "<=", ">", ">="]
AMONG = ["in", "not in"]
TEXTS = [*NAMES[:4], *NAMES[24:40], "weight", "bias", "blocks.0.attn", ""]
KEYS = [["weight_decay", "betas", "tag"], ["lr", "momentum"], ["eps", "skip", "schedule"]]
SOME_ALTERNATIVES = st.lists(st.sampled_from(ALTERNATIVES), min_size=1, max_size=3, unique=True)
SOME_EXTENTS = st.lists(st.sampled_from(["*", "*", "1", "4", "8", "fan_in", "ndim"]), min_size=1, max_size=4)
SOME_WORDS = {
    kind: st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True)
    for kind, words in {
        "dtype": ["float32", "bfloat16", "float16"],
        "role": ["bias", "scale", "weight", "other"],
    }.items()
}
SOME_KEYS = [
    st.lists(st.sampled_from(["lr_scale", "weight_decay_scale", *keys]), min_size=1, max_size=3, unique=True)
    for keys in KEYS
]


@dataclass
class Known:
    """The names that the file has defined so far."""

    decays: bool = False
    predicates: list[str] = field(default_factory=list)
    matches: list[str] = field(default_factory=list)
    bound: list[str] = field(default_factory=list)
    """Lets that bind `i`."""
    numbers: list[str] = field(default_factory=list)


def quoted(draw: st.DrawFn, text: str) -> str:
    return pick(draw, [text, text, f'"{text}"', f"'{text}'"])


def alternatives(draw: st.DrawFn) -> str:
    return "|".join(draw(SOME_ALTERNATIVES))


def regex(draw: st.DrawFn, texts: list[str]) -> str:
    return quoted(draw, pick(draw, texts))


def count_of(draw: st.DrawFn, known: Known) -> str:
    if known.matches and draw(st.booleans()):
        return pick(draw, known.matches)
    return f"name ~ {regex(draw, COUNTED)}"


def number(draw: st.DrawFn, known: Known, captures: tuple[str, ...] = (), depth: int = 2) -> str:
    """A numeric expression; only seldom one that cannot be computed."""
    if depth and draw(st.integers(0, 2)) == 0:
        shape = pick(
            draw,
            [
                "{0} + {1}",
                "{0} - {1}",
                "{0}*{1}",
                "{0} / 4",
                "({0}) // 3",
                "({0}) % 5",
                "({0}) ** 2",
                "0.75 ** ({0})",
                "-({0})",
                "min({0}, {1})",
                "max({0}, {1}, 1)",
                "abs({0})",
                "sqrt(abs({0}))",
                "floor({0} / 2)",
                "ceil({0} / 3)",
                "exp(min(3, {0}))",
                "log(1 + abs({0}))",
                "{0} / ({1})",
            ],
        )
        return shape.format(*(number(draw, known, captures, depth - 1) for _ in range(shape.count("{"))))
    kinds = ["literal", "literal", "known", "capture", "capture", "capture", "field", "count", "rare"]
    match pick(draw, kinds):
        case "known" if known.numbers:
            return pick(draw, known.numbers)
        case "capture" if captures:
            return pick(draw, captures)
        case "field":
            return pick(draw, ["ndim", "squeezed_ndim", "size"])
        case "count":
            return f"count({count_of(draw, known)})"
        case "rare":
            rare = ["fan_in", "fan_out", "shape[0]", "shape[-1]", "index"]
            rare += ["attr(lr_mult)", "attr(_optim.lr)", "module_attr(lr_mult)", "module_attr(_optim.lr)"]
            chosen = pick(draw, rare)
            return f"index({count_of(draw, known)})" if chosen == "index" else chosen
    return pick(draw, ["0", "1", "2", "3", "0.5", "1_000", "1e-4", "12.5"])


def comparable(draw: st.DrawFn, known: Known) -> str:
    """A number for a predicate: nothing that could be impossible to compute."""
    kinds = [
        "ndim",
        "squeezed_ndim",
        "size",
        "fan_in",
        "fan_out",
        "shape[0]",
        "shape[-1]",
        "shape[2]",
        "2",
        "1",
        "4",
    ]
    left = pick(draw, [*kinds, *known.numbers, "count", "index"])
    if left in ("count", "index"):
        left = f"{left}({count_of(draw, known)})"
    return left + pick(draw, ["", "", "", " + 1", " * 2", " // 2", " % 3"])


def subject(draw: st.DrawFn) -> str:
    return pick(draw, ["name", "leaf", "module"])


def atom(draw: st.DrawFn, known: Known) -> str:
    match draw(st.integers(0, 16)):
        case 0 | 1:
            return f"type({alternatives(draw)})"
        case 2:
            return f"within({alternatives(draw)})"
        case 3:
            return f"variable({alternatives(draw)})"
        case 4 | 5:
            return f"{subject(draw)} ~ {regex(draw, REGEXES)}"
        case 6:
            return f"{subject(draw)} !~ {regex(draw, REGEXES)}"
        case 7:
            glob = pick(draw, GLOBS)
            written = f'"{glob}"' if "[" in glob else pick(draw, [quoted(draw, glob), "word"])
            return f"{subject(draw)} {pick(draw, ['like', 'not like'])} {written}"
        case 8:
            return f"{subject(draw)} {pick(draw, EQUALITY)} {text_or_option(draw)}"
        case 9:
            inside = ", ".join(text_or_option(draw) for _ in range(draw(st.integers(1, 3))))
            return f"{subject(draw)} {pick(draw, AMONG)} ({inside})"
        case 10:
            return f"{comparable(draw, known)} {pick(draw, ORDER)} {comparable(draw, known)}"
        case 11:
            extents = draw(SOME_EXTENTS)
            return f"shape {pick(draw, EQUALITY)} ({', '.join(extents)}{',' if len(extents) == 1 else ''})"
        case 12:
            kind = pick(draw, list(SOME_WORDS))
            some = draw(SOME_WORDS[kind])
            if len(some) == 1:
                return f"{kind} {pick(draw, EQUALITY)} {some[0]}"
            return f"{kind} {pick(draw, AMONG)} ({', '.join(some)})"
        case 13:
            path = pick(draw, ["_no_weight_decay", "no_weight_decay", "lr_mult", "_optim.lr", "kind"])
            value = pick(
                draw, ["", "", "== 2", "!= 2", "== true", '== "a"', '!= "a"', "== none", "> 0", "<= 1"]
            )
            function = pick(draw, ["attr", "attr", "module_attr"])
            return f"{function}({path}) {value}".strip()
        case 14:
            return pick(draw, [*FLAGS, "ndim in (1, 3)", "ndim not in (2,)", "flag"])
        case 15 if known.predicates:
            return pick(draw, known.predicates)
    return pick(draw, ["ndim <= 1", "ndim == 2", "name ~ bias", "tied"])


def predicate(draw: st.DrawFn, known: Known, depth: int = 2) -> str:
    if not depth or draw(st.integers(0, 2)) == 0:
        return atom(draw, known)
    shape = pick(
        draw, ["{0} or {1}", "{0} or {1} or {2}", "({0}) and ({1})", "not ({0})", "({0} or {1}) and {2}"]
    )
    third = shape.endswith("{2}")
    parts = [predicate(draw, known, depth - 1) for _ in range(shape.count("{") - third)]
    if third:
        parts.append(atom(draw, known))
    return shape.format(*parts)


def capturing(draw: st.DrawFn, known: Known) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """A predicate that binds groups: itself, its numbers, its words."""
    subject = "name"
    match draw(st.integers(0, 5)):
        case 0 if known.bound:
            text, numbers, words = pick(draw, known.bound), ("i",), ()
        case 1:
            one, two = pick(draw, NUMBERED), pick(draw, NUMBERED)
            text, numbers, words = f"({subject} ~ {one} or {subject} ~ {two})", ("i",), ()
        case 2:
            text, numbers, words = f"{subject} ~ {regex(draw, WORDED)}", (), ("t",)
        case 3:
            one, two = regex(draw, NUMBERED), regex(draw, WORDED)
            text, numbers, words = f"{subject} ~ {one} and {subject} ~ {two}", ("i",), ("t",)
        case 4:
            text = r"name ~ ^layers\.(?<i>\d+)\.(?:downsample|blocks\.(?<j>\d+))\."
            numbers, words = ("i",), ()
        case _:
            text, numbers, words = f"{subject} ~ {regex(draw, NUMBERED)}", ("i",), ()
    match draw(st.integers(0, 3)):
        case 0:
            text += f" and not ({predicate(draw, known, 1)})"
        case 1:
            text += f" and ({predicate(draw, known, 1)})"
    if numbers and draw(st.integers(0, 5)) == 0:
        text += f" and i {pick(draw, ['<', '>=', '!=', '=='])} {draw(st.integers(0, 3))}"
    return text, numbers, words


def settings(draw: st.DrawFn, known: Known, axis: int, captures: tuple[str, ...]) -> str:
    values = []
    for key in draw(SOME_KEYS[axis]):
        known.decays |= key == "weight_decay"
        match key:
            case "betas":
                value = f"(0.9, {number(draw, known, captures, 1)})"
            case "tag":
                value = pick(draw, TAGS)
            case "skip":
                value = pick(draw, ["true", "false"])
            case "schedule":
                value = pick(draw, ['"late"', '"default"'])
            case _:
                value = number(draw, known, captures)
        values.append(f"{key} = {value}")
    arrow = pick(draw, [" -> ", "\n    -> ", "  ->  "])
    return arrow + pick(draw, [", ", ",\n  "]).join(values)


def axis_lines(draw: st.DrawFn, known: Known, axis: int) -> list[str]:
    lines: list[str] = []
    plain: list[str] = []
    for number_of_rule in range(draw(st.integers(1, 5))):
        optional = pick(draw, ["", "", "", "?"])
        if draw(st.booleans()):
            text, numbers, words = capturing(draw, known)
            label = pick(draw, ["block_", "b", f"r{number_of_rule}_"])
            holes = [*numbers, *words]
            if numbers and draw(st.integers(0, 2)) == 0:
                holes[0] = pick(
                    draw, ["i+1", "i*2", "12 - i", "i // 2", "i / 2", f"i + {count(draw, known)}"]
                )
            label += "_".join(f"{{{hole}}}" for hole in holes)
            arrow = settings(draw, known, axis, numbers) if draw(st.booleans()) else ""
        else:
            text = predicate(draw, known)
            spared = "spared" if axis and known.decays else "no_decay"
            label = pick(draw, ["decay", spared, "block_1", "rest", f"r{number_of_rule}"])
            arrow = settings(draw, known, axis, ()) if label not in plain and draw(st.booleans()) else ""
            plain.append(label)
        if draw(st.integers(0, 9)) == 0:
            lines.append("# allow: W201, W202, W203 -- the model may change")
        lines.append(f"{label}{optional}: {text}{arrow}")
        if draw(st.integers(0, 5)) == 0:
            lines += ["", "# between"]
    if draw(st.booleans()):
        label = pick(draw, ["default", "last", "decay"])
        arrow = settings(draw, known, axis, ()) if label not in plain and draw(st.booleans()) else ""
        plain.append(label)
        lines.append(f"{label}: else{arrow}  # all others")
    if plain and draw(st.integers(0, 3)) == 0:
        negated, optional = pick(draw, ["", "not "]), pick(draw, ["", "?"])
        lines.append(f"expect {negated}{pick(draw, plain)}{optional}: {predicate(draw, known, 1)}")
    return lines


def text_or_option(draw: st.DrawFn) -> str:
    text = pick(draw, TEXTS)
    return pick(draw, [*[f'"{text}"'] * 4, "word"])


def count(draw: st.DrawFn, known: Known) -> str:
    return f"count(name ~ {pick(draw, COUNTED[:2])})"


@st.composite
def rule_files(draw: st.DrawFn) -> str:
    """The text of a rule file, and never one that is wrong in its words or types."""
    known = Known(numbers=["rate"])
    lines = pick(draw, [[], ["edition 1"], ["# a file", ""]])
    lines = [*lines, "option rate = 0.75", f"option flag = {pick(draw, ['true', 'false'])}"]
    word = pick(draw, ["bias", "weight", "head.weight", "*.bias", "blocks.*"])
    lines.append(f'option word = "{word}"')
    for n in range(draw(st.integers(0, 3))):
        match draw(st.integers(0, 3)):
            case 0:
                lines.append(f"let p{n} = {predicate(draw, known)}")
                known.predicates.append(f"p{n}")
            case 1:
                lines.append(f"let m{n} = name ~ {regex(draw, COUNTED)}")
                known.matches.append(f"m{n}")
            case 2:
                lines.append(f"let b{n} = name ~ {regex(draw, NUMBERED)}")
                known.bound.append(f"b{n}")
                known.matches.append(f"b{n}")
                known.predicates.append(f"b{n}")
            case _:
                lines.append(f"let n{n} = {pick(draw, ['3', '0.5', 'rate * 2', count(draw, known)])}")
                known.numbers.append(f"n{n}")
    axes = draw(st.integers(1, 3))
    named = axes > 1 or draw(st.booleans())
    for axis in range(axes):
        if named:
            lines.append(f"[axis{axis}]")
        lines += axis_lines(draw, known, axis)
    return "\n".join(lines) + pick(draw, ["\n", ""])
