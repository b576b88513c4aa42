"""Reading a rule file and its includes, all the way to rules."""

import os
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeGuard

from paramrules.diagnostics import Diagnostic, RulesError, Source, Span, a, class_name, covers
from paramrules.rules.includes import Loaded, Reading
from paramrules.rules.model import Rules
from paramrules.rules.resolve import resolve
from paramrules.rules.shipped import Policy, definitions, find_policy, names_shipped, note_of, source_of
from paramrules.syntax.decode import normalised, open_source
from paramrules.syntax.nodes import Allow

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

RuleFile: TypeAlias = "str | os.PathLike[str] | Traversable"


def is_rule_file(value: object) -> "TypeGuard[RuleFile]":
    """Return whether a value is a path or a resource of a package."""
    if isinstance(value, type):
        return False
    return isinstance(value, str | os.PathLike) or (hasattr(value, "joinpath") and hasattr(value, "open"))


def load(path: RuleFile) -> Rules:
    """Read the rules in a file.

    Reading is pure: it runs no code, and opens no file but this one and those that it includes.

    Args:
        path: a path, relative to the working directory; the name of a policy of the shipped library,
            `"<timm/layer_decay@1>"`, without a version the newest; or a resource of a package:
            `importlib.resources.files("my_package") / "vit.rules"`, also inside a zip file.

    Raises:
        RulesError: every error of the file and its includes, and the warnings beside them. Warnings alone are
            in the rules' `findings`.

    >>> rules = paramrules.load("vit.rules")
    >>> [axis.name for axis in rules.axes]
    ['decay', 'lr']
    """
    return _finish(*_load(path))


def parse(text: str, name: str = "<rules>") -> Rules:
    """Return the rules in a text. Diagnostics call it `name`; without a folder, it can include no files.

    Raises:
        RulesError: as `load` does.

    >>> rules = paramrules.parse("no_decay: ndim <= 1 -> weight_decay = 0")
    """
    if not isinstance(text, str):
        instead = "a file is read by `paramrules.load(path)`" if is_rule_file(text) else ""
        instead = "decode it first: `text.decode()`" if isinstance(text, bytes) else instead
        raise TypeError(f"`text` is {_class_of(text)} and should be a `str`{instead and f'; {instead}'}")
    source = Source(name, normalised(text))
    reading = Reading(source)
    rules, findings = _understand(reading.main(source, None), reading)
    if text.endswith(".rules") and "\n" not in text:
        help = f'a file is read by `paramrules.load("{text}")`'
        findings = [replace(finding, help=help) if finding.is_error else finding for finding in findings]
    return _finish(rules, findings)


def read(path: RuleFile) -> Rules:
    """Return the rules in a file, which may be a file of definitions for others to include."""
    return _finish(*_load(path, may_define_only=True))


def check(path: RuleFile) -> list[Diagnostic]:
    """Return everything that can be found in a file without a model. Never raise for a bad file.

    A file of definitions for others to include is accepted here; `load` refuses it.

    >>> [finding.code for finding in check("vit.rules")]
    []
    """
    _, findings = _load(path, may_define_only=True)
    return findings


def check_text(source: Source, path: "str | Traversable") -> list[Diagnostic]:
    """Return what `check` would find if the file at a path held another text, and was named as the source is.

    >>> check_text(Source("vit.rules", "a: ndim <= 1"), "vit.rules")
    []
    """
    return read_text(source, path).findings


class Understood(NamedTuple):
    """A text and its includes, as far as they can be understood.

    Attributes:
        rules: the rules; None if there is an error.
        findings: every error and warning.
        loaded: the syntax tree, and those of the included files.
    """

    rules: Rules | None
    findings: list[Diagnostic]
    loaded: Loaded


def read_text(
    source: Source, path: "str | Traversable | None", opened: Mapping[str, str] | None = None
) -> Understood:
    """Read a text as that of the file at a path. Never raise for a bad text.

    Args:
        source: the text.
        path: the file beside which it includes others; None for a text without a folder.
        opened: texts to read in place of included files on the disk, by the files' real paths.

    >>> read_text(Source("vit.rules", "a: ndim <= 1"), "vit.rules").rules
    <Rules vit.rules: 1 rule>
    """
    reading = Reading(source, opened)
    loaded = reading.main(source, path)
    return Understood(*_understand(loaded, reading, may_define_only=True), loaded)


