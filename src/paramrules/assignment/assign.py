"""The function `assign` and its like: from rules and a model to an assignment."""

from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Never, TypeAlias

from paramrules.argument_types import check_flags, rest_by_name
from paramrules.assignment.alike import Alike
from paramrules.assignment.assignment import Assignment
from paramrules.assignment.entry_facts import Facts
from paramrules.assignment.expectations import Outcome, outcomes
from paramrules.assignment.grouping import Group, groups_of
from paramrules.assignment.label_settings import Decision, Label
from paramrules.assignment.labelling import labels_of
from paramrules.assignment.model_findings import dead_parts, empty_counts, left_over, require_known
from paramrules.assignment.near_misses import NearMisses
from paramrules.assignment.option_values import option_values
from paramrules.assignment.partition import Partition, partition
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.assignment.stored_shapes import fits_stored
from paramrules.assignment.ties import disagreements
from paramrules.assignment.unknown_keywords import refuse_unknown
from paramrules.assignment.value_evaluator import Scalar, Values
from paramrules.assignment.vocabulary_findings import classes_not_in_the_model
from paramrules.diagnostics import Diagnostic, RulesError, a, class_name
from paramrules.inventories import Inventory
from paramrules.inventories.own_vocabulary import VocabularyLike
from paramrules.inventory_of_model import inventory as inventory_of
from paramrules.rules.load import is_rule_file, load, unsilenced
from paramrules.rules.model import Rules

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

RulesLike: TypeAlias = "Rules | str | PathLike[str] | Traversable"

_DEAD = ("W201", "W202", "W203", "W204")


@rest_by_name
def assign(
    rules: RulesLike,
    model: object,
    *,
    options: Mapping[str, Scalar] | None = None,
    strict: bool = False,
    vocabulary: VocabularyLike | None = None,
    **unknown: Never,
) -> Assignment:
    """Put every parameter of a model into a group.

    Args:
        rules: `Rules` from `paramrules.load`, or a rule file as `load` takes it.
        model: a model that an installed backend recognises, or an `Inventory`.
        options: values for the file's options, by name.
        strict: report dead rules, and parameters that no rule of an axis takes, as errors.
        vocabulary: TOML files, a path or several, that say what the model's classes are.

    Returns:
        The assignment. Its `findings` are the warnings and notes.

    Raises:
        RulesError: every error at once: those of the file, unknown or unset options, facts that are not known
            for this model, settings and labels that cannot be computed, expectations that do not hold.
        TypeError: `strict` is not a boolean, or there is an argument that `assign` does not take.

    >>> assignment = paramrules.assign("vit.rules", model, options={"rate": 0.8})
    >>> assignment.group_of("blocks.11.attn.qkv.weight").settings
    {'lr_scale': 0.8}
    """
    refuse_unknown(assign, unknown, rules)
    rules = rules_from(rules, "assign(rules, model)")
    assignment = examine(rules, model, options=options, strict=strict, vocabulary=vocabulary)
    if any(finding.is_error for finding in assignment.findings):
        raise RulesError(assignment.findings)
    return assignment


@rest_by_name
def expectations(
    rules: RulesLike,
    model: object,
    *,
    options: Mapping[str, Scalar] | None = None,
    strict: bool = False,
    vocabulary: VocabularyLike | None = None,
    **unknown: Never,
) -> tuple[Outcome, ...]:
    """Run the `expect` statements of a rule file on a model. Takes the arguments of `assign`.

    Returns:
        The outcome of each statement, in the order written.

    Raises:
        RulesError: the errors of `assign`, expectations that do not hold excepted.
    """
    refuse_unknown(expectations, unknown, rules)
    rules = rules_from(rules, "expectations(rules, model)")
    assignment = examine(rules, model, options=options, strict=strict, vocabulary=vocabulary)
    wrong = [finding for finding in assignment.findings if finding.is_error and finding.code != "E206"]
    if wrong:
        raise RulesError(wrong)
    return assignment.outcomes


