"""Classes for which given alternatives of `type`, `within` and `variable` hold, and others do not.

A class and its bases have names, and an alternative holds if it matches one of them. Which alternatives match
one name together is found by trying every name that can differ from others: each class that an alternative
names, each member of its family, and for alternatives with wildcards a name for each combination of them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import product
from typing import Final, NamedTuple

from paramrules.inventories.classes import Match, match
from paramrules.inventories.own_vocabulary import current
from paramrules.inventories.owner import Class
from paramrules.inventories.vocabulary import extended
from paramrules.proofs.globs import regex, whole
from paramrules.proofs.texts import Texts
from paramrules.rules.dnf import Budget, GaveUp

Alternatives = frozenset[str]

_MODULE: Final = "lab.layers"
"""The module of classes that no table knows."""
_PLAIN: Final = f"{_MODULE}.Layer"
_ROOT: Final = "torch.nn.modules.module.Module"
"""A class that no alternative matches, `*` neither: the frameworks' roots are not compared."""
_MOST: Final = 6
"""The most alternatives with wildcards of which all combinations are tried."""
_ALONE: Final[list[tuple[tuple[str, ...], Alternatives]]] = [((), frozenset())]


class Chosen(NamedTuple):
    """The classes around a name: that of a module around the owner, if one is needed, and the owner's.

    `types` and `withins` are the alternatives that hold for them.
    """

    around: tuple[str, ...]
    owner: tuple[str, ...]
    types: Alternatives
    withins: Alternatives

    @property
    def cost(self) -> tuple[int, int]:
        """The effort of reading an example with these classes."""
        return len(self.owner) + len(self.around), len(self.types) + len(self.withins)


