"""Names, with their classes and attributes, at which given tests hold together and others do not."""

from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

from paramrules.proofs.attributes import AttributeValues
from paramrules.proofs.class_names import Chosen, Classes
from paramrules.proofs.globs import whole
from paramrules.proofs.texts import Texts
from paramrules.rules.dnf import Atom, Budget, GaveUp

Tests = frozenset[Atom]
"""Tests that hold together at one name."""

Path = tuple[str, tuple[str, ...]]
"""An attribute: `attr` or `module_attr`, and the path."""


class Name(NamedTuple):
    """One name of a parameter, and what is true there.

    Attributes:
        text: the name.
        classes: the classes around it.
        attributes: the values of attributes that tests ask for.
        held: the tests that hold, those of texts excepted.
    """

    text: str
    classes: Chosen
    attributes: tuple[tuple[Path, object], ...]
    held: Tests

    @property
    def options(self) -> dict[str, str]:
        """The options that have to be a part of the name, each with that part."""
        module, _, leaf = self.text.rpartition(".")
        parts = {"name": self.text, "module": module, "leaf": leaf}
        asked = [test for test in self.held if test.kind.startswith("option ")]
        return {str(test.what): parts[test.subject] for test in asked}


class Names:
    """The tests of names in two files, whose order decides which of several names is found.

    Args:
        tests: the tests.
        texts: the tests of texts.
        read: the attributes that values read.
        budget: the steps that are left.
    """

    def __init__(self, tests: Iterable[Atom], texts: Texts, read: Iterable[Path], budget: Budget) -> None:
        self._texts = texts
        self._budget = budget
        self._numbers: dict[Atom, int] = {}
        self._found: dict[tuple[Tests, frozenset[Tests]], Name | None] = {}
        alternatives: dict[str, None] = {}
        paths: dict[Path, list[Atom]] = {path: [] for path in read}
        for test in tests:
            if test.kind == "text":
                subject, regex = test.subject, str(test.what)
                self._numbers[test] = texts.test(subject, regex)
            elif test.kind == "class":
                alternatives[str(test.what)] = None
            elif test.kind == "attribute":
                paths.setdefault(_path(test), []).append(test)
        self._classes = Classes(list(alternatives), budget)
        self._attributes = {path: AttributeValues(some) for path, some in paths.items()}

    def holds(self, tests: Tests, name: Name) -> bool:
        """Return whether tests hold together at a name."""
        return all(
            self._texts.holds(self._numbers[test], name.text) if test.kind == "text" else test in name.held
            for test in tests
        )

    def find(self, wanted: Tests, blocked: frozenset[Tests]) -> Name | None:
        """Return a name at which all wanted tests hold, and of each blocked set not all, or None.

        Raises:
            GaveUp: that takes too many steps to find out.
        """
        key = wanted, blocked
        if key not in self._found:
            self._found[key] = self._search(wanted, blocked)
        return self._found[key]

    def filled(self, name: Name, value: float) -> Name:
        """Return a name at which missing attributes have a value, this or more, if the same tests hold."""
        given = dict(name.attributes)
        for more, (path, values) in enumerate(self._attributes.items()):
            held = frozenset(test for test in name.held if _of(test, path))
            fitting = (number for number in (value + more, value) if values.held(number) == held)
            if path not in given and (number := next(fitting, None)) is not None:
                given[path] = number
        return name._replace(attributes=tuple(given.items()))

    def another(self, wanted: Tests, blocked: frozenset[Tests], than: Iterable[Name]) -> Name:
        """Return a name as `find` does, none of those that are there already.

        Raises:
            GaveUp: there is none.
        """
        others = set()
        for name in than:
            test = Atom("text", "name", whole(name.text))
            self._numbers[test] = self._texts.test("name", str(test.what))
            others.add(frozenset((test,)))
        found = self.find(wanted, blocked | others)
        if found is None:
            raise GaveUp
        return found

    def _search(self, wanted: Tests, blocked: frozenset[Tests]) -> Name | None:
        texts = frozenset(self._numbers[test] for test in wanted if test.kind == "text")
        for classes, attributes, held in self._ways(wanted):
            self._budget.spend(1 + len(blocked))
            rest: set[frozenset[int]] = set()
            for tests in blocked:
                if all(test.kind == "text" or test in held for test in tests):
                    rest.add(frozenset(self._numbers[test] for test in tests if test.kind == "text"))
            text = None if frozenset() in rest else self._texts.find(texts, frozenset(rest))
            if text is not None:
                return Name(text, classes, attributes, held)
        return None

    def _ways(self, wanted: Tests) -> Iterable[tuple[Chosen, tuple[tuple[Path, object], ...], Tests]]:
        """Yield the ways to choose classes and attributes, each with the tests that hold then."""
        alternatives = {
            function: frozenset(str(t.what) for t in wanted if t.kind == "class" and t.subject == function)
            for function in ("type", "within")
        }
        opaque = frozenset(test for test in wanted if test.kind not in ("text", "class", "attribute"))
        asked = {_path(test) for test in wanted if test.kind == "attribute"}
        values = [
            [
                (path, *way)
                for way in self._attributes[path].ways(frozenset(t for t in wanted if _of(t, path)))
            ]
            for path in sorted(asked)
        ]
        for classes in self._classes.ways(alternatives["type"], alternatives["within"]):
            held = {Atom("class", "type", each) for each in classes.types}
            held |= {Atom("class", "within", each) for each in classes.withins}
            for chosen in product(*values):
                more = (test for *_, tests in chosen for test in tests)
                attributes = tuple((path, value) for path, value, _ in chosen)
                yield classes, attributes, frozenset((*held, *opaque, *more))


def _path(test: Atom) -> Path:
    assert isinstance(test.what, tuple)
    return test.subject, test.what[0]


def _of(test: Atom, path: Path) -> bool:
    return test.kind == "attribute" and _path(test) == path