@rest_by_name
def examine(
    rules: RulesLike,
    model: object,
    *,
    options: Mapping[str, Scalar] | None = None,
    strict: bool = False,
    vocabulary: VocabularyLike | None = None,
    **unknown: Never,
) -> Assignment:
    """Assign like `assign`, but return errors among the `findings` where there are groups all the same.

    These are the errors of `strict`, and expectations that do not hold. Takes the arguments of `assign`.

    Raises:
        RulesError: the errors that leave no groups to report.

    >>> [finding.code for finding in paramrules.examine("vit.rules", model, strict=True).findings]
    ['W201']
    """
    refuse_unknown(examine, unknown, rules)
    check_flags(strict=strict)
    rules = rules_from(rules, "examine(rules, model)")
    inventory = inventory_of(model, vocabulary=vocabulary)
    evaluator = _evaluator(rules, inventory, options)
    facts, values = evaluator.facts, evaluator.values
    findings: list[Diagnostic] = [*inventory.findings, *classes_not_in_the_model(inventory)]
    labels: list[list[Label]] = []
    partitions: list[Partition] = []
    tests: list[Outcome] = []
    near = NearMisses(evaluator)
    alike = Alike(rules.axes, facts)
    blocks = alike.blocks()
    for axis in rules.axes:
        parts = partition(axis, evaluator, alike, blocks)
        labels.append(labels_of(axis, parts, values))
        findings += dead_parts(axis, parts, evaluator, near)
        partitions.append(parts)
        findings += left_over(axis, parts, facts) if strict else ()
        tests += outcomes(axis, labels[-1], evaluator)
    findings += disagreements(rules.axes, partitions, facts, values)
    findings += empty_counts(rules, facts)
    findings += fits_stored(rules, facts)
    findings += (outcome.finding for outcome in tests if outcome.finding)
    findings = unsilenced(findings, rules.allows)
    if strict:
        findings = [replace(f, strict=True) if f.code in _DEAD else f for f in findings]
    return Assignment(
        rules,
        inventory,
        values.options,
        groups_of(labels, facts),
        tuple(tests),
        (*rules.findings, *findings),
        labels,
        evaluator,
    )


def groups(rules: Rules, inventory: Inventory, options: Mapping[str, Scalar]) -> tuple[Group, ...]:
    """Return the groups alone, without looking for findings.

    Raises:
        RulesError: the errors that leave no groups to report.
    """
    found, _ = groups_and_decisions(rules, inventory, options)
    return found


def groups_and_decisions(
    rules: Rules, inventory: Inventory, options: Mapping[str, Scalar]
) -> tuple[tuple[Group, ...], list[Decision]]:
    """Return the groups, and the decision of each axis on the first parameter.

    Raises:
        RulesError: the errors that leave no groups to report.
    """
    evaluator = _evaluator(rules, inventory, options)
    alike = Alike(rules.axes, evaluator.facts)
    blocks = alike.blocks()
    labels = [
        labels_of(axis, partition(axis, evaluator, alike, blocks), evaluator.values) for axis in rules.axes
    ]
    entries = inventory.entries(0)
    decided = (filter(None, (label.decision(entries) for label in axis)) for axis in labels)
    return groups_of(labels, evaluator.facts), list(map(next, decided))


def _evaluator(rules: Rules, inventory: Inventory, options: Mapping[str, Scalar] | None) -> Evaluator:
    """Return an evaluator with a value for each option; every fact that the rules read is known."""
    given = option_values(rules, options)
    require_known(rules, inventory)
    facts = Facts(inventory)
    return Evaluator(facts, Values(facts, given))


def rules_from(rules: RulesLike, call: str) -> Rules:
    """Return rules, reading a rule file if they are given as one.

    Raises:
        RulesError: the errors of the file.
        TypeError: the argument is neither; the message shows the `call` to write.
    """
    if isinstance(rules, Rules):
        return rules
    if is_rule_file(rules):
        return load(rules)
    raise TypeError(
        f"write `paramrules.{call}`, with the rules as a path or as `Rules` from `paramrules.load`; "
        f"this is {a(class_name(type(rules)))}"
    )
