"""Rule files as hypothesis draws them: every feature of the language, well-typed by construction."""

from dataclasses import dataclass, field

from hypothesis import strategies as st
from oracle.models import NAMES

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
KEYS = [["weight_decay", "betas", "tag"], ["lr", "momentum"], ["eps", "skip", "schedule"]]


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
    return draw(st.sampled_from([text, text, f'"{text}"', f"'{text}'"]))


def alternatives(draw: st.DrawFn) -> str:
    return "|".join(draw(st.lists(st.sampled_from(ALTERNATIVES), min_size=1, max_size=3, unique=True)))


def regex(draw: st.DrawFn, texts: list[str]) -> str:
    return quoted(draw, draw(st.sampled_from(texts)))


def count_of(draw: st.DrawFn, known: Known) -> str:
    if known.matches and draw(st.booleans()):
        return draw(st.sampled_from(known.matches))
    return f"name ~ {regex(draw, COUNTED)}"


def number(draw: st.DrawFn, known: Known, captures: tuple[str, ...] = (), depth: int = 2) -> str:
    """A numeric expression; only seldom one that cannot be computed."""
    if depth and draw(st.integers(0, 2)) == 0:
        left = number(draw, known, captures, depth - 1)
        right = number(draw, known, captures, depth - 1)
        shape = draw(
            st.sampled_from(
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
                ]
            )
        )
        return shape.format(left, right)
    kinds = ["literal", "literal", "known", "capture", "capture", "capture", "field", "count", "rare"]
    match draw(st.sampled_from(kinds)):
        case "known" if known.numbers:
            return draw(st.sampled_from(known.numbers))
        case "capture" if captures:
            return draw(st.sampled_from(captures))
        case "field":
            return draw(st.sampled_from(["ndim", "squeezed_ndim", "size"]))
        case "count":
            return f"count({count_of(draw, known)})"
        case "rare":
            rare = ["fan_in", "fan_out", "shape[0]", "shape[-1]", "index"]
            rare += ["attr(lr_mult)", "attr(_optim.lr)", "module_attr(lr_mult)", "module_attr(_optim.lr)"]
            chosen = draw(st.sampled_from(rare))
            return f"index({count_of(draw, known)})" if chosen == "index" else chosen
    return draw(st.sampled_from(["0", "1", "2", "3", "0.5", "1_000", "1e-4", "12.5"]))


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
    left = draw(st.sampled_from([*kinds, *known.numbers, "count", "index"]))
    if left in ("count", "index"):
        left = f"{left}({count_of(draw, known)})"
    return left + draw(st.sampled_from(["", "", "", " + 1", " * 2", " // 2", " % 3"]))


def atom(draw: st.DrawFn, known: Known) -> str:
    subject = draw(st.sampled_from(["name", "leaf", "module"]))
    operator = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
    equality = draw(st.sampled_from(["==", "!="]))
    among = draw(st.sampled_from(["in", "not in"]))
    texts = st.sampled_from([*NAMES[:4], *NAMES[24:40], "weight", "bias", "blocks.0.attn", ""])
    match draw(st.integers(0, 16)):
        case 0 | 1:
            return f"type({alternatives(draw)})"
        case 2:
            return f"within({alternatives(draw)})"
        case 3:
            return f"variable({alternatives(draw)})"
        case 4 | 5:
            return f"{subject} ~ {regex(draw, REGEXES)}"
        case 6:
            return f"{subject} !~ {regex(draw, REGEXES)}"
        case 7:
            glob = draw(st.sampled_from(GLOBS))
            written = f'"{glob}"' if "[" in glob else draw(st.sampled_from([quoted(draw, glob), "word"]))
            return f"{subject} {draw(st.sampled_from(['like', 'not like']))} {written}"
        case 8:
            return f"{subject} {equality} {text_or_option(draw, texts)}"
        case 9:
            inside = ", ".join(text_or_option(draw, texts) for _ in range(draw(st.integers(1, 3))))
            return f"{subject} {among} ({inside})"
        case 10:
            return f"{comparable(draw, known)} {operator} {comparable(draw, known)}"
        case 11:
            extents = draw(st.lists(st.sampled_from(["*", "1", "4", "8"]), min_size=1, max_size=4))
            return f"shape {equality} ({', '.join(extents)}{',' if len(extents) == 1 else ''})"
        case 12:
            kind, words = draw(
                st.sampled_from(
                    [
                        ("dtype", ["float32", "bfloat16", "float16"]),
                        ("role", ["bias", "scale", "weight", "other"]),
                    ]
                )
            )
            some = draw(st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True))
            return f"{kind} {equality} {some[0]}" if len(some) == 1 else f"{kind} {among} ({', '.join(some)})"
        case 13:
            path = draw(
                st.sampled_from(["_no_weight_decay", "no_weight_decay", "lr_mult", "_optim.lr", "kind"])
            )
            value = draw(
                st.sampled_from(
                    ["", "", "== 2", "!= 2", "== true", '== "a"', '!= "a"', "== none", "> 0", "<= 1"]
                )
            )
            function = draw(st.sampled_from(["attr", "attr", "module_attr"]))
            return f"{function}({path}) {value}".strip()
        case 14:
            return draw(st.sampled_from(["trainable", "tied", "ndim in (1, 3)", "ndim not in (2,)", "flag"]))
        case 15 if known.predicates:
            return draw(st.sampled_from(known.predicates))
    return draw(st.sampled_from(["ndim <= 1", "ndim == 2", "name ~ bias", "tied"]))


