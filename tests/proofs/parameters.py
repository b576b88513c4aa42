"""Parameters made to measure for two rule files: whatever their rules ask for is true of some of them.

Names are sampled from the files' own regexes, globs and texts, whole and with a character more or less.
Classes, shapes, fans and attributes have the values that the files compare with, and those beside them.
"""

from collections.abc import Iterable
from random import Random
from typing import Any

from oracle.models import AROUND, ATTRIBUTES, LORA, NAMES, TORCH, VARIABLES
from proofs.words import DTYPES, FOREIGN, MEMBERS, OWNERS, ROLES, ROOTS, around

from paramrules.regex import Regex
from paramrules.regex.nodes import Capture, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.rules import Rules, terms
from paramrules.rules.terms import Term, terms_in

USUAL_DTYPES = ("float32", "float32", "bfloat16", "float16", "float64")
ODD_VALUES: tuple[object, ...] = (
    1.0,
    3,
    -1,
    "",
    "b",
    (),
    (1, 2),
    {},
    {"y": 1},
    {"lr": True},
    float("nan"),
)
"""Values of attributes of other kinds, the last of which no rule can read."""
ODD_CHARACTERS = ("", ".", "1", "a", "_", " ", "é", "K", "\u0663", "-", "\U0001f600")


class Facts:
    """The questions that two files ask of parameters, to draw parameters from."""

    def __init__(self, files: Iterable[Rules], random: Random) -> None:
        self.random = random
        self.names = list(NAMES)
        self.classes: list[list[str]] = [*OWNERS, *([member, TORCH] for member in random.sample(MEMBERS, 4))]
        self.variables: list[Any] = [*VARIABLES, LORA]
        self.numbers = [0, 1, 2, 4, 8]
        self.paths: list[tuple[str, ...]] = []
        self.values: list[object] = [True, False, 0, 1, 2, 0.5, "a", None, *random.sample(ODD_VALUES, 3)]
        self.near: dict[tuple[str, ...], list[object]] = {}
        self.dtypes = [*USUAL_DTYPES, *random.sample((*DTYPES, *FOREIGN), 3)]
        self.asked: list[str] = []
        for rules in files:
            for option in rules.options.values():
                self._constant(option.default)
            for term in terms_in(*(rule for axis in rules.axes for rule in axis.rules)):
                self._read(term, rules)
        for _ in range(6):  # classes with two of these as bases
            one, other = random.choice(self.classes), random.choice(self.classes)
            name = random.choice(("Mine", "Fancy", "Deep")) + one[0].rpartition(".")[2]
            self.classes.append([f"lab.mine.{name}", *dict.fromkeys((*one, *other))])
        self.names += self.asked * max(1, 2 * len(NAMES) // max(1, len(self.asked)))

    def _read(self, term: Term, rules: Rules) -> None:
        match term:
            case terms.RegexTest():
                self._asked(term.subject, (self._sample(term.regex) for _ in range(3)))
            case terms.GlobTest():
                self._asked(term.subject, [self._of_glob(term.glob) for _ in range(2)])
            case terms.TextTest():
                self._asked(term.subject, term.values)
            case terms.ClassTest():
                for alternative in term.alternatives:
                    name = alternative.text.replace("*", self.random.choice(("", "My"))).replace("?", "2")
                    name = name if "." in name.strip(".") else f"lab.more.{name.strip('.') or 'Any'}"
                    name += "Any" if name.endswith(".") else ""
                    (self.variables if term.function == "variable" else self.classes).append([name, TORCH])
            case terms.Constant():
                self._constant(term.value)
            case terms.ConstantTest() if term.subject == "dtype":
                self.dtypes += term.values[:2]
            case terms.Attribute() | terms.AttributeTest():
                self.paths.append(term.path)
            case terms.Comparison() | terms.ValueAmong():
                parts = list(terms_in(term))
                constants = [part.value for part in parts if isinstance(part, terms.Constant)]
                options = [rules.options[part.name] for part in parts if isinstance(part, terms.OptionValue)]
                constants += [option.default for option in options]
                for part in parts:
                    if isinstance(part, terms.Attribute):
                        near = self.near.setdefault(part.path, [])
                        near += [value for constant in constants for value in around(constant)]

    def _constant(self, value: object) -> None:
        if isinstance(value, str):
            self._asked("name", [value, value.replace("*", "a")])
        elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 10_000:
            self.numbers += [number for number in (int(value) - 1, int(value), int(value) + 1) if number >= 0]
        self.values.append(value)

    def _asked(self, subject: str, texts: Iterable[str]) -> None:
        pick = self.random.choice
        for text in texts:
            for each in (text, text, self._changed(text)):
                if subject == "leaf":
                    each = pick(("", "head.", "blocks.0.")) + each.replace(".", "_")
                elif subject == "module":
                    each = (each + "." if each else "") + pick(("weight", "bias"))
                else:
                    each = pick(("", "", "", "x", "y.")) + each + pick(("", "", "", "x", ".y", ".weight"))
                if is_name(each):
                    self.asked.append(each)

    def _changed(self, text: str) -> str:
        if not text:
            return "a"
        at = self.random.randrange(len(text))
        return text[:at] + self.random.choice((*ODD_CHARACTERS, text[at].swapcase())) + text[at + 1 :]

    def _of_glob(self, glob: str) -> str:
        return "".join(
            self.random.choice(("", "a", "b.c", "bias")) if c == "*" else "x" if c == "?" else c for c in glob
        )

    def _sample(self, regex: Regex) -> str:
        text = self._matched(regex.parsed.tree)
        return text.swapcase() if regex.parsed.ignore_case and self.random.random() < 0.3 else text

    def _matched(self, node: Node) -> str:
        match node:
            case Literal():
                return node.text
            case Characters():
                low, high = self.random.choice(node.ranges)
                some = [chr(code) for code in range(low, min(high, low + 127) + 1) if chr(code).isprintable()]
                return self.random.choice(some or ["?"])
            case Choice():
                return self._matched(self.random.choice(node.branches))
            case Repeat():
                most = min(node.least + 2, node.least + 2 if node.most is None else node.most)
                count = self.random.randint(node.least, most)
                return "".join(self._matched(node.item) for _ in range(count))
            case Sequence():
                return "".join(map(self._matched, node.items))
            case Capture():
                return self._matched(node.item)
            case _:
                return ""

    def attributes(self) -> dict[str, object]:
        """Draw the attributes of a parameter or a module."""
        found: dict[str, object] = dict(self.random.choice(ATTRIBUTES)) if self.random.random() < 0.3 else {}
        for path in self.paths:
            if self.random.random() < 0.4:
                value = self.number() if self.random.random() < 0.3 else self.random.choice(self.values)
                if self.near.get(path) and self.random.random() < 0.6:
                    value = self.random.choice(self.near[path])
                for key in reversed(path[1:]):
                    value = {key: value}
                found[path[0]] = value
        return found

    def number(self) -> int:
        """Draw a number that is compared with, or one beside it."""
        return self.random.choice(self.numbers)

    def model(self, count: int, tied: float) -> list[dict[str, Any]]:
        """Draw the rows of a model of at most so many parameters, for `inventory_of`."""
        names = list(dict.fromkeys(self.random.choices(self.names, k=2 * count)))
        owners: dict[str, dict[str, Any]] = {}
        pick = self.random.choice

        def entry(name: str) -> dict[str, Any]:
            outer = [pick((*AROUND, *ROOTS)) for _ in range(self.random.randint(0, 2))]
            if self.random.random() < 0.2:
                outer.append(pick(self.classes))
            owner = owners.setdefault(name.rpartition(".")[0], {"owner": pick(self.classes), "around": outer})
            return {
                "name": name,
                **owner,
                "role": pick(ROLES),
                "fan_in": pick((None, self.number())),
                "fan_out": pick((None, self.number())),
                "attributes": self.attributes(),
            }

        rows: list[dict[str, Any]] = []
        while names and len(rows) < count:
            row = entry(names.pop())
            row["shape"] = tuple(
                pick((1, 2, self.number())) for _ in range(pick((0, 1, 1, 2, 2, 3, 4, 7, 10)))
            )
            row["dtype"] = pick(self.dtypes)
            row["trainable"] = self.random.random() < 0.8
            row["variable"] = pick(self.variables)
            if self.random.random() < tied:
                row["also"] = [entry(names.pop()) for _ in range(min(pick((1, 1, 2, 3)), len(names)))]
            rows.append(row)
        return rows

    def marks(self) -> dict[str, dict[str, object]]:
        """Draw attributes of some modules, by their names."""
        owners = {name.rpartition(".")[0] for name in self.random.choices(self.names, k=4)}
        modules = {*owners, *(owner.partition(".")[0] for owner in owners)}
        modules.update(self.random.choice(((), (), ("",))))
        return {"": {"groups": 1}} | {module: self.attributes() | {"groups": 1} for module in modules}


def is_name(text: str) -> bool:
    """Return whether a text is a well-formed name: components joined with dots, none empty, all printable."""
    return all(text.split(".")) and text.isprintable()
