"""Translate settings and arguments to an optimizer's own names, and refuse those that it does not have."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from paramrules.assignment import Assignment, Group
from paramrules.assignment.unknown_keywords import argument_names, where_it_goes
from paramrules.diagnostics import Diagnostic, did_you_mean, listed, plural
from paramrules.emission.argument_checks import AnyRules, check_finite
from paramrules.emission.optimizer_spec import OptimizerSpec, OptimizerSpecs
from paramrules.emission.origin import report
from paramrules.emission.rates import DEFAULT, Bases
from paramrules.emission.schedules import by_schedule
from paramrules.rules.foreign_keys import written_here
from paramrules.rules.keys import KEYS, PORTABLE, SCALES


def own_names(spec: OptimizerSpec, key: str, value: Any) -> dict[str, Any] | None:
    """Return a setting under the optimizer's own names; None if it has none like it."""
    if key in spec.keys:
        return {key: value}
    targets = _targets(spec, key)
    if targets and len(spec.aliases.renamed[key]) == 1:
        return {targets[0]: value}
    if targets and isinstance(value, tuple | list) and len(value) == len(targets):
        return dict(zip(targets, value, strict=True))
    return {key: value} if spec.takes_any else None


class Translated(NamedTuple):
    """Settings of a group under its optimizer's own names.

    Attributes:
        own: the settings that the optimizer has, without portable keys and the user's own marks.
        lacking: the keys that it has nothing for.
        clashing: the keys that it has already under another name, with its own name.
    """

    own: dict[str, Any]
    lacking: list[str]
    clashing: list[tuple[str, str]]

    @property
    def fits(self) -> bool:
        """True if the optimizer takes all of them."""
        return not self.lacking and not self.clashing


def translated(settings: Mapping[str, Any], spec: OptimizerSpec, marks: Sequence[str] = ()) -> Translated:
    """Return settings under an optimizer's own names.

    A weight decay of zero is fine with an optimizer that has none.
    """
    found = Translated({}, [], [])
    for key, value in settings.items():
        if key in PORTABLE:
            rate = SCALES.get(key, key)
            neutral = value == 0 if key == "weight_decay" else rate == "weight_decay" and value in (0, 1)
            if rate in Bases._fields and rate not in spec.rates and not neutral:
                found.lacking.append(key)
            continue
        if is_mark(spec, key, marks):
            continue
        named = own_names(spec, key, value)
        if named is None:
            found.lacking.append(key)
        elif clash := named.keys() & found.own.keys():
            found.clashing.append((key, min(clash)))
        else:
            found.own.update(named)
    return found


def unknown_settings(
    assignment: Assignment, groups: Iterable[tuple[Group, OptimizerSpec]], marks: Sequence[str] = ()
) -> list[Diagnostic]:
    """Return a finding (E611) for each setting that the optimizers of groups do not have, or have twice."""
    unknown: dict[tuple[str, str], list[Group]] = {}
    twice: dict[tuple[str, str, str], list[Group]] = {}
    specs: dict[str, OptimizerSpec] = {}
    known: dict[tuple[int, int], Translated] = {}
    for group, spec in groups:
        specs[spec.name] = spec
        alike = id(group.settings), id(spec)
        if alike not in known:
            known[alike] = translated(group.settings, spec, marks)
        for key in known[alike].lacking:
            unknown.setdefault((spec.name, key), []).append(group)
        for key, own_key in known[alike].clashing:
            twice.setdefault((spec.name, key, own_key), []).append(group)
    wrong = [
        report(
            "E611",
            f"`{specs[name].called}` has no setting `{key}`, which {_sets(having)}",
            _instead([specs[name]], key, mark=key not in KEYS),
            assignment=assignment,
            groups=having,
            key=key,
        )
        for (name, key), having in unknown.items()
    ]
    wrong += [
        report(
            "E611",
            f"{_sets(having)} `{own_key}` twice, here as `{key}`",
            "write it once, under the name that you prefer",
            assignment=assignment,
            groups=having,
            key=key,
        )
        for (_, key, own_key), having in twice.items()
    ]
    return wrong


def is_mark(spec: OptimizerSpec, key: str, marks: Sequence[str]) -> bool:
    """Return whether a key of the rules is not for the optimizer, but for whoever reads its groups.

    `name`, by which loggers call a group, is one unless the optimizer has a setting of this name.
    """
    return key in marks or (key == "name" and key not in spec.keys)