def predicate(draw: st.DrawFn, known: Known, depth: int = 2) -> str:
    if not depth or draw(st.integers(0, 2)) == 0:
        return atom(draw, known)
    shape = draw(
        st.sampled_from(
            ["{0} or {1}", "{0} or {1} or {2}", "({0}) and ({1})", "not ({0})", "({0} or {1}) and {2}"]
        )
    )
    parts = [predicate(draw, known, depth - 1) for _ in range(3)]
    if shape.endswith("{2}"):
        parts[2] = atom(draw, known)
    return shape.format(*parts)


def capturing(draw: st.DrawFn, known: Known) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """A predicate that binds groups: itself, its numbers, its words."""
    subject = "name"
    match draw(st.integers(0, 5)):
        case 0 if known.bound:
            text, numbers, words = draw(st.sampled_from(known.bound)), ("i",), ()
        case 1:
            one, two = draw(st.sampled_from(NUMBERED)), draw(st.sampled_from(NUMBERED))
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
        text += f" and i {draw(st.sampled_from(['<', '>=', '!=', '==']))} {draw(st.integers(0, 3))}"
    return text, numbers, words


def settings(draw: st.DrawFn, known: Known, axis: int, captures: tuple[str, ...]) -> str:
    keys = ["lr_scale", "weight_decay_scale", *KEYS[axis]]
    chosen = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=3, unique=True))
    values = []
    for key in chosen:
        known.decays |= key == "weight_decay"
        match key:
            case "betas":
                value = f"(0.9, {number(draw, known, captures, 1)})"
            case "tag":
                value = draw(st.sampled_from(TAGS))
            case "skip":
                value = draw(st.sampled_from(["true", "false"]))
            case "schedule":
                value = draw(st.sampled_from(['"late"', '"default"']))
            case _:
                value = number(draw, known, captures)
        values.append(f"{key} = {value}")
    arrow = draw(st.sampled_from([" -> ", "\n    -> ", "  ->  "]))
    return arrow + draw(st.sampled_from([", ", ",\n  "])).join(values)


def axis_lines(draw: st.DrawFn, known: Known, axis: int) -> list[str]:
    lines: list[str] = []
    plain: list[str] = []
    for number_of_rule in range(draw(st.integers(1, 5))):
        optional = draw(st.sampled_from(["", "", "", "?"]))
        if draw(st.booleans()):
            text, numbers, words = capturing(draw, known)
            label = draw(st.sampled_from(["block_", "b", f"r{number_of_rule}_"]))
            holes = [*numbers, *words]
            if numbers and draw(st.integers(0, 2)) == 0:
                holes[0] = draw(
                    st.sampled_from(["i+1", "i*2", "12 - i", "i // 2", "i / 2", f"i + {count(draw, known)}"])
                )
            label += "_".join(f"{{{hole}}}" for hole in holes)
            arrow = settings(draw, known, axis, numbers) if draw(st.booleans()) else ""
        else:
            text = predicate(draw, known)
            spared = "spared" if axis and known.decays else "no_decay"
            label = draw(st.sampled_from(["decay", spared, "block_1", "rest", f"r{number_of_rule}"]))
            arrow = settings(draw, known, axis, ()) if label not in plain and draw(st.booleans()) else ""
            plain.append(label)
        if draw(st.integers(0, 9)) == 0:
            lines.append("# allow: W201, W202, W203 -- the model may change")
        lines.append(f"{label}{optional}: {text}{arrow}")
        if draw(st.integers(0, 5)) == 0:
            lines += ["", "# between"]
    if draw(st.booleans()):
        label = draw(st.sampled_from(["default", "last", "decay"]))
        arrow = settings(draw, known, axis, ()) if label not in plain and draw(st.booleans()) else ""
        plain.append(label)
        lines.append(f"{label}: else{arrow}  # all others")
    if plain and draw(st.integers(0, 3)) == 0:
        negated, optional = draw(st.sampled_from(["", "not "])), draw(st.sampled_from(["", "?"]))
        lines.append(f"expect {negated}{draw(st.sampled_from(plain))}{optional}: {predicate(draw, known, 1)}")
    return lines


def text_or_option(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    text = draw(texts)
    return draw(st.sampled_from([*[f'"{text}"'] * 4, "word"]))


def count(draw: st.DrawFn, known: Known) -> str:
    return f"count(name ~ {draw(st.sampled_from(COUNTED[:2]))})"


@st.composite
def rule_files(draw: st.DrawFn) -> str:
    """The text of a rule file, and never one that is wrong in its words or types."""
    known = Known(numbers=["rate"])
    lines = draw(st.sampled_from([[], ["edition 1"], ["# a file", ""]]))
    lines = [*lines, "option rate = 0.75", f"option flag = {draw(st.sampled_from(['true', 'false']))}"]
    word = draw(st.sampled_from(["bias", "weight", "head.weight", "*.bias", "blocks.*"]))
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
                lines.append(
                    f"let n{n} = {draw(st.sampled_from(['3', '0.5', 'rate * 2', count(draw, known)]))}"
                )
                known.numbers.append(f"n{n}")
    axes = draw(st.integers(1, 3))
    named = axes > 1 or draw(st.booleans())
    for axis in range(axes):
        if named:
            lines.append(f"[axis{axis}]")
        lines += axis_lines(draw, known, axis)
    return "\n".join(lines) + draw(st.sampled_from(["\n", ""]))
