"""Tests drawn at random: every kind of predicate that the language has, of facts and of captures."""

from collections.abc import Iterable
from random import Random

from oracle.models import NAMES
from oracle.strategies import COUNTED, REGEXES
from proofs.brute_force import parsed
from proofs.edits import quoted
from proofs.words import (
    CLASS_WORDS,
    CONSTANT_WORDS,
    DTYPES,
    EXACT,
    FAMILIES,
    GLOB_WORDS,
    LONG,
    MEMBERS,
    NUMBERS,
    PATHS,
    ROLES,
    TEXTS,
    regex,
)

FIELDS = (
    *("ndim", "ndim", "squeezed_ndim", "size", "fan_in", "fan_out", "shape[0]", "shape[-1]", "shape[1]"),
    *("layer_fan_in", "layer_fan_out", "layer_kernel", "layer_groups", "shape[-2]", "shape[3]"),
)
ORDER = ("==", "!=", "<", "<=", ">", ">=")


class Atoms:
    """The tests that can stand in a rule file that is being drawn, with its options and lets."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.numbers = ["rate", "rate", "big"]
        self.constants = [*CONSTANT_WORDS, "rate", "flag", "word"]
        self.predicates = ["flag"]
        self.matches: list[str] = []
        self.bound: list[str] = []
        self.paths = random.sample(PATHS, 2)  # few, so that tests of a file are about the same

    def pick(self, *items: object) -> object:
        """Draw one of these."""
        return self.random.choice(items)

    def chance(self, likely: float) -> bool:
        """Draw true with this probability."""
        return self.random.random() < likely

    def some(self, items: Iterable[object], most: int) -> list[str]:
        """Draw a few of these, at least one."""
        items = [*map(str, items)]
        return self.random.sample(items, self.random.randint(1, min(most, len(items))))

    def predicate(self, depth: int) -> str:
        """Draw a predicate without captures."""
        if not depth or self.chance(0.35):
            return self.atom()
        one, two = self.predicate(depth - 1), self.predicate(depth - 1)
        return str(self.pick(f"({one}) or ({two})", f"({one}) and ({two})", f"not ({one})"))

    def atom(self) -> str:
        """Draw a test."""
        match self.random.randrange(15):
            case 0 | 1:
                return self.classes()
            case 2 | 3:
                return f"{self.subject()} {self.pick('~', '~', '!~')} {self.regex()}"
            case 4:
                long = [quoted(LONG[2])] if self.chance(0.02) else []
                glob = self.pick(*(long or (*GLOB_WORDS, "word")))
                return f"{self.subject()} {self.pick('like', 'not like')} {glob}"
            case 5:
                return f"{self.subject()} {self.pick('==', '!=')} {self.text()}"
            case 6:
                texts = ", ".join(self.text() for _ in range(self.random.randint(1, 3)))
                return f"{self.subject()} {self.pick('in', 'not in')} ({texts})"
            case 7 | 8:
                return self.of_numbers()
            case 9:
                extents = [self.extent() for _ in range(self.random.choice((1, 2, 2, 2, 3, 4)))]
                return f"shape {self.pick('==', '!=')} ({', '.join(extents)}{',' * (len(extents) == 1)})"
            case 10:
                return self.of_words()
            case 11 | 12:
                return self.of_attribute()
            case 13:
                number = f"{self.pick('count', 'index')}({self.match()})"
                return f"{number} {self.pick('<', '>', '==')} {self.pick(0, 1, 2, 'ndim', *self.numbers)}"
            case _:
                known = (*self.predicates, *self.predicates, *self.matches)
                return str(self.pick("trainable", "tied", "flag", "true", *known))

    def subject(self) -> object:
        """Draw what a text test is about."""
        return self.pick("name", "name", "leaf", "module")

    def regex(self) -> str:
        """Draw a regex that is accepted."""
        while self.chance(0.4):
            drawn = quoted(regex(self.random))
            if parsed(f"a: name ~ {drawn}\n") is not None:
                return drawn
        return str(self.pick(*REGEXES))

    def text(self) -> str:
        """Draw a text, or an option."""
        if self.chance(0.02):
            return quoted(str(self.pick(*LONG)))
        text = self.pick(*NAMES[:40], *TEXTS, "weight", "bias", "blocks.0.attn")
        return str(self.pick(*[f'"{text}"'] * 5, "word"))

    def classes(self) -> str:
        """Draw a test of classes."""
        words = [*CLASS_WORDS, self.pick(*FAMILIES), self.pick(*FAMILIES), self.pick(*MEMBERS)]
        some = "|".join(self.some(words, 2))
        return f"{self.pick('type', 'type', 'within', 'variable')}({some})"

    def of_numbers(self) -> str:
        """Draw a comparison of numbers."""
        left, right = self.pick(*FIELDS), self.pick(*NUMBERS, *self.numbers)
        match self.random.randrange(10):
            case 0 | 1:
                left = f"{left} {self.pick('+ 1', '* 2', '- 1', '// 2', '% 2', '/ 2')}"
                right = self.pick(*FIELDS, f"attr({self.pick(*self.paths)})")
            case 2:
                right = self.pick(*EXACT)
            case 3 | 5:
                absent = self.pick(*[f"shape[{at}]" for at in range(6)], f"index({self.match()})", "fan_in")
                left = f"{absent} * 0 + {left}"
            case 4:
                return f"{left} {self.pick('in', 'not in')} ({self.pick(*FIELDS, *NUMBERS)}, {right})"
        if self.chance(0.2):
            left, right = right, left
        return f"{left} {self.pick(*ORDER)} {right}"

    def extent(self) -> str:
        """Draw an extent, or `*`."""
        return str(self.pick(*"***148", "2", *self.numbers, "fan_in", "fan_in", "shape[2]", "ndim"))

    def of_words(self) -> str:
        """Draw a test of a dtype or a role: of one word, some, all, or all but some."""
        kind, words = self.random.choice((("dtype", DTYPES), ("role", ROLES)))
        usual = words[:6]
        some = self.random.choice((self.some(usual, 1), self.some(usual, 3), self.some(words, 3), [*words]))
        if len(words) > len(some) and self.chance(0.15):
            some = [word for word in words if word not in some]
        if self.chance(0.5):
            return f"{kind} {self.pick('==', '!=')} {some[0]}"
        return f"{kind} {self.pick('in', 'not in')} ({', '.join(some)})"

    def of_attribute(self) -> str:
        """Draw a test of an attribute of a parameter or a module."""
        function = self.pick("attr", "attr", "module_attr")
        read = f"{function}({self.pick(*self.paths)})"
        constants = self.constants if self.chance(0.7) else EXACT
        match self.random.randrange(6):
            case 0:
                return read
            case 1:
                return f"{read} {self.pick('in', 'not in')} ({', '.join(self.some(constants, 3))})"
            case 2:
                right = self.pick("ndim", "size", f"attr({self.pick(*self.paths)})", "1 + attr(x)")
                return f"{read} {self.pick(*ORDER)} {right}"
            case _:
                left, right = read, self.pick(*constants)
                if self.chance(0.2):
                    left, right = str(right), left
                return f"{left} {self.pick(*ORDER)} {right}"

    def match(self) -> object:
        """Draw a match that is counted."""
        return self.pick(*self.matches, f"name ~ {self.pick(*COUNTED)}")

    def comparison(self, captures: tuple[str, ...], words: tuple[str, ...]) -> str:
        """Draw a test of a capture, alone or inside others."""
        if words and (not captures or self.chance(0.3)):
            right = self.pick('"attn"', '"weight"', '"a"', "word", f"attr({self.pick(*self.paths)})")
            text = f"{words[0]} {self.pick('==', '!=', '<')} {right}"
        elif self.chance(0.15):
            text = str(
                self.pick(
                    f"{captures[0]} in (0, 2, 11)",
                    f"shape == ({captures[0]}, *)",
                    f"{captures[0]} not in (1,)",
                )
            )
        else:
            capture = captures[0]
            number = self.pick(capture, capture, f"12 - {capture}", f"{capture} * 2 + 1", f"{capture} % 2")
            other = self.pick(0, 1, 2, 11, 1.5, 0, 1, 2, 11, "ndim", "shape[0]", "rate", "attr(lr_mult)")
            text = f"{number} {self.pick('<', '>=', '==', '!=')} {other}"
        forms = ("{}", "{}", "not ({})", "({} or {})", "not ({} and {})", "not ({} or {})")
        return str(self.pick(*forms)).format(text, self.atom())
