"""Small rule files drawn at random, with every feature of the language.

The words are those of `oracle.strategies`, whose files are larger, and rarer ones. A few of the files drawn
are refused.
"""

from oracle.strategies import COUNTED, TAGS
from proofs.atoms import FIELDS, Atoms
from proofs.words import EXACT, NUMBERED_WORDS, WORDED_WORDS

KEYS = (
    ("weight_decay", "betas", "tag", "freeze", "optimizer", "seed"),
    ("lr", "momentum", "eps", "skip", "schedule", "nesterov", "weight_decay_schedule"),
    ("alpha",),
)
WORDS = ('"*.bias"', '"*.bias"', '"*.bias"', '"weight"', '"a"')
LABELS = ("a", "b", "no_decay", "rest")


class Drawing(Atoms):
    """A rule file that is being drawn."""

    def file(self) -> str:
        """Draw the text of a rule file."""
        lines = [
            "option rate = 0.75",
            f"option flag = {self.pick('true', 'false')}",
            f"option word = {self.pick(*WORDS)}",
            f"option big = {self.pick('2', '2', '1', '0', *EXACT)}",
        ]
        if self.chance(0.05):
            lines.append("option width")
            self.numbers += ["width"] * 2
            self.constants.append("width")
        if self.chance(0.2):
            lines.insert(0, "include <norms>")
            self.predicates += ["norm", "norm_or_bias"]
        for number in range(self.random.choice((0, 0, 1, 2))):
            lines.append(f"let x{number} = {self.let(f'x{number}')}")
        axes = self.random.choice((1,) * 15 + (2,) * 4 + (3,))
        for axis in range(axes):
            lines += [f"[axis{axis}]"] if axes > 1 else []
            lines += self.rules(axis)
        return "\n".join(lines) + "\n"

    def let(self, name: str) -> object:
        """Draw what a let stands for, and add its name to those that can be used."""
        match self.pick("predicate", "match", "bound", "number"):
            case "predicate":
                meaning = self.predicate(1)
                self.predicates.append(name)
                return meaning
            case "match":
                self.matches.append(name)
                return f"name ~ {self.pick(*COUNTED)}"
            case "bound":
                self.matches.append(name)
                self.bound.append(name)
                return f"name ~ {self.pick(*NUMBERED_WORDS)}"
            case _:
                field = self.pick(*FIELDS, "attr(x)", "attr(lr_mult) + 1")
                number = self.pick("3", "rate * 2", f"count({self.match()})", field)
                self.numbers.append(name)
                return number

    def rules(self, axis: int) -> list[str]:
        """Draw the rules of an axis."""
        lines: list[str] = []
        for _ in range(self.random.choice((1, 1, 1, 2, 2, 2, 3, 3, 5))):
            optional = self.pick("", "?")
            if self.chance(0.4):
                text, numbers, words = self.capturing()
                holes = [
                    self.pick(hole, hole, f"{hole}+1", f"{hole} * 2", f"12 - {hole}", f"{hole} % 3")
                    for hole in numbers
                ]
                label = self.pick("a", "b_", "") or "c"
                label = f"{label}{'_'.join(f'{{{hole}}}' for hole in (*holes, *words))}"
                if self.chance(0.3):
                    text += f" and {self.comparison(numbers, words)}"
                lines.append(f"{label}{optional}: {text}{self.arrow(axis, (*numbers, *words))}")
            else:
                label = self.pick(*LABELS)
                if self.chance(0.05):
                    label = f"{label}{{{self.pick('ndim', 'size', '1', 'big', f'index({self.match()})')}}}"
                lines.append(f"{label}{optional}: {self.predicate(2)}{self.arrow(axis, ())}")
        if self.chance(0.5):
            lines.append(f"{self.pick('default', 'last', 'a')}: else{self.arrow(axis, ())}")
        return lines

    def capturing(self) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """Draw a predicate that binds groups, with the names of those that are numbers and of the others."""
        numbers, words = ("i",), ("t",)
        one, two = self.pick(*NUMBERED_WORDS), self.pick(*NUMBERED_WORDS)
        match self.random.randrange(7):
            case 0 if self.bound:
                return f"{self.pick(*self.bound)}", numbers, ()
            case 1:
                return f"(name ~ {one} or name ~ {two})", numbers, ()
            case 2:
                return f"{self.subject()} ~ {self.pick(*WORDED_WORDS)}", (), words
            case 3:
                return f"name ~ {one} and name ~ {self.pick(*WORDED_WORDS)}", numbers, words
            case 4:
                return f"name ~ {one} and not ({self.predicate(1)})", numbers, ()
            case 5:
                return f"{self.pick('module', 'name')} ~ {one} and ({self.predicate(1)})", numbers, ()
            case _:
                return f"name ~ {one}", numbers, ()

    def number(self, captures: tuple[str, ...], depth: int = 1) -> str:
        """Draw a number."""
        captures = tuple(capture for capture in captures if capture != "t")
        if depth and self.chance(0.4):
            one, two = self.number(captures, depth - 1), self.number(captures, depth - 1)
            forms = ("{0} + {1}", "{0} * {1}", "{0} - {1}", "({0}) // 3", "rate ** ({0})", "min({0}, {1})")
            forms += (
                "{0} / ({1})",
                "sqrt(abs({0}))",
                "max({0}, {1})",
                "({0}) % 4",
                "floor({0})",
                "ceil({0} / 2)",
            )
            return str(self.pick(*forms, "-({0})", "log(1 + abs({0}))")).format(one, two)
        if self.chance(0.05):
            return str(self.pick(*EXACT))
        read = self.pick(*self.paths)
        rare = ("ndim", "size", "fan_in", "shape[0]", "layer_fan_in", f"attr({read})", f"module_attr({read})")
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
                    last = self.pick("true", "1", "1.0") if self.chance(0.3) else self.number(captures)
                    settings[key] = f"(0.9, {last})"
                case "tag":
                    words = [capture for capture in captures if capture == "t"]
                    values = (*TAGS, *words, *self.constants, f"({self.pick(*self.constants)}, 1)", "()")
                    settings[key] = str(self.pick(*values))
                case "freeze" | "skip" | "nesterov":
                    settings[key] = str(self.pick("true", "true", "false", *(["flag"] * (key == "nesterov"))))
                case "optimizer" | "schedule" | "weight_decay_schedule":
                    settings[key] = str(self.pick('"muon"', '"adam"'))
                case "seed" | "alpha":
                    settings[key] = str(self.pick(*EXACT, "1", "true"))
                case _:
                    settings[key] = self.number(captures)
        return " -> " + ", ".join(f"{key} = {value}" for key, value in settings.items())
