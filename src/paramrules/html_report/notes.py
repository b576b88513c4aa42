"""Notes on a view: findings, dead rules, and parameters that are left over, frozen or tied."""

from collections import Counter
from collections.abc import Sequence

from paramrules.assignment import Assignment
from paramrules.diagnostics import Diagnostic
from paramrules.display import few
from paramrules.html_report.markup import listed, section, shown


def place_id(view: int, location: str) -> str:
    """Return the id of a line of rules, to which links lead."""
    return f"v{view}-{shown(location)}"


def link(view: int, location: str) -> str:
    """Return a link to a line of rules."""
    return f'<a href="#{place_id(view, location)}">{shown(location)}</a>'


def dead_rules(assignment: Assignment, view: int) -> str:
    """Return the rules that took no parameter as a section; nothing if there are none."""
    dead = [
        (f"[{shown(axis.name)}] " if axis.name else "")
        + f"<code>{shown(rule.span.one_line)}</code> at {link(view, rule.span.location)}"
        for axis in assignment.axes
        for rule in axis.dead
    ]
    return section("Dead rules", "They took no parameter of this model.", listed(dead)) if dead else ""


def special(assignment: Assignment) -> str:
    """Return who is left over, frozen, skipped or tied as a section; nothing if nobody is."""
    names = assignment.inventory.names
    notes = [
        f"left to <code>default</code>{f' in [{shown(axis.name)}]' if axis.name else ''}: "
        + shown(few([names[number] for number in axis.left]))
        for axis in assignment.axes
        if axis.left
    ]
    for word, some in (("frozen", assignment.frozen), ("skipped", assignment.skipped)):
        notes += [f"{word}: {shown(few(some))}"] if some else []
    notes += [
        "tied: " + " = ".join(shown(names[entry]) for entry in assignment.inventory.entries(number))
        for number in assignment.inventory.aliases
    ]
    return section("Notes", "", listed(notes)) if notes else ""


def findings(found: Sequence[Diagnostic], view: int) -> str:
    """Return errors, warnings and notes as a section; nothing if there are none."""
    items = [
        f'<b class="{finding.severity}">{finding.severity} {finding.code}</b> {shown(finding.message)}'
        + (f" at {link(view, finding.span.location)}" if finding.span else "")
        + (f"<br>help: {shown(str(finding.help))}" if finding.help else "")
        for finding in found
    ]
    return section("Findings", "", listed(items)) if items else ""


def rules_text(assignment: Assignment, view: int) -> str:
    """Return the text of the rule file, with the number of parameters that each rule took beside it."""
    counts: dict[int, list[str]] = {}
    for written, axis in zip(assignment.rules.axes, assignment.axes, strict=True):
        took = Counter(axis.rules)
        for number, rule in enumerate(written.rules):
            count = f'<b class="warning">{took[number]}</b>' if rule in axis.dead else str(took[number])
            counts.setdefault(rule.span.line, []).append(count)
    name = assignment.rules.source.name
    rows = "".join(
        f'<tr id="{place_id(view, f"{name}:{number}")}"><td class="n">{" ".join(counts.get(number, ()))}</td>'
        f'<td class="n line">{number}</td><td><code>{shown(line)}</code></td></tr>'
        for number, line in enumerate(assignment.rules.source.text.splitlines(), 1)
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("tensors", "line", "text"))
    table = (
        f'<div class="scroll"><table class="source"><caption>{shown(name)}</caption>'
        f'<thead class="sr"><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )
    return section("Rules", "Beside each rule the number of tensors that it took.", table)
