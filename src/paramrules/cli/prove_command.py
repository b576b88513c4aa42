"""`paramrules prove A B`."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.arguments import with_compare, with_vocabulary
from paramrules.cli.exit_codes import Exit
from paramrules.cli.file_arguments import RuleFile
from paramrules.cli.layout import progress
from paramrules.diagnostics import Diagnostic
from paramrules.diagnostics.diagnostic import Place
from paramrules.display import Block, Table, counted, short_settings, value_text
from paramrules.facts import GIVEN
from paramrules.sources import source

if TYPE_CHECKING:
    from paramrules.inventories import Parameter
    from paramrules.proofs import Counterexample, Proof
    from paramrules.proofs.proof import Compare
    from paramrules.rules import Rules
    from paramrules.rules.model import Rule

_CODES: Final = {"equal": Exit.NOTHING, "different": Exit.FOUND, "undecided": Exit.UNDECIDED}


@click.command(cls=Command)
@click.argument("a", type=RuleFile())
@click.argument("b", type=RuleFile())
@with_compare("both")
@with_vocabulary
def prove(a: str, b: str, compare: "Compare", vocabulary: tuple[str, ...]) -> Answer:
    """Prove that two rule files mean the same, without a model.

    They do if they give every parameter of every model the same group. A and B are each a rule file, a
    shipped policy, or `REV:path`: a rule file in a revision of git.

    \b
    paramrules prove main:vit.rules vit.rules
    paramrules prove "<timm/weight_decay@1>" vit.rules

    The exit code is 0 if the files are equal for every model, 1 if they differ, 2 if a file cannot be read,
    and 3 if the answer is undecided.

    JSON: `answer` (equal, different, undecided), `compare`, `assumed` (what the answer takes for granted),
    `cells` and `steps` (the work done), `findings`, and

    \b
    counterexample  null, or a parameter that the files treat differently:
                    names, owner, shape, dtype, role, options (values that
                    are not the defaults), groups, settings and rules (label,
                    file, line; null for no rule) of both files, and
                    inventory, a saved model that has this parameter alone,
                    or first if others that rules count stand beside it
    undecided       the parts that cannot be compared: reason, text, file,
                    line
    """
    import paramrules

    files = paramrules.load(source(a)), paramrules.load(source(b))
    with progress("comparing"):
        proof = paramrules.prove(*files, compare=compare, vocabulary=vocabulary)
    example = proof.counterexample
    result = {
        "answer": proof.answer,
        "compare": compare,
        "counterexample": example and _counterexample(example),
        "undecided": [
            {
                "reason": part.reason,
                "text": part.span.one_line,
                "file": part.span.source.name,
                "line": part.span.line,
            }
            for part in proof.undecided
        ],
        "assumed": list(proof.assumed),
        "cells": proof.cells,
        "steps": proof.steps,
    }
    blocks = [*_described(example, files)] if example else [f"assumed: {fact}" for fact in proof.assumed]
    findings = [finding for rules in files for finding in rules.findings]
    findings += _differing(example, files) if example else _undecided(proof)
    return Answer(blocks, result, findings, _summary(proof), _CODES[proof.answer])


def _summary(proof: "Proof") -> str:
    if proof.answer == "undecided":
        return f"undecided: {counted(len(proof.undecided), 'part')} cannot be compared"
    return "different" if proof.counterexample else "equal for every model"


def _described(example: "Counterexample", files: "tuple[Rules, Rules]") -> Iterator[Block]:
    """Yield the facts of the parameter, those that most parameters share left out, and its groups."""
    inventory = example.inventory
    parameter, *_ = entries = [inventory.parameter(at) for at in inventory.entries(0)]
    facts = [fact for entry in entries for fact in _facts_of_name(entry, example)]
    facts += [("shape", str(parameter.shape)), ("role", str(parameter.role)), ("dtype", parameter.dtype)]
    for fact in GIVEN.values():
        if (value := getattr(parameter, fact.name)) != fact.default:
            facts.append((fact.name, value_text(value)))
    facts += [(f"option {name}", value_text(value)) for name, value in example.options.items()]
    facts += [("beside", inventory.names[at]) for at in range(1, len(inventory))]
    yield Table(("fact", "value"), facts)
    yield ""
    rows = [
        (rules.source.name, group, short_settings(settings) or "-")
        for rules, group, settings in zip(files, example.groups, example.settings, strict=True)
    ]
    yield Table(("file", "group", "settings"), rows)


def _facts_of_name(entry: "Parameter", example: "Counterexample") -> Iterator[tuple[str, str]]:
    """Yield a name and what is known under it: of a tied parameter, each name has its own owner."""
    yield "name", entry.name
    for number, cls in enumerate(reversed(entry.owner.around)):
        yield "inside" if number else "owner", " < ".join((cls.name, *cls.bases))
    for key, value in entry.attributes.items():
        yield f"attr({key})", repr(value)
    for key, value in example.modules[entry.module].items():
        yield f"module_attr({key})", repr(value)


def _differing(example: "Counterexample", files: "tuple[Rules, Rules]") -> list[Diagnostic]:
    """Return the difference as a finding at the rules that take the parameter."""
    name, (one, other) = example.names[0], example.groups
    a, b = (rules.source.name for rules in files)
    message = (
        f"`{name}` is in `{one}` by `{a}` and in `{other}` by `{b}`"
        if one != other
        else f"`{name}` is in `{one}` by `{a}` and by `{b}`, with other settings"
    )
    places = [
        Place(rule.span, f"takes `{name}`") for pair in example.rules for rule in pair if rule is not None
    ]
    if not places:
        return [Diagnostic("E809", message)]
    first, *also = places
    return [Diagnostic("E809", message, first.span, first.label, tuple(also))]


def _undecided(proof: "Proof") -> list[Diagnostic]:
    return [
        Diagnostic("W810", f"`{part.span.quote}` cannot be compared: {part.reason}", part.span)
        for part in proof.undecided
    ]


def _counterexample(example: "Counterexample") -> dict[str, Any]:
    return {
        "names": list(example.names),
        "owner": example.owner,
        "shape": list(example.shape),
        "dtype": example.dtype,
        "role": example.role,
        "options": dict(example.options),
        "groups": list(example.groups),
        "settings": [dict(settings) for settings in example.settings],
        "rules": [[rule and _rule(rule) for rule in pair] for pair in example.rules],
        "inventory": json.loads(example.inventory.to_json()),
    }


def _rule(rule: "Rule") -> dict[str, object]:
    return {"label": rule.label.text, "file": rule.span.source.name, "line": rule.span.line}
