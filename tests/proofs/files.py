"""Small rule files drawn at random, with every feature of the language.

The words are those of `oracle.strategies`, whose files are larger. A few of the files drawn are refused.
"""

from random import Random

from oracle.models import NAMES
from oracle.strategies import ALTERNATIVES, COUNTED, GLOBS, NUMBERED, REGEXES, TAGS, WORDED

KEYS = (
    ("weight_decay", "betas", "tag", "freeze", "optimizer"),
    ("lr", "momentum", "eps", "skip", "schedule"),
)
FIELDS = (
    *("ndim", "ndim", "squeezed_ndim", "size", "fan_in", "fan_out", "shape[0]", "shape[-1]", "shape[1]"),
    *("layer_fan_in", "layer_fan_out", "layer_kernel"),
)
PATHS = ("_no_weight_decay", "no_weight_decay", "lr_mult", "_optim.lr", "kind")
LABELS = ("a", "b", "no_decay", "rest")


class Drawing:
    """A rule file that is being drawn."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.numbers = ["rate"]
        self.predicates = ["flag"]
        self.matches: list[str] = []
        self.bound: list[str] = []

    def file(self) -> str:
        """Draw the text of a rule file."""
        lines = [
            "option rate = 0.75",
            f"option flag = {self.pick('true', 'false')}",
            'option word = "*.bias"',
        ]
        if self.chance(0.2):
            lines.insert(0, "include <norms>")
            self.predicates += ["norm", "norm_or_bias"]
        for number in range(self.pick(0, 0, 1, 2)):
            name = f"x{number}"
            match self.pick("predicate", "match", "bound", "number"):
                case "predicate":
                    lines.append(f"let {name} = {self.predicate(1)}")
                    self.predicates.append(name)
                case "match":
                    lines.append(f"let {name} = name ~ {self.pick(*COUNTED)}")
                    self.matches.append(name)
                case "bound":
                    lines.append(f"let {name} = name ~ {self.pick(*NUMBERED)}")
                    self.bound.append(name)
                    self.matches.append(name)
                case _:
                    lines.append(f"let {name} = {self.pick('3', 'rate * 2', f'count({self.match()})')}")
                    self.numbers.append(name)
        axes = self.pick(1, 1, 1, 2)
        for axis in range(axes):
            lines += [f"[axis{axis}]"] if axes > 1 else []
            lines += self.rules(axis)
        return "\n".join(lines) + "\n"

    def pick(self, *items: object) -> object:
        """Draw one of these."""
        return self.random.choice(items)

    def chance(self, likely: float) -> bool:
        """Draw true with this probability."""
        return self.random.random() < likely

    def rules(self, axis: int) -> list[str]:
        """Draw the rules of an axis."""
        lines: list[str] = []
        for _ in range(self.pick(1, 1, 2, 2, 3)):  # type: ignore[call-overload]
            optional = self.pick("", "?")
            if self.chance(0.4):
                text, numbers, words = self.capturing()
                holes = [
                    self.pick(hole, hole, f"{hole}+1", f"{hole} * 2", f"12 - {hole}") for hole in numbers
                ]
                label = self.pick("a", "b_", "") or "c"
                label = f"{label}{'_'.join(f'{{{hole}}}' for hole in (*holes, *words))}"
                if numbers and self.chance(0.3):
                    text += f" and {self.comparison(numbers[0])}"
                lines.append(f"{label}{optional}: {text}{self.arrow(axis, numbers)}")
            else:
                label = self.pick(*LABELS)
                lines.append(f"{label}{optional}: {self.predicate(2)}{self.arrow(axis, ())}")
        if self.chance(0.5):
            lines.append(f"{self.pick('default', 'last', 'a')}: else{self.arrow(axis, ())}")
        return lines

    def capturing(self) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """Draw a predicate that binds groups, with the names of those that are numbers and of the others."""
        numbers, words = ("i",), ("t",)
        match self.random.randrange(6):
            case 0 if self.bound:
                return f"{self.pick(*self.bound)}", numbers, ()
            case 1:
                return f"(name ~ {self.pick(*NUMBERED)} or name ~ {self.pick(*NUMBERED)})", numbers, ()
            case 2:
                return f"name ~ {self.pick(*WORDED)}", (), words
            case 3:
                return f"name ~ {self.pick(*NUMBERED)} and name ~ {self.pick(*WORDED)}", numbers, words
            case 4:
                return f"name ~ {self.pick(*NUMBERED)} and not ({self.predicate(1)})", numbers, ()
            case _:
                return f"name ~ {self.pick(*NUMBERED)}", numbers, ()

    def comparison(self, capture: str) -> str:
        """Draw a test of a capture, alone or inside others."""
        number = self.pick(capture, capture, f"12 - {capture}", f"{capture} * 2 + 1")
        text = f"{number} {self.pick('<', '>=', '==', '!=')} {self.pick(0, 1, 2, 11)}"
        forms = ("{}", "{}", "not ({})", "({} or {})", "not ({} and {})", "not ({} or {})")
        return str(self.pick(*forms)).format(text, self.atom())

    def predicate(self, depth: int) -> str:
        """Draw a predicate without captures."""
        if not depth or self.chance(0.35):
            return self.atom()
        one, two = self.predicate(depth - 1), self.predicate(depth - 1)
        return str(self.pick(f"({one}) or ({two})", f"({one}) and ({two})", f"not ({one})"))

    def atom(self) -> str:
        """Draw a test."""
        subject = self.pick("name", "name", "leaf", "module")
        text = self.pick(*NAMES[:40], "weight", "bias", "blocks.0.attn")
        function = self.pick("attr", "attr", "module_attr")
        match self.random.randrange(14):
            case 0 | 1:
                some = "|".join(self.random.sample(ALTERNATIVES, self.random.randint(1, 2)))
                return f"{self.pick('type', 'type', 'within', 'variable')}({some})"
            case 2 | 3:
                return f"{subject} {self.pick('~', '~', '!~')} {self.pick(*REGEXES)}"
            case 4:
                glob = self.pick(*map(repr, GLOBS), "word")
                return f"{subject} {self.pick('like', 'not like')} {glob}"
            case 5:
                return f"{subject} {self.pick('==', '!=')} {self.pick(f'{text!r}', f'{text!r}', 'word')}"
            case 6:
                return f'{subject} {self.pick("in", "not in")} ("{text}", "{self.pick(*NAMES[:40])}")'
            case 7 | 8:
                operator = self.pick("==", "!=", "<", "<=", ">", ">=")
                left, right = self.pick(*FIELDS), self.pick(0, 1, 2, 4, 1.5, *self.numbers)
                if self.chance(0.2):
                    left, right = (
                        f"{left} {self.pick('+ 1', '* 2', '- 1')}",
                        self.pick(*FIELDS, "attr(lr_mult)"),
                    )
                return f"{left} {operator} {right}"
            case 9:
                return f"shape {self.pick('==', '!=')} ({', '.join(self.random.choices('*148', k=2))})"
            case 10:
                return str(
                    self.pick(
                        *("role == bias", "role in (bias, scale)", "role != weight", "dtype == bfloat16"),
                        *("dtype not in (float32, float16)", "ndim in (1, 3)", "ndim not in (2, 1)"),
                    )
                )
            case 11:
                value = self.pick("", "", "== 2", "!= 2", "== true", '!= "a"', "== none", "> 0", "<= 1")
                return f"{function}({self.pick(*PATHS)}) {value}".strip()
            case 12:
                number = f"{self.pick('count', 'index')}({self.match()})"
                return f"{number} {self.pick('<', '>', '==')} {self.pick(0, 1, 2, 'ndim')}"
            case _:
                return str(self.pick("trainable", "tied", "flag", *self.predicates))

    def match(self) -> object:
        """Draw a match that is counted."""
        return self.pick(*self.matches, f"name ~ {self.pick(*COUNTED)}")

    def number(self, captures: tuple[str, ...], depth: int = 1) -> str:
        """Draw a number."""
        if depth and self.chance(0.4):
            one, two = self.number(captures, depth - 1), self.number(captures, depth - 1)
            forms = ("{0} + {1}", "{0} * {1}", "{0} - {1}", "({0}) // 3", "rate ** ({0})", "min({0}, {1})")
            return str(self.pick(*forms, "{0} / ({1})", "sqrt(abs({0}))")).format(one, two)
        rare = ("ndim", "size", "fan_in", "shape[0]", "attr(lr_mult)", "module_attr(lr_mult)")
        many = (f"count({self.match()})", f"index({self.match()})")
        return str(self.pick("0", "1", "2", "0.5", *self.numbers, *3 * captures, *rare, *many))

    def arrow(self, axis: int, captures: tuple[str, ...]) -> str:
        """Draw settings, or none."""
        if self.chance(0.4):
            return ""
        keys = ("lr_scale", "lr_scale", "weight_decay_scale", *KEYS[axis])
        settings = {}
        for key in dict.fromkeys(self.random.choices(keys, k=self.random.randint(1, 2))):
            match key:
                case "betas":
                    settings[key] = f"(0.9, {self.number(captures)})"
                case "tag":
                    settings[key] = str(self.pick(*TAGS))
                case "freeze" | "skip":
                    settings[key] = str(self.pick("true", "true", "false"))
                case "optimizer" | "schedule":
                    settings[key] = str(self.pick('"muon"', '"adam"'))
                case _:
                    settings[key] = self.number(captures)
        return " -> " + ", ".join(f"{key} = {value}" for key, value in settings.items())
