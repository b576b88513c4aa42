"""The shipped library: definitions to include, and whole policies to use by name.

`library/timm.rules` is `<timm>`, definitions for `include <timm>`. `library/timm/layer_decay@1.rules` is
`<timm/layer_decay@1>`, version 1 of a policy, which never changes once it is released. A text in angle
brackets always names the library; a file of that name is reached as `./<timm>`, or as a `Path`.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeGuard

from paramrules.diagnostics import Diagnostic, Source, did_you_mean

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_SUFFIX: Final = ".rules"
_VERSION: Final = re.compile(r"@([0-9]{1,9})$")


class Policy(NamedTuple):
    """A version of a policy of the shipped library."""

    name: str
    version: int

    def __str__(self) -> str:
        """Return the text that names it: `<timm/layer_decay@1>`."""
        return f"<{self.name}@{self.version}>"

    @property
    def source(self) -> Source:
        """The text of its rule file."""
        return source_of(f"{self.name}@{self.version}")

    @property
    def copy(self) -> str:
        """The text for a file of one's own, which says where it comes from."""
        return f"# A copy of `{self}`.\n{self.source.text}"

    @property
    def summary(self) -> str:
        """The first sentence of its file."""
        return " ".join(self._comments).partition(". ")[0].removesuffix(".")

    @property
    def url(self) -> str:
        """The place of what it is proved against."""
        return next(line for line in self._comments if line.startswith("https://"))

    @property
    def _comments(self) -> list[str]:
        """The lines of the comment at its top."""
        top = self.source.text.partition("\nedition ")[0]
        return [line.removeprefix("#").strip() for line in top.splitlines()]


def names_shipped(path: object) -> TypeGuard[str]:
    """Return whether a value names a file of the shipped library: a text in angle brackets."""
    return isinstance(path, str) and path.startswith("<") and path.endswith(">")


def file_name(text: str) -> str:
    """Return the name that a file of a policy has outside the library, whatever its version.

    >>> file_name("<timm/layer_decay@1>")
    'timm_layer_decay.rules'
    """
    return _VERSION.sub("", text.strip("<>")).replace("/", "_") + _SUFFIX


def definitions() -> list[str]:
    """Return the names of the files of definitions, in order."""
    return [name for name in _files() if not _VERSION.search(name)]


def policies() -> dict[str, list[Policy]]:
    """Return the policies by name, in order, each with its versions from the oldest to the newest."""
    found: dict[str, list[Policy]] = {}
    for name in _files():
        if version := _VERSION.search(name):
            policy = Policy(name[: version.start()], int(version[1]))
            found.setdefault(policy.name, []).append(policy)
    return {name: sorted(versions) for name, versions in sorted(found.items())}


def find_policy(text: str) -> Policy | Diagnostic:
    """Return the policy that a text names, or what is wrong with the text.

    It may lack the angle brackets, and the version, which is then the newest.
    """
    wanted = text.strip("<>")
    version = _VERSION.search(wanted)
    name = wanted[: version.start()] if version else wanted
    versions = policies().get(name)
    if versions is None:
        return _unknown(name)
    if version is None:
        return versions[-1]
    policy = Policy(name, int(version[1]))
    if policy in versions:
        return policy
    known = " and ".join(f"`{each}`" for each in versions)
    return Diagnostic("E971", f"`<{name}>` has no version {policy.version}", help=f"there is {known}")


def names_policy(text: str) -> bool:
    """Return whether a text names a policy of the library with its version.

    >>> names_policy("<timm/layer_decay@1>"), names_policy("<rules>")
    (True, False)
    """
    return names_shipped(text) and "@" in text and isinstance(find_policy(text), Policy)


def note_of(text: str, policy: Policy) -> list[Diagnostic]:
    """Return a note on the version of a policy if the text that names it has none."""
    if _VERSION.search(text.strip("<>")):
        return []
    help = f"write `{policy}` to keep this version when a newer one comes"
    return [Diagnostic("N974", f"`<{policy.name}>` is `{policy}`, the newest version", help=help)]


def source_of(name: str) -> Source:
    """Return the text of a file of the library by its name, without angle brackets."""
    return Source(f"<{name}>", file_of(name).read_text(encoding="utf-8"))


def file_of(name: str) -> "Traversable":
    """Return a file of the library by its name, without angle brackets."""
    folder, _, last = name.rpartition("/")
    place = _library()
    for part in filter(None, folder.split("/")):
        place = place.joinpath(part)
    return place.joinpath(last + _SUFFIX)


def _unknown(name: str) -> Diagnostic:
    names = list(policies())
    if name in definitions():
        beside = ", ".join(f"`<{each}>`" for each in names if each.startswith(f"{name}/"))
        return Diagnostic(
            "E973",
            f"`<{name}>` holds definitions to include, and no rules",
            help=f"the policies are {beside}"
            if beside
            else f"include it in a file of rules: `include <{name}>`",
        )
    last = name.rpartition("/")[2]
    same = " or ".join(f"`<{each}>`" for each in names if each.rpartition("/")[2] == last)
    near = (
        f"did you mean {same}?" if same else str(did_you_mean(f"<{name}>", [f"<{each}>" for each in names]))
    )
    help = near or "`paramrules library` lists the policies"
    return Diagnostic("E970", f"the shipped library has no policy `{name}`", help=help)


def _library() -> "Traversable":
    from importlib.resources import files  # 7 ms that most rule files need not pay

    return files("paramrules.rules.library")


@cache
def _files() -> tuple[str, ...]:
    """Return the names of all files of the library, in order."""

    def below(folder: "Traversable", path: str) -> Iterator[str]:
        for each in folder.iterdir():
            if each.is_dir():
                yield from below(each, f"{path}{each.name}/")
            elif each.name.endswith(_SUFFIX):
                yield path + each.name.removesuffix(_SUFFIX)

    return tuple(sorted(below(_library(), "")))
