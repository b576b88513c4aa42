"""portable: the warnings of `paramrules check --portable`."""

from collections.abc import Iterator
from typing import Any

from paramrules.diagnostics import Diagnostic
from paramrules.portability.classes import class_findings
from paramrules.portability.leaves import leaf_findings, leaves_named
from paramrules.portability.numbers import separator_findings
from paramrules.portability.shapes import shape_findings
from paramrules.portability.tied_heads import head_findings
from paramrules.rules.load import RuleFile, read, unsilenced
from paramrules.rules.model import Rules
from paramrules.rules.terms import (
    Attribute,
    AttributeTest,
    ClassTest,
    GlobTest,
    RegexTest,
    Term,
    TextTest,
    terms_in,
)

_EVERYWHERE = frozenset({"no_weight_decay"})
"""Set by a method of modules, in every framework whose modules have methods."""


def portable(rules: "Rules | RuleFile") -> list[Diagnostic]:
    """Return a warning (W811 to W818) for each part of a rule file that may differ between frameworks.

    None of them is a mistake if all models are of one framework. Included files are not checked. Comments
    silence these warnings like others: `# allow: W811 -- only for torch`.

    Args:
        rules: rules, or the path of a rule file.

    Raises:
        RulesError: the file has errors.

    >>> [finding.code for finding in paramrules.portable("vit.rules")]
    ['W817']
    """
    if not isinstance(rules, Rules):
        rules = read(rules)
    found: dict[tuple[object, ...], Diagnostic] = {}
    for statement in _statements(rules):
        terms = [term for term in terms_in(statement, lets=False) if term.span.source is rules.source]
        named = frozenset(leaf for term in terms for leaf in leaves_named(term))
        for term in terms:
            for finding in _of(term, named):
                found.setdefault((finding.code, finding.span), finding)
    for finding in head_findings(rules.axes):
        found[finding.code, finding.span] = finding
    findings = sorted(found.values(), key=lambda finding: finding.span.start if finding.span else 0)
    return unsilenced(findings, rules.allows)


def _statements(rules: Rules) -> Iterator[Term]:
    yield from rules.lets.values()
    for axis in rules.axes:
        yield from axis.rules
        yield from axis.expectations


def _of(term: Any, named: frozenset[str]) -> Iterator[Diagnostic]:
    """Yield the findings about one term of a statement that names these leaves."""
    match term:
        case ClassTest(function="variable"):
            yield Diagnostic(
                "W814",
                "variables have classes in torch and NNX alone, and not the same ones",
                term.span,
                help="test the class of the owner with `type(...)`, or a name or an attribute",
            )
        case ClassTest():
            yield from class_findings(term)
        case RegexTest():
            yield from leaf_findings(term, named)
            yield from separator_findings(term)
        case GlobTest() | TextTest():
            yield from leaf_findings(term, named)
        case Attribute(function="module_attr", path=path) | AttributeTest(function="module_attr", path=path):
            yield Diagnostic(
                "W816",
                f"`{path[0]}` is set on modules, which haiku, plain trees and saved inventories do not show",
                term.span,
                help="pass the model itself everywhere, or use a name, a type or a role",
            )
        case Attribute(path=path) | AttributeTest(path=path) if path[0] not in _EVERYWHERE:
            yield Diagnostic(
                "W816",
                f"`{path[0]}` is set on torch's tensors or NNX's variables; other arrays have no attributes",
                term.span,
                help="use a name, a type or a role, or list names in a `no_weight_decay()` of the model",
            )
        case _:
            yield from shape_findings(term)
