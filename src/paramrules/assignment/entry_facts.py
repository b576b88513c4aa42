"""Facts about an inventory, by entry and computed once: columns, classes, regex matches, sort orders.

An *entry* is a parameter under one of its names (see `paramrules.inventories`). Because everything here is by
entry, the evaluator need not know about tied parameters. All orders are the same on every machine and rank.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property, partial
from itertools import repeat
from operator import itemgetter
from typing import Any

from paramrules.facts import BY_NAME
from paramrules.inventories import Class, Inventory, Owner
from paramrules.inventories.classes import match as class_match
from paramrules.inventories.ties import NaturalKey, natural
from paramrules.rules.terms import ClassTest, RegexTest

OrderKey = tuple[Any, ...]

Texts = tuple[str | None, ...]
"""The text of each group of a regex; None for a group that did not take part."""
GroupValues = tuple[int | str, ...]
"""The same as numbers and texts."""

FEW = 16
"""The most entries that are looked at one by one, rather than the whole column at once."""

_BY_ENTRY = {"role", *BY_NAME}
_ZEROS = str.maketrans("123456789", "0" * 9)


def number(digits: str) -> int | str:
    """Return digits as a number; more than fit into 64 bits stay a text."""
    return int(digits) if len(digits) < 19 or len(digits.lstrip("0")) < 19 else digits


class Facts:
    """Columns over the entries of one inventory, and the cached results of tests on them."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.names = inventory.names
        self.count = len(inventory)
        self.extra = [0] * (len(self.names) - self.count)
        for parameter, others in inventory.aliases.items():
            for entry in others:
                self.extra[entry - self.count] = parameter
        self._columns: dict[str, Sequence[Any]] = {}
        self._owners: dict[ClassTest, frozenset[Any]] = {}
        self._found: dict[tuple[str, str], dict[int, Texts]] = {}
        self._complete: set[tuple[str, str]] = set()
        self._order: dict[tuple[str, str], dict[GroupValues, int]] = {}
        self._ranks: dict[tuple[str, str], dict[int, int]] = {}
        self._natural: dict[int, tuple[NaturalKey, str]] = {}

    # Entries and parameters

    def parameter(self, entry: int) -> int:
        """Return the parameter that has this entry."""
        return entry if entry < self.count else self.extra[entry - self.count]

    def parameters(self, entries: Iterable[int]) -> set[int]:
        """Return the parameters that have one of these entries."""
        return {self.parameter(entry) for entry in entries} if self.extra else set(entries)

    def with_siblings(self, entries: list[int]) -> list[int]:
        """Return these entries and all others of the same parameters."""
        if not self.extra:
            return entries
        wanted = self.parameters(entries)
        return [entry for p in wanted for entry in self.inventory.entries(p)]

    def tied(self, entry: int) -> bool:
        """Return whether the entry's parameter has more than one name."""
        return self.parameter(entry) in self.inventory.aliases

    def order(self, entry: int) -> tuple[NaturalKey, str]:
        """Return a key that sorts entries by name, in natural order."""
        if entry not in self._natural:
            self._natural[entry] = natural(self.names[entry]), self.names[entry]
        return self._natural[entry]

    def first(self, entries: Iterable[int]) -> int:
        """Return the entry whose name comes first in natural order."""
        return min(entries, key=self.order)

    # Columns

    def column(self, fact: str) -> Sequence[Any]:
        """Return the column of a fact, one value per entry."""
        if fact not in self._columns:
            column = self.inventory.column(fact)
            if fact not in _BY_ENTRY and self.extra:
                column = [*column, *(column[parameter] for parameter in self.extra)]
            self._columns[fact] = column
        return self._columns[fact]

    def texts(self, subject: str) -> Sequence[str]:
        """Return the `name`, `leaf` or `module` of each entry."""
        if subject == "name":
            return self.names
        if subject not in self._columns:
            part = 2 if subject == "leaf" else 0
            self._columns[subject] = [name.rpartition(".")[part] for name in self.names]
        return self._columns[subject]

    @cached_property
    def folded(self) -> Sequence[str]:
        """The name of each entry with a zero in place of each digit."""
        # names one by one take 10 times as long
        folded = "\n".join(self.names).translate(_ZEROS).split("\n")
        if len(folded) != len(self.names):
            folded = [name.translate(_ZEROS) for name in self.names]
        shared: dict[str, str] = {}
        return [shared.setdefault(name, name) for name in folded]

    def read(self, fact: str) -> Sequence[Any]:
        """Return the column of a fact, of the `folded` names, or of each `owner`."""
        if fact == "owner":
            return self.inventory.owners
        return self.folded if fact == "folded" else self.column(fact)

    # Classes

    def with_class(self, test: ClassTest, entries: list[int]) -> list[int]:
        """Return the entries for which a class test holds."""
        holders = self.class_holders(test)
        column = self.column("variable") if test.function == "variable" else self.inventory.owners
        return [entry for entry in entries if column[entry] in holders]

    def class_holders(self, test: ClassTest) -> frozenset[Any]:
        """Return the owners (the classes, for `variable`) for which the test holds."""
        if test not in self._owners:
            words = self.inventory.vocabulary

            def taken(cls: Class) -> bool:
                return any(class_match(alternative.text, cls, words) for alternative in test.alternatives)

            if test.function == "variable":
                holders: list[Any] = [cls for cls in set(self.column("variable")) if taken(cls)]
            elif test.function == "within":
                holders = [owner for owner in self.owners if any(map(taken, owner.around))]
            else:
                holders = [owner for owner in self.owners if taken(owner.cls)]
            self._owners[test] = frozenset(holders)
        return self._owners[test]

    @property
    def owners(self) -> Sequence[Owner]:
        """The distinct owners, in the model's order."""
        if "owners" not in self._columns:
            self._columns["owners"] = list(dict.fromkeys(self.inventory.owners))
        return self._columns["owners"]

    def classes(self, function: str) -> list[Class]:
        """Return the distinct classes that `type`, `within` or `variable` looks at."""
        if function == "variable":
            return list(dict.fromkeys(self.column("variable")))
        looked_at = (owner.around if function == "within" else owner.around[-1:] for owner in self.owners)
        return list(dict.fromkeys(cls for around in looked_at for cls in around))

    # Regexes

    def with_regex(self, test: RegexTest, entries: list[int]) -> list[int]:
        """Return the entries in whose text the regex is found, whether or not the test is negated."""
        if test.regex.groups:
            found = self.found(test, entries)
            return [entry for entry in entries if entry in found]
        texts, search = self.texts(test.subject), test.regex.search
        if test.subject == "leaf" and len(entries) > FEW:
            good = {text for text in set(texts) if search(text)}
            return [entry for entry in entries if texts[entry] in good]
        return [entry for entry in entries if search(texts[entry])]

    def found(self, test: RegexTest, entries: Sequence[int] | None = None) -> dict[int, Texts]:
        """Return the groups' texts for at least those of the entries (None: all) that the regex matches."""
        key = (test.subject, test.regex.text)
        found = self._found.setdefault(key, {})
        if key not in self._complete:
            if entries is None or len(entries) == len(self.names):
                self._complete.add(key)
                entries = range(len(self.names))
            new = [entry for entry in entries if entry not in found]
            if test.regex.groups and len(new) > 1 and test.regex.takes_digits_alike:
                self._cut(test, new, found)
            else:
                texts, search = self.texts(test.subject), test.regex.search
                found |= {entry: match.groups() for entry in new if (match := search(texts[entry]))}
        return found

    def _cut(self, test: RegexTest, entries: Iterable[int], found: dict[int, Texts]) -> None:
        """Add the groups' texts where the regex matches, which is at the same place in all alike names."""
        texts, folded = self.texts(test.subject), self.folded
        alike: dict[str, list[int]] = defaultdict(list)
        for entry in entries:
            alike[folded[entry]].append(entry)
        shared: dict[Texts, Texts] = {}
        for some in alike.values():
            if match := test.regex.search(texts[some[0]]):
                spans = [match.span(group) for group in range(1, len(test.regex.groups) + 1)]
                whole = [texts[entry] for entry in some]
                cut = [
                    map(itemgetter(slice(a, b)), whole) if b >= 0 else repeat(None, len(some))
                    for a, b in spans
                ]
                for entry, values in zip(some, zip(*cut, strict=True), strict=True):
                    found[entry] = shared.setdefault(values, values)

    def positions(self, test: RegexTest) -> dict[GroupValues, int]:
        """Return the distinct values of a match's groups over all parameters, each with its rank."""
        key = (test.subject, test.regex.text)
        if key not in self._order:
            found = self.found(test)
            values = set(found.values()) if not self.extra else {found[e] for e in self._first_found(found)}
            ordered = sorted({self.groups(test, value) for value in values}, key=partial(_groups_key, test))
            self._order[key] = {value: place for place, value in enumerate(ordered)}
        return self._order[key]

    def _first_found(self, found: dict[int, Texts]) -> list[int]:
        by_parameter: dict[int, list[int]] = {}
        for entry in found:
            by_parameter.setdefault(self.parameter(entry), []).append(entry)
        return [self.first(some) if len(some) > 1 else some[0] for some in by_parameter.values()]

    def position(self, test: RegexTest, entry: int) -> int | None:
        """Return the rank of the parameter's value among all, or None if none of its names matches."""
        return self.ranks(test).get(entry)

    def ranks(self, test: RegexTest) -> dict[int, int]:
        """Return for each entry the rank of its parameter's value, if one of the parameter's names matches.

        Of several, the one that comes first in natural order decides.
        """
        key = (test.subject, test.regex.text)
        if key not in self._ranks:
            self._ranks[key] = self._ranked(test)
        return self._ranks[key]

    def _ranked(self, test: RegexTest) -> dict[int, int]:
        found, order = self.found(test), self.positions(test)
        deciding = self._first_found(found) if self.extra else found
        rank = {texts: order[self.groups(test, texts)] for texts in {found[entry] for entry in deciding}}
        return {
            entry: rank[found[first]]
            for first in deciding
            for entry in self.inventory.entries(self.parameter(first))
        }

    def groups(self, test: RegexTest, texts: Texts) -> GroupValues:
        """Return the groups as values: numbers where they can only be digits; an absent one is 0 or empty."""
        return tuple(
            number(text or "0") if group.numeric else text or ""
            for group, text in zip(test.regex.groups, texts, strict=True)
        )


