"""Settings that contradict each other: within a label (E315, E329), and between axes (E314, E329)."""

from paramrules.diagnostics import Place
from paramrules.rules.axes import Draft
from paramrules.rules.keys import SCALE_OF, SCALES
from paramrules.rules.model import Rule, Setting
from paramrules.rules.scope import Findings
from paramrules.rules.terms import Constant, TupleValue, Value, constant_number


def check_conflicts(drafts: list[Draft], findings: Findings) -> None:
    """Report the conflicts that every model has; labels and settings are compared again once computed."""
    found: dict[str, list[tuple[str, Setting]]] = {}
    for draft in drafts:
        _within_labels(draft, findings)
        for key, setting in _foremost_settings(draft).items():
            earlier = found.setdefault(key, [])
            clash = next((e for e in earlier if e[0] != draft.name and not _agree(e[1], setting)), None)
            if clash is not None and key not in SCALES:
                _between_axes(setting, clash[1], clash[0], draft.name, findings)
            earlier.append((draft.name, setting))
    _frozen_and_skipped(drafts, findings)


def _foremost_settings(draft: Draft) -> dict[str, Setting]:
    """Return for each key the setting that may clash with another axis: the first that is not 0, if any."""
    found: dict[str, Setting] = {}
    for rule in draft.rules:
        for setting in rule.settings or ():
            first = found.setdefault(setting.key, setting)
            if (first.implied and not setting.implied) or (_is_zero(first) and not _is_zero(setting)):
                found[setting.key] = setting
    return found


def _is_zero(setting: Setting) -> bool:
    return constant_number(setting.value) == 0


def _is_false(setting: Setting) -> bool:
    return isinstance(setting.value, Constant) and setting.value.value is False


def _agree(one: Setting, other: Setting) -> bool:
    """Return whether two axes may both have these: no decay, written or implied by the label `no_decay`."""
    return one.key == "weight_decay" and _is_zero(one) and _is_zero(other)


def _between_axes(setting: Setting, other: Setting, first: str, second: str, findings: Findings) -> None:
    one, two = (f"the axis `{name}`" if name else "the axis without a name" for name in (first, second))
    scale = SCALE_OF.get(setting.key)
    by_label = "its label means `weight_decay = 0`"
    if setting.implied or other.implied:
        help = f"set `{scale}` in place of `{setting.key}`: it multiplies, and leaves 0 as it is"
    elif scale:
        help = f"set `{scale}` in one of the two, which multiplies"
    else:
        help = "every parameter passes through both: set it in one of the two"
    findings.report(
        "E314",
        f"`{setting.key}` is set in two axes, {one} and {two}",
        setting.key_span,
        by_label if setting.implied else "",
        help=help,
        also=(Place(other.key_span, by_label if other.implied else "it is set first here"),),
    )


def _frozen_and_skipped(drafts: list[Draft], findings: Findings) -> None:
    """Report `freeze` and `skip` in one rule, or in two axes, which all parameters pass through."""
    seen: dict[str, tuple[str, Setting]] = {}
    for draft in drafts:
        for rule in draft.rules:
            own = {setting.key: setting for setting in rule.settings or () if not _is_false(setting)}
            for key, other in _EITHER:
                elsewhere = other in seen and seen[other][0] != draft.name
                if key in own and (other in own or elsewhere):
                    first = own[other] if other in own else seen[other][1]
                    findings.report(
                        "E329",
                        f"`{rule.label.text}` sets `{key}`, and `{other}` is set too",
                        own[key].key_span,
                        help="`freeze` stops training, and `skip` leaves a parameter to another optimizer: "
                        "keep one of the two",
                        also=(Place(first.key_span, f"`{other}` is set here"),),
                    )
                    return
            for key, setting in own.items():
                seen.setdefault(key, (draft.name, setting))


_EITHER = (("skip", "freeze"), ("freeze", "skip"))


def _within_labels(draft: Draft, findings: Findings) -> None:
    firsts: dict[str, Rule] = {}
    for rule in () if draft.unread else draft.rules:
        label = rule.label.literal
        if label is None:
            continue
        first = firsts.setdefault(label, rule)
        if first is not rule and rule.settings is not None:
            _same(label, first, rule, findings)


def _same(label: str, first: Rule, rule: Rule, findings: Findings) -> None:
    """Report a later rule whose settings are not those of its label's first rule."""
    before = {setting.key: setting for setting in first.settings or ()}
    after = {setting.key: setting for setting in rule.settings or ()}
    if added := after.keys() - before.keys():
        key = next(key for key in after if key in added)
        place, why, other = after[key].span, f"`{key}` is not set there", first.label.span
    elif left_out := before.keys() - after.keys():
        key = next(key for key in before if key in left_out)
        place, why, other = rule.label.span, f"`{key}` is set there", before[key].span
    else:
        differing = (key for key in after if _differ(before[key].value, after[key].value))
        key = next(differing, "")
        if not key:
            return
        place, why, other = after[key].span, f"`{key}` has another value there", before[key].span
    findings.report(
        "E315",
        f"`{label}` has different settings in its first rule: {why}",
        place,
        help="give this rule another label, or leave out its settings: it then takes those of the first rule",
        also=(Place(other, "the label's first rule"),),
    )


def _differ(one: Value, two: Value) -> bool:
    """Return whether two values differ in every model."""
    if isinstance(one, Constant) and isinstance(two, Constant):
        return one.value != two.value or isinstance(one.value, bool) != isinstance(two.value, bool)
    if isinstance(one, TupleValue) and isinstance(two, TupleValue):
        return len(one.items) != len(two.items) or any(map(_differ, one.items, two.items))
    return False
