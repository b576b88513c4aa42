"""W812 and W813: classes that only one framework has."""

from collections.abc import Iterator
from functools import cache

from paramrules.diagnostics import Diagnostic
from paramrules.inventories.classes import family_by_name
from paramrules.inventories.owner import Class, named
from paramrules.inventories.vocabulary import vocabulary
from paramrules.rules.terms import Alternative, ClassTest

_WILD = frozenset("*?")
_PATTERN = frozenset("*?.")


def class_findings(test: ClassTest) -> Iterator[Diagnostic]:
    """Yield a warning for each alternative that does not stand for a family of the vocabulary."""
    for alternative in test.alternatives:
        if alternative.text not in vocabulary().families:
            yield from _finding(test.function, alternative)


def _finding(function: str, alternative: Alternative) -> Iterator[Diagnostic]:
    text = alternative.text
    families, members = _families(text)
    instead = f"write `{function}({families})`, which stands for it in every framework"
    if "." in text:
        yield Diagnostic(
            "W813",
            f"`{text}` is a class of one framework",
            alternative.span,
            help=instead if families else "write the name alone, if it is the same in all frameworks",
        )
    elif not _WILD & set(text):
        yield Diagnostic(
            "W812",
            f"`{text}` is not a family of the vocabulary, and stands for classes of that name alone",
            alternative.span,
            help=instead
            if families
            else "call the class so in every framework, or silence this with `# allow: W812 -- reason`",
        )
    elif len(frameworks := set(map(_framework, members))) == 1 and (only := frameworks.pop()):
        yield Diagnostic("W812", f"`{text}` finds classes of {only} alone", alternative.span, help=instead)


def _framework(name: str) -> str:
    """Return the framework that a class of this dotted name is written for; "" if the vocabulary has none."""
    package = name.partition(".")[0]
    known = vocabulary().frameworks
    return next((framework for framework, packages in known.items() if package in packages), "")


@cache
def _by_short_name() -> dict[str, dict[str, list[str]]]:
    """Return the families and classes of each short name."""
    found: dict[str, dict[str, list[str]]] = {}
    for family, classes in vocabulary().families.items():
        for cls in classes:
            found.setdefault(cls.rpartition(".")[2], {}).setdefault(family, []).append(cls)
    return found


def _families(text: str) -> tuple[str, list[str]]:
    """Return the families of the classes that an alternative matches, as a rule writes them, and the classes.

    Without wildcards only the smallest family counts: `Conv2d` before `Conv`.
    """
    known = vocabulary().families
    if not _PATTERN & set(text):
        found = _by_short_name().get(text, {})
    else:
        found = {
            family: members
            for family, classes in known.items()
            if (members := [member for member in classes if named(text, member)])
        }
    families = list(found) if _WILD & set(text) else sorted(found, key=lambda f: len(known[f]))[:1]
    if not families and (family := family_by_name(Class(text))[0]):
        families = [family]
    return "|".join(families), [member for members in found.values() for member in members]
