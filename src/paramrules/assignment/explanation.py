"""The explanation of one parameter's group, as values, in words and as tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from paramrules.assignment.grouping import Group
from paramrules.diagnostics import printable
from paramrules.display import Block, Table, html_of, rule_settings, short_settings
from paramrules.inventories import Parameter
from paramrules.inventories.parameter import stored_text
from paramrules.rules.model import Rule
from paramrules.rules.terms import Predicate

FAILED: Final = "failed"
WON: Final = "won"
LATER: Final = "later"
"""The outcomes of a rule: it failed above the one that won, it won, or it holds below that one."""

_IN_NO_GROUP: Final = "in no group that an optimizer gets"


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a predicate, and the fact that decided it.

    Attributes:
        predicate: the part.
        text: its text, after the name of the `let` that it stands in.
        note: the fact that decided, in a few words; may be empty.
        name: the name under which the parameter was tested.
    """

    predicate: Predicate
    text: str
    note: str
    name: str

    def __str__(self) -> str:
        return f"{self.text} ({self.note})" if self.note else self.text


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule that did not take the parameter.

    Attributes:
        rule: the rule.
        clause: the part of its predicate that failed; for a later rule the one that holds. None for `else`.
    """

    rule: Rule
    clause: Clause | None


@dataclass(frozen=True, slots=True)
class AxisExplanation:
    """The explanation of one axis.

    Attributes:
        axis: its name, "" for the axis without one.
        label: the parameter's label in it.
        rule: the rule that won; None if none did and the label is `default`.
        clause: the part of its predicate that held; None for `else` and `default`.
        captures: the rule's captures, by name.
        settings: the settings that the label gives the parameter.
        implied: those of them that no rule writes, because the label itself means them.
        earlier: the rules before it, each with the first clause that failed.
        later: the rules after it that hold too, each with the clause that does.
    """

    axis: str
    label: str
    rule: Rule | None
    clause: Clause | None
    captures: Mapping[str, Any]
    settings: Mapping[str, Any]
    implied: Mapping[str, Any]
    earlier: tuple[Verdict, ...]
    later: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """The reasons for a parameter's group, axis by axis. `print` shows them in words.

    Attributes:
        parameter: the parameter.
        group: its group.
        axes: the explanation of each axis, in the order written.
    """

    parameter: Parameter
    group: Group
    axes: tuple[AxisExplanation, ...]

    def __repr__(self) -> str:
        return f"<Explanation of {self.parameter.name}: {self.group.label}>"

    def __str__(self) -> str:
        parameter, group = self.parameter, self.group
        lines = [f"`{parameter.name}` is in `{group.label}` with {rule_settings(group.settings)}"]
        if parameter.stored != parameter.shape:
            stored = stored_text(parameter.stored, parameter.layer)
            lines.append(f"  shape {parameter.shape}, stored {stored}")
        lines += (f"  {word}: {why}" for word, why in self.untrained())
        for axis in self.axes:
            lines += _in_words(axis, parameter.name)
        return "\n".join(map(printable, lines))

    def report(self) -> list[Block]:
        """Return the facts about the parameter and the verdict of every rule, as lines and tables."""
        group = ("group", self.group.label), ("settings", short_settings(self.group.settings))
        facts = Table(("fact", "value"), [*dict.fromkeys((*self.facts(), *self.untrained())), *group])
        blocks: list[Block] = [self.parameter.name, facts]
        for head, verdicts in self.verdicts():
            blocks += ["", head, verdicts]
        return blocks

    def facts(self) -> list[tuple[str, str]]:
        """Return the facts about the parameter, each with its value as text."""
        return facts_of(self.parameter)

    def untrained(self) -> list[tuple[str, str]]:
        """Return `frozen` or `skipped` and what that means; nothing if the optimizer trains the parameter."""
        return list(_untrained(self.parameter, self.group.settings))

    def verdicts(self) -> Iterator[tuple[str, Table]]:
        """Yield for each axis the label with its settings, and a table of the verdict of every rule."""
        return map(self._verdicts, self.axes)

    def _repr_html_(self) -> str:
        """Return the report as HTML, for notebooks."""
        return html_of(self.report())

    def _verdicts(self, axis: AxisExplanation) -> tuple[str, Table]:
        verdicts = [(FAILED, verdict) for verdict in axis.earlier]
        if axis.rule:
            verdicts.append((WON, Verdict(axis.rule, axis.clause)))
        verdicts += [(LATER, verdict) for verdict in axis.later]
        rows = [verdict_row(outcome, verdict, self.parameter.name) for outcome, verdict in verdicts]
        head = headline(axis.axis, axis.label, axis.settings, axis.implied, axis.captures)
        return head, Table(("verdict", "rule", "place", "because"), rows)


def headline(
    axis: str,
    label: str,
    settings: Mapping[str, Any],
    implied: Mapping[str, Any],
    captures: Mapping[str, Any],
) -> str:
    """Return the label of an axis with its settings, and the captures of the rule that won."""
    named = f"[{axis}] " if axis else ""
    captured = ", ".join(f"{capture}={value}" for capture, value in captures.items())
    where = f" where {captured}" if captured else ""
    by_label = f" ({short_settings(implied)} by its label)" if implied else ""
    return f"{named}{label}: {short_settings(settings)}{by_label}{where}"


def verdict_row(outcome: str, verdict: Verdict, name: str) -> tuple[str, str, str, str]:
    """Return the verdict of a rule on the parameter with this name: outcome, rule, place and reason."""
    rule, clause = verdict.rule, verdict.clause
    because = "else" if clause is None else str(clause)
    if clause and clause.name != name:
        because += f" as {clause.name}"
    return outcome, rule.label.text, rule.span.location, because


def facts_of(parameter: Parameter) -> list[tuple[str, str]]:
    """Return the facts about a parameter, each with its value as text."""
    return [(fact, str(value)) for fact, value in _facts(parameter)]


def _facts(parameter: Parameter) -> Iterator[tuple[str, object]]:
    yield "shape", parameter.shape
    if parameter.stored != parameter.shape:
        yield "stored", stored_text(parameter.stored, parameter.layer)
    yield "dtype", parameter.dtype
    if parameter.owner.known:
        yield "owner", parameter.owner.cls.name
        yield "within", " > ".join(cls.short for cls in parameter.owner.around)
    if parameter.variable is not None:
        yield "variable", parameter.variable.name
    of_layer = ("layer_fan_in", "layer_fan_out") if parameter.fan_in is None else ()
    kernel = ("layer_kernel",) if of_layer or parameter.layer_kernel != 1 else ()
    groups = ("layer_groups",) if parameter.layer_groups != 1 else ()
    for fact in ("role", "fan_in", "fan_out", *of_layer, *kernel, *groups):
        if getattr(parameter, fact) is not None:
            yield fact, getattr(parameter, fact)
    for name, value in parameter.attributes.items():
        yield f"attr({name})", value
    if others := [name for name in parameter.names if name != parameter.name]:
        yield "tied to", ", ".join(others)
    yield from _untrained(parameter, {})


def _untrained(parameter: Parameter, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what keeps the optimizer from training a parameter with these settings."""
    if parameter.trainable and settings.get("skip") is True:
        yield "skipped", "left to another optimizer"
    elif not parameter.trainable:
        yield "frozen", f"{_IN_NO_GROUP}: the model does not train it"
    elif settings.get("freeze") is True:
        yield "frozen", f"{_IN_NO_GROUP}: its rules set `freeze = true`"


def _in_words(axis: AxisExplanation, name: str) -> Iterator[str]:
    """Yield the lines about an axis. `name` is the parameter's own, beside which it may have others."""
    head = f"  [{axis.axis}] `{axis.label}`: " if axis.axis else f"  `{axis.label}`: "
    yield head + (_rule(axis.rule, axis.clause, name) if axis.rule else "no rule took it")
    if axis.implied:
        yield f"    {rule_settings(axis.implied)} by its label"
    yield from (f"    failed above: {_rule(each.rule, each.clause, name)}" for each in axis.earlier)
    yield from (f"    would hold too: {_rule(each.rule, each.clause, name)}" for each in axis.later)


def _rule(rule: Rule, clause: Clause | None, name: str) -> str:
    if clause is None:
        return f"`else` at {rule.span.location}"
    note = f": {clause.note}" if clause.note else ""
    other = f" as `{clause.name}`" if clause.name != name else ""
    return f"`{clause.text}` at {rule.span.location}{note}{other}"