def arguments_of(
    given: Mapping[str, Any],
    specs: OptimizerSpecs,
    rules: AnyRules | None = None,
    call: Callable[..., Any] | None = None,
) -> tuple[dict[str, dict[str, Any]], list[Diagnostic]]:
    """Return the arguments of each optimizer under its own names, and those that are lost (E612).

    Those bound to an optimizer win over those given to all. Base rates are not among them. A lost one may be
    an option of the rules, or a misspelt argument of `call`, the function that they were given to. Raises
    ValueError for a number that is not finite.
    """
    found: dict[str, dict[str, Any]] = {}
    wrong: list[Diagnostic] = []
    taken: set[str] = set()
    for name, spec in specs.items():
        bound: dict[str, Any] = {}
        for key, value in spec.bound.items():
            check_finite(key, value)
            named = {} if key in spec.rates else own_names(spec, key, value)
            if named is None:
                wrong.append(lost_argument(key, [spec]))
            else:
                bound.update(named)
        found[name] = {}
        for key, value in given.items():
            check_finite(key, value)
            named = own_names(spec, key, value)
            if named is not None and not named.keys() <= bound.keys():
                taken.add(key)
                found[name].update(named)
        found[name].update(bound)
    lost = []
    for key, value in given.items():
        if key not in taken:
            help = "" if rules is None else where_it_goes(key, value, rules)
            if key == "lr":  # a backend that calls it `lr` has an argument of this name
                help = "`lr` is called `learning_rate` here"
            several = list(specs.values())
            misspelt = None if help or call is None or _meant(several, key) else _misspelt(key, call)
            finding = misspelt or lost_argument(key, several)
            lost.append(replace(finding, help=help) if help else finding)
    return found, lost + wrong


def lost_bases(bases: Bases, specs: Iterable[OptimizerSpec], *, lr: str = "lr") -> list[Diagnostic]:
    """Return a finding (E612) for each base rate that no optimizer has, or that all of them bind.

    Of schedules by name, `default` is the base rate.

    Args:
        bases: the base rates that the caller gave.
        specs: the optimizers.
        lr: the name of the argument for the learning rate.
    """
    specs = list(specs)
    given = {key: by_schedule(rate).get(DEFAULT) for key, rate in bases._asdict().items()}
    return [
        lost_argument(key, specs, called={"lr": lr}.get(key, key))
        for key, rate in given.items()
        if rate is not None and not any(key in spec.rates and key not in spec.bound for spec in specs)
    ]


def lost_argument(key: str, specs: Sequence[OptimizerSpec], called: str = "") -> Diagnostic:
    """Return the finding (E612) about an argument that has no effect on any of these optimizers.

    Args:
        key: its name; a rate's portable one.
        specs: the optimizers.
        called: its name in the backend, if that is another.
    """
    names = [f"`{spec.called}`" for spec in specs]
    who = f"{names[0]} takes no" if len(names) == 1 else f"neither {' nor '.join(names)} takes an"
    return Diagnostic("E612", f"{who} argument `{called or key}`", help=_instead(specs, key))


def _misspelt(key: str, call: Callable[..., Any]) -> Diagnostic | None:
    """Return the finding (E612) about a misspelt argument of a function itself; None if it is not one."""
    near = did_you_mean(key, argument_names(call))
    return Diagnostic("E612", f"`{call.__name__}` takes no argument `{key}`", help=near) if near else None


def _sets(groups: Sequence[Group]) -> str:
    return f"{plural('group', [group.label for group in groups])} {'set' if len(groups) > 1 else 'sets'}"


def _targets(spec: OptimizerSpec, key: str) -> list[str]:
    """Return the optimizer's own names for an alias."""
    return [name for name in spec.aliases.renamed.get(key, ()) if name in spec.keys]


def _instead(specs: Sequence[OptimizerSpec], key: str, *, mark: bool = False) -> str:
    """Return the help about a key that none of these optimizers has, and that may be the user's own mark."""
    if meant := _meant(specs, key):
        return meant
    if mark:
        passed = f'if it is a mark of your own, pass `marks=["{key}"]`'
        instead = written_here(key, "...")
        return f"did you mean `{instead}`? {passed}" if instead else passed
    known = _all_known(specs)
    return f"{'it takes' if len(specs) == 1 else 'they take'} {listed(known)}" if known else ""


def _meant(specs: Sequence[OptimizerSpec], key: str) -> str:
    """Return what is likely meant by a key that none of these optimizers has; "" if nothing is."""
    first = specs[0]
    if any(_binds(spec, key) for spec in specs):
        return "`functools.partial` binds it already: remove one of the two"
    if key in first.aliases.help:
        return first.aliases.help[key]
    known = _all_known(specs)
    if first.aliases.suggested.get(key) in (*known, *first.rates):
        return f"did you mean `{first.aliases.suggested[key]}`?"
    targets = _targets(first, key)
    if len(targets) > 1:
        return f"it takes {len(targets)} values: {listed(targets)}"
    return did_you_mean(key, [*known, *(rate for spec in specs for rate in spec.rates)])


def _binds(spec: OptimizerSpec, key: str) -> bool:
    """Return whether an argument is bound to an optimizer under this name or another."""
    if key in spec.bound:
        return key in spec.rates or own_names(spec, key, spec.bound[key]) is not None
    targets = _targets(spec, key)
    bound = {name for other in spec.bound for name in (other, *_targets(spec, other))}
    return bool(targets) and bound.issuperset(targets)


def _all_known(specs: Sequence[OptimizerSpec]) -> list[str]:
    return list(dict.fromkeys(name for spec in specs for name in _known(spec)))


def _known(spec: OptimizerSpec) -> Iterable[str]:
    """Yield all keys that an optimizer accepts by name."""
    yield from spec.keys
    for alias, names in spec.aliases.renamed.items():
        targets = _targets(spec, alias)
        if len(targets) == len(names) == 1 or len(targets) > 1:
            yield alias
