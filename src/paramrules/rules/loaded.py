"""A rule file and the files that it includes, read but not yet understood: what `resolve` is given."""

from collections.abc import Iterator
from dataclasses import dataclass

from paramrules.diagnostics import Source
from paramrules.syntax.nodes import Allow, File, Include


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file's tree, and for each of its `include` statements, in their order, the file that it names.

    A file that is included in several ways (a diamond) is one and the same `Loaded` everywhere. An include
    that could not be followed is not among `includes`; it has been reported.
    """

    source: Source
    file: File
    includes: tuple[tuple[Include, "Loaded"], ...] = ()

    @property
    def allows(self) -> tuple[Allow, ...]:
        """The allow comments of the file, then those of the included ones."""
        return tuple(allow for each in (self, *self.files()) for allow in each.file.allows)

    def files(self) -> Iterator["Loaded"]:
        """The included files, directly or not, each once and after those that it includes itself."""
        seen: set[int] = {id(self)}

        def below(loaded: Loaded) -> Iterator[Loaded]:
            for _, inner in loaded.includes:
                if id(inner) not in seen:
                    seen.add(id(inner))
                    yield from below(inner)
                    yield inner

        return below(self)
