"""`paramrules test FILE --model M`."""

from typing import TYPE_CHECKING

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.model import ModelName
from paramrules.cli.options import on_a_model, typed
from paramrules.cli.table import Table

if TYPE_CHECKING:
    from paramrules.assignment import Outcome


@click.command(cls=Command)
@click.argument("file")
@on_a_model
def test(
    file: str, model: ModelName, stacked: dict[str, int], given: tuple[tuple[str, str], ...], strict: bool
) -> Answer:
    """Run the `expect` statements of a rule file on a model.

    JSON: `expectations` (each with axis, expectation, file, line, parameters, passed), how many `passed` and
    `failed`, and `findings`.
    """
    import paramrules
    from paramrules.assignment import expectations
    from paramrules.cli.build import inventory_of

    rules = paramrules.load(file)
    options = typed(given, rules)
    inventory = inventory_of(model, stacked)
    outcomes = expectations(rules, inventory, options=options, strict=strict)
    passed = sum(outcome.holds for outcome in outcomes)
    failed = len(outcomes) - passed
    rows = [
        ("pass" if outcome.holds else "FAIL", str(outcome.parameters), _place(outcome), _text(outcome))
        for outcome in outcomes
    ]
    table = Table(("result", "parameters", "place", "expectation"), rows, right=("parameters",))
    return Answer(
        [table] if outcomes else [],
        {"expectations": list(map(_result, outcomes)), "passed": passed, "failed": failed},
        [outcome.finding for outcome in outcomes if outcome.finding],
        f"{passed} passed, {failed} failed" if outcomes else f"{file} holds no `expect`",
    )


def _result(outcome: "Outcome") -> dict[str, object]:
    span = outcome.expectation.span
    return {
        "axis": outcome.axis,
        "expectation": _text(outcome),
        "file": span.source.name,
        "line": span.source.position(span.start)[0],
        "parameters": outcome.parameters,
        "passed": outcome.holds,
    }


def _place(outcome: "Outcome") -> str:
    span = outcome.expectation.span
    return f"{span.source.name}:{span.source.position(span.start)[0]}"


def _text(outcome: "Outcome") -> str:
    return " ".join(outcome.expectation.span.text.split())
