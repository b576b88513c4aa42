"""The vocabulary: families of classes, roles of their parameters, layouts of their weights.

The data is in vocabulary.toml and in the files that installed packages add (plugins.py), and is read on first
use.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import combinations, product

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inventories.alternatives import last_component
from paramrules.inventories.own_vocabulary import OwnFiles, VocabularyLike, read_own
from paramrules.inventories.owner import named
from paramrules.inventories.plugins import installed, read
from paramrules.inventories.tables import Layout, RoleTable, Tables


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The joined tables, and the `sources` that they come from, the shipped one first."""

    sources: tuple[Tables, ...]
    roots: tuple[str, ...]
    families: Mapping[str, tuple[str, ...]]
    roles: tuple[RoleTable, ...]
    layouts: Mapping[str, Mapping[str, Layout]]
    frameworks: Mapping[str, tuple[str, ...]]


@cache
def vocabulary() -> Vocabulary:
    """Return the shipped vocabulary joined with those of installed packages, read once.

    Raises:
        RulesError: E510 if a package's file cannot be read, E511 if two sources disagree.
    """
    shipped = shipped_tables()
    return joined([shipped, *installed(shipped.families)])


@lru_cache(maxsize=100)
def extended(own: OwnFiles) -> Vocabulary:
    """Return the installed vocabulary joined with a model's own files, which come before it.

    Raises:
        RulesError: E511 if a file puts a class into another family.
    """
    installed = vocabulary()
    if not own:
        return installed
    shipped, *packages = installed.sources
    return joined([shipped, *(file.tables for file in own), *packages])


def own_files(vocabulary: VocabularyLike) -> OwnFiles:
    """Read the files of a model's own vocabulary.

    Raises:
        RulesError: E510 for each mistake in them, E511 if they contradict the installed vocabulary.
    """
    own = read_own(vocabulary, shipped_tables().families)
    extended(own)
    return own


def added(package: str, toml: bytes) -> Vocabulary:
    """Return the shipped vocabulary joined with one package's file, for the package's own tests.

    Raises:
        RulesError: E510 for each mistake in the file, E511 if the shipped one disagrees.

    >>> added("acme-norms", Path("vocabulary.toml").read_bytes()).families["RMSNorm"][-1]
    'acme_norms.UnitScale'
    """
    shipped = shipped_tables()
    return joined([shipped, read(package, toml, shipped.families)])


def shipped_tables() -> Tables:
    """Read vocabulary.toml."""
    text = files(__package__).joinpath("vocabulary.toml").read_text("utf-8")
    return Tables.of("paramrules", tomllib.loads(text))


def joined(sources: Sequence[Tables]) -> Vocabulary:
    """Join the tables of all sources, the shipped one first.

    Roles and layouts of packages take precedence over shipped ones, which may be guesses from a class's name
    (`*Norm`).

    Raises:
        RulesError: E511 if sources put a class into two families.
    """
    conflicts = list(_conflicts(sources))
    if conflicts:
        raise RulesError(conflicts)
    families: dict[str, tuple[str, ...]] = {}
    for family, classes in (row for source in sources for row in source.families.items()):
        families[family] = (*families.get(family, ()), *classes)
    first = (*sources[1:], sources[0])
    frameworks: dict[str, tuple[str, ...]] = {}
    for framework, packages in (row for source in sources for row in source.frameworks.items()):
        frameworks[framework] = (*frameworks.get(framework, ()), *packages)
    layouts: dict[str, Mapping[str, Layout]] = {}
    for name, leaves in (row for source in first for row in source.layouts.items()):
        known = layouts.get(name, {})
        layouts[name] = {**known, **leaves, **known}
    return Vocabulary(
        tuple(sources),
        roots=tuple(root for source in sources for root in source.roots),
        families=families,
        roles=tuple(table for source in first for table in source.roles),
        layouts=layouts,
        frameworks=frameworks,
    )


def _conflicts(sources: Sequence[Tables]) -> Iterator[Diagnostic]:
    """Yield an error for each class that two sources, or one but the shipped, put into different families.

    Families that share classes in the shipped vocabulary do not count as different: a Conv1d is a Conv.
    """
    shipped = sources[0].families
    rows = [
        [
            (family, [(cls, last_component(cls)) for cls in classes])
            for family, classes in source.families.items()
        ]
        for source in sources
    ]
    for one, other in (
        *combinations(range(len(sources)), 2),
        *((own, own) for own in range(1, len(sources))),
    ):
        for at, (family, classes) in enumerate(rows[one]):
            for second, others in rows[other][at + 1 if one == other else 0 :]:
                if family == second or set(shipped.get(family, ())) & set(shipped.get(second, ())):
                    continue
                for (cls, last), (same, end) in product(classes, others):
                    if last and end and last != end:
                        continue
                    if named(cls, same) or named(same, cls):
                        yield Diagnostic(
                            "E511",
                            f"`{cls}` is put into `{family}` by `{sources[one].source}`, "
                            f"and `{same}` into `{second}` by `{sources[other].source}`",
                            help=f"take `{same}` out of the vocabulary of `{sources[other].source}`",
                        )