def _load(path: RuleFile, may_define_only: bool = False) -> tuple[Rules | None, list[Diagnostic]]:
    if not is_rule_file(path):
        raise TypeError(f"a rule file is named by its path: this is {_class_of(path)}")
    if names_shipped(path):
        return _load_shipped(path, may_define_only)
    file = os.fspath(path) if isinstance(path, str | os.PathLike) else path
    source = open_source(file, str(file))
    if isinstance(source, Diagnostic):
        policy = find_policy(str(file)) if source.code == "E101" else None
        if isinstance(policy, Policy):
            source = replace(source, help=f'did you mean `"{policy}"` of the shipped library?')
        return None, [source]
    reading = Reading(source)
    main = reading.main(source, file)
    return _understand(main, reading, may_define_only)


def _load_shipped(name: str, may_define_only: bool) -> tuple[Rules | None, list[Diagnostic]]:
    if may_define_only and (plain := name.strip("<>")) in definitions():
        source, notes = source_of(plain), []
    else:
        policy = find_policy(name)
        if isinstance(policy, Diagnostic):
            return None, [policy]
        source, notes = policy.source, note_of(name, policy)
    reading = Reading(source)
    reading.findings += notes
    return _understand(reading.main(source, None), reading, may_define_only)


def _understand(
    loaded: Loaded, reading: Reading, may_define_only: bool = False
) -> tuple[Rules | None, list[Diagnostic]]:
    rules, findings = resolve(loaded, may_define_only=may_define_only)
    findings = reading.findings + findings
    findings = _sorted(unsilenced(findings, loaded.allows), reading.sources)
    return rules and replace(rules, findings=tuple(findings)), findings


def _finish(rules: Rules | None, findings: list[Diagnostic]) -> Rules:
    if rules is None or any(finding.is_error for finding in findings):
        raise RulesError(findings)
    return rules


def _class_of(value: object) -> str:
    return a(class_name(type(value)))


def _sorted(findings: Iterable[Diagnostic], sources: list[Source]) -> list[Diagnostic]:
    """Return the findings in the order of the files, the main one first, and from top to bottom."""
    order = {id(source): number for number, source in enumerate(sources)}

    def place(finding: Diagnostic) -> tuple[int, int]:
        span = finding.span
        return (order.get(id(span.source), len(order)), span.start) if span else (-1, 0)

    return sorted(findings, key=place)


def unsilenced(diagnostics: Iterable[Diagnostic], allows: Iterable[Allow]) -> list[Diagnostic]:
    """Return the findings without the warnings and notes that an allow comment silences for their statement.

    A finding belongs to the statement in which its `span` starts; one without a span, which is about the
    model, to all. Errors are never silenced, nor are warnings that `strict` turned into errors.

    >>> unsilenced(findings, rules.allows)
    """
    statements: dict[int, dict[Span, set[str]]] = {}
    for allow in allows:
        allowed = statements.setdefault(id(allow.statement.source), {})
        allowed.setdefault(allow.statement, set()).update(allow.codes)
    silent = {source: _Silent(allowed) for source, allowed in statements.items()}
    return [d for d in diagnostics if d.is_error or not _silenced(d, silent)]


class _Silent:
    """The codes that are silenced in the statements of a file."""

    def __init__(self, codes: Mapping[Span, set[str]]) -> None:
        self._codes = sorted(
            ((span.start, span.end, some) for span, some in codes.items()), key=itemgetter(0)
        )
        self.anywhere = set().union(*codes.values())

    def at(self, place: int) -> Iterable[str]:
        """Return the codes that are silenced in the statement at a place."""
        number = bisect_right(self._codes, place, key=itemgetter(0))
        _, end, codes = self._codes[number - 1] if number else (0, 0, set[str]())
        return codes if place < end else ()


def _silenced(diagnostic: Diagnostic, silent: Mapping[int, _Silent]) -> bool:
    span = diagnostic.span
    if span is None:
        codes = chain.from_iterable(each.anywhere for each in silent.values())
        return any(covers(code, diagnostic.code) for code in codes)
    here = silent.get(id(span.source))
    return here is not None and any(covers(code, diagnostic.code) for code in here.at(span.start))
