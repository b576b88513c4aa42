"""The one label with a meaning: `no_decay`, whose parameters have a weight decay of 0."""

from dataclasses import replace

from paramrules.rules.axes import Draft
from paramrules.rules.model import Rule, Setting
from paramrules.rules.scope import Findings
from paramrules.rules.terms import Constant, constant_number

LABEL = "no_decay"

_DECAYS = ("weight_decay", "weight_decay_scale")


def imply_no_decay(drafts: list[Draft], findings: Findings) -> None:
    """Add `weight_decay = 0` to the label `no_decay` of each axis that sets no other decay for it.

    Report a `no_decay` that decays (W321). A label with holes has no meaning, whatever it is filled with.
    """
    for draft in drafts:
        rules = [rule for rule in draft.rules if rule.label.literal == LABEL]
        written = [setting for rule in rules for setting in rule.settings or () if setting.key in _DECAYS]
        for rule in rules:
            _check_decay(rule, findings)
        if rules and all(map(_is_zero, written)):
            having = {id(rule) for rule in rules if rule.settings is not None} | {id(rules[0])}
            draft.rules = [_implied(rule) if id(rule) in having else rule for rule in draft.rules]


def _is_zero(setting: Setting) -> bool:
    return setting.key == "weight_decay" and constant_number(setting.value) == 0


def _implied(rule: Rule) -> Rule:
    if any(setting.key in _DECAYS for setting in rule.settings or ()):
        return rule
    span = rule.label.span
    zero = Setting(span, "weight_decay", span, Constant(span, 0), implied=True)
    return replace(rule, settings=(*(rule.settings or ()), zero))


def _check_decay(rule: Rule, findings: Findings) -> None:
    """Report a rule whose decay is not 0, as far as that is known without a model."""
    written = [setting for setting in rule.settings or () if setting.key in _DECAYS]
    numbers = [constant_number(setting.value) for setting in written]
    if written and None not in numbers and 0 not in numbers:
        setting = written[0]
        findings.report(
            "W321",
            f"`{LABEL}` decays: its rule says `{setting.span.quote}`",
            setting.span,
            help=f"choose another label, or leave `{setting.key}` out: `{LABEL}` alone means "
            "`weight_decay = 0`",
        )
