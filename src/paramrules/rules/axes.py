"""Axes: which rules and expectations stand in which, and whether they can stand there."""

from dataclasses import dataclass, field

from paramrules.diagnostics import Place, Span
from paramrules.rules.labels import Given, literal
from paramrules.rules.model import Axis, Expectation, Rule
from paramrules.rules.scope import Scope


@dataclass(slots=True)
class Draft:
    """An axis that is being read. `header` is where `[name]` stands; None for the rules before any.

    `unread` says that a rule of it could not be understood, or the header: nobody knows all its labels.
    """

    name: str
    header: Span | None
    unread: bool = False
    rules: list[Rule] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)

    @property
    def has_else(self) -> bool:
        """Whether the last rule takes whatever is left."""
        return bool(self.rules) and self.rules[-1].predicate is None

    def axis(self, start: Span) -> Axis:
        """The axis; `start` is a place for one without a header."""
        return Axis(self.header or start, self.name, tuple(self.rules), tuple(self.expectations))


def check_axes(drafts: list[Draft], scope: Scope) -> None:
    """Whether each axis has rules and a name of its own, `else` comes last, and expectations name labels."""
    first: dict[str, Span] = {}
    homes = _homes(drafts)
    for draft in drafts:
        if draft.rules:
            _check_else(draft.rules, scope)
        _check_expectations(draft, homes, scope)
        if draft.header is None:
            continue
        if draft.name in first:
            scope.report(
                "E312",
                f"the axis `{draft.name}` is written twice",
                draft.header,
                help=f"move what follows below the first `[{draft.name}]`, or choose another name",
                also=(Place(first[draft.name], "it is written first here"),),
            )
        elif not draft.rules and not draft.unread:
            help = "write `label: predicate` in the lines below it, or take it out"
            scope.report("E311", f"the axis `{draft.name}` has no rules", draft.header, help=help)
        first.setdefault(draft.name, draft.header)


def check_rules(drafts: list[Draft], scope: Scope, *, may_define_only: bool) -> None:
    """Whether a file that was understood as a whole has rules, or definitions alone where that is enough."""
    if any(draft.rules or draft.header or draft.unread for draft in drafts):
        return
    defines_only = scope.names and not drafts[0].expectations
    if defines_only and may_define_only:
        return
    help = "write at least one, as in `no_decay: ndim <= 1 -> weight_decay = 0`"
    if defines_only:
        help = "a file of definitions is used by the file that includes it: load that one"
    scope.report("E311", "the file has no rules", Span(scope.source, 0, 0), help=help)


def _check_else(rules: list[Rule], scope: Scope) -> None:
    last: Rule | None = None
    for rule in rules:
        if last is not None:
            scope.report(
                "E309",
                f"`{rule.label.text}` comes after `else`, which leaves nothing for it",
                rule.label.span,
                help="move it above, `else` is the last rule of its axis",
                also=(Place(last.span, "this takes whatever is left"),),
            )
        elif rule.predicate is None:
            last = rule
        if rule.predicate is not None and literal(rule.label) == "default":
            scope.report(
                "E318",
                "`default` is the label of what no rule takes",
                rule.label.span,
                help="choose another label, or write `default: else`",
            )


def _homes(drafts: list[Draft]) -> dict[str, str]:
    """The axis that gives each label, the first where several do."""
    homes: dict[str, str] = {}
    for draft in drafts:
        for rule in draft.rules:
            homes.setdefault(rule.label.text, draft.name)
    return homes


def _check_expectations(draft: Draft, homes: dict[str, str], scope: Scope) -> None:
    """Whether each names a label of its axis; an axis without rules has an error of its own."""
    if draft.unread or not draft.expectations or not (draft.rules or (homes and draft.header is None)):
        return
    given = Given([rule.label for rule in draft.rules], left_over=not draft.has_else)
    for expectation in draft.expectations:
        if given.may_be(expectation.label):
            continue
        text = expectation.label.text
        if homes.get(text):
            help = f"it is a label of the axis `{homes[text]}`: move the expectation below `[{homes[text]}]`"
        else:
            help = scope.suggest(text, given.literals) or given.some
        where = f"the axis `{draft.name}`" if draft.name else "this axis"
        scope.report(
            "E320", f"no rule of {where} gives the label `{text}`", expectation.label.span, help=help
        )