class Classes:
    """The classes that the alternatives of two files tell apart."""

    def __init__(self, alternatives: Sequence[str], budget: Budget) -> None:
        self._alternatives = alternatives
        self._budget = budget
        self._words = extended(current())
        self._chosen: dict[tuple[Alternatives, Alternatives], list[Chosen]] = {}

    @cached_property
    def names(self) -> dict[Alternatives, tuple[str, ...]]:
        """The alternatives that can hold for one name together, each with a class: its name, and its bases.

        What holds only because of how a name ends does not hold beside a class that the vocabulary lists.
        """
        found: dict[Alternatives, tuple[str, ...]] = {}
        modules = self._modules()
        names = [f"{module}.{short}".removeprefix(".") for short in self._shorts() for module in modules]
        names.sort(key=lambda name: (not name.startswith(_MODULE), "." not in name, len(name), name))
        for name in (_PLAIN, *names, _ROOT):
            self._budget.spend(len(self._alternatives))
            matches = {a: found_ for a in self._alternatives if (found_ := self._match(a, name))}
            found.setdefault(frozenset(matches), (name,))
            listed = frozenset(a for a, found_ in matches.items() if not found_.by_name)
            if len(listed) < len(matches):
                found.setdefault(listed, (name, self._listed))
        return found

    def held(self, name: str) -> Alternatives:
        """Return the alternatives that hold for a class without bases."""
        return frozenset(each for each in self._alternatives if self._match(each, name))

    def _match(self, alternative: str, name: str) -> Match | None:
        return match(alternative, Class(name), self._words)

    @cached_property
    def _listed(self) -> str:
        """A class that the vocabulary lists, and that has as few alternatives as possible."""
        members = [m for some in self._words.families.values() for m in some if not set("*?") & set(m)]
        return min(members, key=lambda name: sum(bool(self._match(a, name)) for a in self._alternatives))

    def ways(self, types: Alternatives, withins: Alternatives) -> list[Chosen]:
        """Return the ways to choose classes for which these hold, and as few others as possible."""
        key = types, withins
        if key not in self._chosen:
            self._chosen[key] = [
                Chosen(around, owner, held, outer | held)
                for owner, held in self.covering(types)
                for around, outer in (self.covering(withins - held) if withins - held else _ALONE)
            ]
            self._chosen[key].sort(key=lambda chosen: chosen.cost)
        return self._chosen[key]

    def covering(self, wanted: Alternatives) -> list[tuple[tuple[str, ...], Alternatives]]:
        """Return names of classes for which the wanted alternatives hold, each with all that hold then."""
        names = self.names
        if not wanted:
            return [(names[held], held) for held in self._minimal(list(names))]
        options = [self._minimal([held for held in names if each in held]) for each in sorted(wanted)]
        found: dict[Alternatives, tuple[str, ...]] = {}
        for chosen in product(*options):
            self._budget.spend()
            parts = self._without_subsets(chosen)
            found.setdefault(frozenset().union(*parts), tuple(name for held in parts for name in names[held]))
        return [(found[held], held) for held in self._minimal(list(found))]

    def _minimal(self, sets: list[Alternatives]) -> list[Alternatives]:
        return [held for held in sets if not any(other < held for other in sets)]

    def _without_subsets(self, chosen: tuple[Alternatives, ...]) -> list[Alternatives]:
        different = list(dict.fromkeys(chosen))
        return [held for held in different if not any(held < other for other in different)]

    def _shorts(self) -> list[str]:
        """Return the last components of names: each that is written, and one for each mix of wildcards."""
        families = self._words.families
        members = [member for a in self._alternatives for member in families.get(a, ())]
        plain = [name.rpartition(".")[2] for name in (*self._alternatives, *members)]
        globs = [short for short in dict.fromkeys(plain) if set("*?") & set(short)]
        own = [glob for glob in globs if any(a.endswith(glob) for a in self._alternatives)]
        if len(own) > _MOST:
            raise GaveUp
        endings = [f"*{a}" for a in sorted(self._alternatives) if a in families]
        texts = Texts(self._budget)
        one = texts.test("name", r"^[^.]+$")
        word = texts.test("name", r"^[A-Z]\w*$")
        others = [texts.test("name", regex(glob)) for glob in (*endings, *globs)]
        taken = {name.rpartition(".")[2] for name in (*plain, *self._words.roots)}

        def told_apart(found: str) -> Iterable[int]:
            if found in taken:
                return (texts.test("name", whole(found)),)
            return (test for test in others if texts.holds(test, found))

        for wanted, blocked in _mixes([texts.test("name", regex(glob)) for glob in own]):
            for test in (one, *others):
                needed = wanted | {one, test}
                plain += _apart(texts, (needed | {word}, needed), blocked, told_apart)
        return [short for short in dict.fromkeys(plain) if short not in globs]

    def _modules(self) -> list[str]:
        """Return the modules that tell classes of one name apart, one of which nothing is known, and none."""
        families = self._words.families
        written = [name for a in self._alternatives for name in (a, *families.get(a, ()))]
        modules = [module for name in written if (module := name.rpartition(".")[0])]
        globs = [module for module in dict.fromkeys(modules) if set("*?") & set(module)]
        if len(globs) > _MOST:
            raise GaveUp
        texts = Texts(self._budget)
        tests = [texts.test("name", _at_or_below(glob)) for glob in globs]
        plain = [module for module in dict.fromkeys(modules) if module not in globs]

        def told_apart(found: str) -> Iterable[int]:
            return (
                texts.test("name", _at_or_below(each)) for each in plain if f"{found}.".startswith(f"{each}.")
            )

        mixed = [
            module
            for wanted, blocked in _mixes(tests)
            for module in _apart(texts, (wanted,), blocked, told_apart)
        ]
        return [_MODULE, *plain, *mixed, *([""] if globs else [])]


def _apart(
    texts: Texts,
    wanted: Sequence[frozenset[int]],
    blocked: frozenset[frozenset[int]],
    told_apart: Callable[[str], Iterable[int]],
) -> Iterator[str]:
    """Yield texts with tests, and so few others of those that tell one apart that no text has fewer.

    `wanted` are these tests: the first that some text has, where there are several.
    """
    while True:
        found = next((text for tests in wanted if (text := texts.find(tests, blocked)) is not None), None)
        if found is None:
            return
        yield found
        others = frozenset(told_apart(found)).difference(wanted[-1])
        if not others:
            return
        blocked |= {others}


def _mixes(tests: list[int]) -> Iterator[tuple[frozenset[int], frozenset[frozenset[int]]]]:
    """Yield every choice of tests that hold, with the others, of which none does."""
    for chosen in product((False, True), repeat=len(tests)):
        signs = list(zip(tests, chosen, strict=True))
        wanted = frozenset(test for test, value in signs if value)
        yield wanted, frozenset(frozenset((test,)) for test, value in signs if not value)


def _at_or_below(glob: str) -> str:
    """Return a regex for the modules that a glob matches, and for those below them."""
    return f"{regex(glob)}|{regex(f'{glob}.*')}"