class SomeFacts(Facts):
    """The facts about some entries of a model. Counts and ranks stay those of the model.

    Args:
        facts: the facts about the model.
        inventory: the inventory of the entries.
        entries: their numbers in the model.
    """

    def __init__(self, facts: Facts, inventory: Inventory, entries: Sequence[int]) -> None:
        super().__init__(inventory)
        self._facts = facts
        self._entries = entries

    def positions(self, test: RegexTest) -> dict[GroupValues, int]:
        """Return the values of a match's groups over the model, each with its rank."""
        return self._facts.positions(test)

    def _ranked(self, test: RegexTest) -> dict[int, int]:
        ranks = self._facts.ranks(test)
        return {entry: ranks[n] for entry, n in enumerate(self._entries) if n in ranks}


def _groups_key(test: RegexTest, values: GroupValues) -> OrderKey:
    return order_key(
        in_written_order(group.words, value) for group, value in zip(test.regex.groups, values, strict=True)
    )


def in_written_order(words: tuple[str, ...], value: int | str | None) -> int | str | tuple[int, str] | None:
    """Return what sorts a captured value: its position among the words of its group, if it has any."""
    if not words or isinstance(value, int):
        return value
    text = value or ""
    return (words.index(text if text in words else text.lower()) if text else -1, text)


def order_key(values: Iterable[Any]) -> OrderKey:
    """Return a sort key: none first, then booleans, numbers, texts, and tuples item by item.

    A rank stands before each value, so that only values of one kind are compared.
    """
    key: list[Any] = []
    for value in values:
        key += _rank(value)
    return tuple(key)


def _rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    if isinstance(value, bool):
        return (1, value)
    if isinstance(value, int | float):
        return (2, value)
    if isinstance(value, str):
        return (3, value)
    return (4, order_key(value))
