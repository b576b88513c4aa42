"""Axes: the rules and expectations of each, and whether they can stand there."""

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import islice

from paramrules.diagnostics import Place, Span
from paramrules.rules.model import Axis, Expectation, Rule, Template
from paramrules.rules.scope import Findings


@dataclass(slots=True)
class Draft:
    """An axis that is being read.

    Attributes:
        header: the place of `[name]`; None for the rules before any.
        unread: True if the header or a rule could not be understood, so that not all labels are known.
    """

    name: str
    header: Span | None
    unread: bool = False
    rules: list[Rule] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)

    @property
    def has_else(self) -> bool:
        """True if the last rule takes what is left."""
        return bool(self.rules) and self.rules[-1].predicate is None

    def axis(self, start: Span) -> Axis:
        """Return the axis; `start` is the place of one without a header."""
        return Axis(self.header or start, self.name, tuple(self.rules), tuple(self.expectations))


def check_axes(drafts: list[Draft], findings: Findings) -> None:
    """Report axes without rules or written twice, rules after `else`, and expectations of unknown labels."""
    first: dict[str, Span] = {}
    homes = _homes(drafts)
    for draft in drafts:
        _check_else(draft.rules, findings)
        _check_expectations(draft, homes, findings)
        if draft.header is None:
            continue
        if draft.name in first:
            findings.report(
                "E312",
                f"the axis `{draft.name}` is written twice",
                draft.header,
                help=f"move the lines below it to the first `[{draft.name}]`, or choose another name",
                also=(Place(first[draft.name], "it is written first here"),),
            )
        elif not draft.rules and not draft.unread:
            help = "write `label: predicate` in the lines below it, or take it out"
            findings.report("E311", f"the axis `{draft.name}` has no rules", draft.header, help=help)
        first.setdefault(draft.name, draft.header)


def check_rules(
    drafts: list[Draft], start: Span, findings: Findings, *, defines: bool, library: bool
) -> None:
    """Report a file without rules; a `library` needs none if it `defines` something."""
    if any(draft.rules or draft.header or draft.unread for draft in drafts):
        return
    only_defines = defines and not drafts[0].expectations
    if only_defines and library:
        return
    help = "write at least one, as in `no_decay: ndim <= 1 -> weight_decay = 0`"
    if only_defines:
        help = "a file of definitions is used by the file that includes it: load that one"
    findings.report("E311", "the file has no rules", start, help=help)


def _check_else(rules: list[Rule], findings: Findings) -> None:
    last: Rule | None = None
    for rule in rules:
        if last is not None:
            findings.report(
                "E309",
                f"`{rule.label.text}` comes after `else`, which leaves nothing for it",
                rule.label.span,
                help="move it above: `else` is the last rule of its axis",
                also=(Place(last.span, "this takes whatever is left"),),
            )
        elif rule.predicate is None:
            last = rule
        if rule.predicate is not None and rule.label.literal == "default":
            findings.report(
                "E318",
                "`default` is the label of what no rule takes",
                rule.label.span,
                help="choose another label, or write `default: else`",
            )


def _homes(drafts: list[Draft]) -> dict[str, str]:
    """Return the first axis that has each label."""
    homes: dict[str, str] = {}
    for draft in drafts:
        for rule in draft.rules:
            homes.setdefault(rule.label.text, draft.name)
    return homes


def _check_expectations(draft: Draft, homes: dict[str, str], findings: Findings) -> None:
    """Report expectations of labels that the axis does not have; without rules it has an error of its own."""
    if draft.unread or not draft.expectations or not (draft.rules or (homes and draft.header is None)):
        return
    labels = _Labels([rule.label for rule in draft.rules], left_over=not draft.has_else)
    for expectation in draft.expectations:
        if labels.may_include(expectation.label):
            continue
        text = expectation.label.text
        if homes.get(text):
            help = f"it is a label of the axis `{homes[text]}`: move the expectation below `[{homes[text]}]`"
        else:
            # `no_decay` is the opposite of `decay`, not a correction of it
            help = findings.suggest(text, labels.literals - {f"no_{text}"}) or labels.listed
        where = f"the axis `{draft.name}`" if draft.name else "this axis"
        findings.report(
            "E320", f"no rule of {where} has the label `{text}`", expectation.label.span, help=help
        )


class _Labels:
    """The labels of an axis; those with holes are known by their beginnings."""

    def __init__(self, labels: list[Template], *, left_over: bool) -> None:
        self.literals = {label.literal for label in labels if label.literal is not None}
        if left_over:
            self.literals.add("default")
        first = list(islice(dict.fromkeys(f"`{label.text}`" for label in labels), 6))
        more = ", ..." if len(first) > 5 else ""
        self.listed = f"its labels are {', '.join(first[:5])}{more}" if first else ""
        if first and left_over:
            self.listed += ", and `default` for what no rule takes"
        self._begins = {label.begin for label in labels if label.literal is None}
        self._lengths = {len(begin) for begin in self._begins}
        self._sorted = sorted(self.literals | self._begins)

    def may_include(self, label: Template) -> bool:
        """Return whether some filling of the label may be one of them."""
        begin = label.begin
        if begin in self.literals or any(begin[:length] in self._begins for length in self._lengths):
            return True
        if label.literal is not None:
            return False
        place = bisect_left(self._sorted, begin)
        return place < len(self._sorted) and self._sorted[place].startswith(begin)
