"""A rule file and the files that it includes, parsed but not yet resolved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paramrules.diagnostics import Diagnostic, Place, Source, Span, did_you_mean
from paramrules.rules.beside import Located, beside, located
from paramrules.rules.shipped import definitions, find_policy, source_of
from paramrules.syntax import language, nodes, read
from paramrules.syntax.decode import normalised
from paramrules.syntax.nodes import Allow, File, Include

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file's syntax tree, and the included file of each `include` statement, in order.

    A file that is included more than once (a diamond) is the same `Loaded` everywhere. An include that could
    not be followed has been reported, and is left out of `includes`. `identity` is the same for the same
    file, by whatever path it is reached: its real path on the disk.
    """

    source: Source
    file: File
    includes: tuple[tuple[Include, "Loaded"], ...] = ()
    identity: str = ""

    @property
    def allows(self) -> tuple[Allow, ...]:
        """The allow comments of the file and of its includes."""
        return tuple(allow for each in (self, *self.files()) for allow in each.file.allows)

    @property
    def first_includes(self) -> list[tuple[Include, "Loaded"]]:
        """The includes, without repeated ones of the same file."""
        seen: dict[int, tuple[Include, Loaded]] = {}
        for include, loaded in self.includes:
            seen.setdefault(id(loaded), (include, loaded))
        return list(seen.values())

    def files(self) -> Iterator["Loaded"]:
        """Yield the files included, directly or not, each once and after those that it includes itself."""
        seen: set[int] = {id(self)}

        def below(loaded: Loaded) -> Iterator[Loaded]:
            for _, inner in loaded.includes:
                if id(inner) not in seen:
                    seen.add(id(inner))
                    yield from below(inner)
                    yield inner

        return below(self)


class Reading:
    """Reads a main file and the files that it includes, each once.

    Args:
        source: the main file.
        opened: texts to read in place of files on the disk, by the files' real paths.

    Attributes:
        findings: the errors and warnings so far, in no order.
        sources: the files read so far, the main one first.
    """

    def __init__(self, source: Source, opened: Mapping[str, str] | None = None) -> None:
        self.findings: list[Diagnostic] = []
        self.sources = [source]
        self._opened = opened or {}
        self._read: dict[str, Loaded] = {}
        self._chain: list[Located] = []

    def main(self, source: Source, path: "str | Traversable | None") -> Loaded:
        """Return the main file; without a path it has no folder to include from."""
        file = Located("", source.name) if path is None else located(path)._replace(name=source.name)
        return self._tree(source, file)

    def _tree(self, source: Source, file: Located) -> Loaded:
        tree, findings = read(source)
        self.findings += findings
        self._chain.append(file)
        includes = []
        for statement in tree.statements:
            if isinstance(statement, Include):
                loaded = self._follow(statement, file)
                if loaded is not None:
                    includes.append((statement, loaded))
        self._chain.pop()
        return Loaded(source, tree, tuple(includes), file.identity)

    def _follow(self, include: Include, from_file: Located) -> Loaded | None:
        place = _path(include)
        if include.shipped:
            target = self._shipped(include)
        else:
            target = beside(from_file, include.path, place, definitions)
        if isinstance(target, Diagnostic):
            self.findings.append(target)
            return None
        if target.identity in self._read:
            return self._read[target.identity]
        circle = [file.identity for file in self._chain]
        if target.identity in circle:
            self.findings.append(_circle(include, self._chain[circle.index(target.identity) :]))
            return None
        if len(self.sources) > language.FILES:
            self.findings.append(
                Diagnostic("E111", f"more than {language.FILES} files are included", _path(include))
            )
            return None
        source = source_of(include.path) if include.shipped else self._source(target, place)
        if isinstance(source, Diagnostic):
            self.findings.append(source)
            return None
        self.sources.append(source)
        loaded = self._tree(source, target)
        self._read[target.identity] = loaded
        self._refuse_rules(include, loaded)
        return loaded

    def _source(self, target: Located, place: Span) -> Source | Diagnostic:
        if target.identity in self._opened:
            return Source(target.name, normalised(self._opened[target.identity]))
        return target.read(place)

    def _shipped(self, include: Include) -> Located | Diagnostic:
        known = definitions()
        if include.path in known:
            return Located(f"<{include.path}>", f"<{include.path}>")
        policy = find_policy(include.path)
        if not isinstance(policy, Diagnostic):
            return Diagnostic(
                "E972",
                f"`<{include.path}>` is a policy, and only definitions can be included",
                _path(include),
                help=f"use it in place of this file, or write its rules out: `paramrules new {policy.name}`",
            )
        near = did_you_mean(include.path, known)
        listed = ", ".join(f"`<{name}>`" for name in known)
        return Diagnostic(
            "E112",
            f"the shipped library has no file `{include.path}`",
            _path(include),
            help=f"{near + ' ' if near else ''}it has {listed}",
        )

    def _refuse_rules(self, include: Include, loaded: Loaded) -> None:
        for statement in loaded.file.statements:
            if isinstance(statement, nodes.Axis | nodes.Rule | nodes.Expect):
                self.findings.append(
                    Diagnostic(
                        "E115",
                        "an included file contains rules",
                        statement.span,
                        "only `let`, `option` and `include` are allowed here",
                        also=(Place(include.span, "included here"),),
                        help="move the rules to the file that is loaded: it alone defines the groups",
                    )
                )
                return


def _path(include: Include) -> Span:
    """Return the place of the path, quotes or brackets included."""
    span = include.span
    return Span(span.source, span.end - len(include.path) - 2, span.end)


def _circle(include: Include, chain: list[Located]) -> Diagnostic:
    if len(chain) == 1:
        return Diagnostic("E114", f"`{chain[0].name}` includes itself", _path(include))
    way = " -> ".join(f"`{file.name}`" for file in (*chain, chain[0]))
    return Diagnostic("E114", f"includes form a circle: {way}", _path(include))
