"""Type checks of the arguments that every backend takes."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import isfinite
from numbers import Real
from os import PathLike
from typing import TYPE_CHECKING, Any

from paramrules.argument_types import check_flags, check_keys
from paramrules.assignment import Assignment
from paramrules.diagnostics import a, class_name
from paramrules.emission.optimizer_spec import OptimizerSpecs
from paramrules.rules import Rules
from paramrules.rules.keys import PORTABLE, RESERVED
from paramrules.rules.load import is_rule_file

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    AnyRules = Rules | Assignment | str | PathLike[str] | Traversable
else:
    AnyRules = Rules | Assignment | str | PathLike
"""Rules as a backend takes them: loaded, assigned already, or a rule file as `paramrules.load` takes it."""

Options = Mapping[str, int | float | str | bool] | None
"""Values for the options of a rule file, by name."""


def by_name(optimizer: Any) -> Mapping[str, Any]:
    """Return the optimizers that a backend was given by their names in rules; a single one is under "".

    Raises ValueError for an empty mapping, TypeError for a key that is no text. A mapping is returned as
    it is.
    """
    if optimizer == {}:
        raise ValueError("`optimizer` is an empty mapping and should name an optimizer")
    if not isinstance(optimizer, Mapping):
        return {"": optimizer}
    check_keys("`optimizer`", optimizer, "names that rules give")
    return optimizer


def unbound(make: Callable[..., Any]) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Return an optimizer's class or factory without `functools.partial`, and the arguments that it binds.

    Raises TypeError if arguments are bound by position.
    """
    inner: Any = make
    bound: dict[str, Any] = {}
    while isinstance(inner, partial):
        if inner.args:
            raise TypeError("`functools.partial` of an optimizer should bind its arguments by name")
        bound = {**inner.keywords, **bound}
        inner = inner.func
    return inner, bound


def check_lr(rate: object, specs: OptimizerSpecs, settings: Iterable[str]) -> None:
    """Raise TypeError if there is no `learning_rate`, and an optimizer that binds none needs it.

    Args:
        rate: the argument `learning_rate`.
        specs: the optimizers.
        settings: the names of the other settings that the caller passed.
    """
    if rate is None and not all("lr" in spec.bound for spec in specs.values()):
        instead = "`lr` is called `learning_rate` here" if "lr" in settings else "the base rate is missing"
        raise TypeError(f"{instead}: pass `learning_rate=1e-3`, a number or a schedule")


def are_rules(value: object) -> bool:
    """Return whether a value is one of `AnyRules`."""
    return isinstance(value, Rules | Assignment) or is_rule_file(value)


def check_rules(
    rules: object,
    options: Options,
    strict: bool,
    *,
    first: object = None,
    model: object = None,
    part: bool = False,
    after: str,
) -> None:
    """Check the arguments that say how to assign.

    Args:
        rules: the argument `rules`.
        first: the argument before it, to see whether the two are in the wrong order.
        options, strict: the arguments of these names, which an assignment has used already.
        model: the argument `model` of a backend that takes the model beside its parameters.
        part: whether the model is a part of the one that `rules`, then an assignment, was made for.
        after: the argument that `rules` follows, for the message.

    Raises:
        TypeError: `rules` is none of `AnyRules`, or `strict` or `part` is not a boolean.
        ValueError: `options`, `strict` or `model` beside an assignment, or `part` without one.
    """
    check_flags(strict=strict, part=part)
    if not are_rules(rules):
        if rules is not None and are_rules(first):
            raise TypeError(f"the arguments are in the wrong order: pass {after}, then the rules")
        cls = rules if isinstance(rules, type) else type(rules)
        what = f"{'the class' if cls is rules else 'a'} `{class_name(cls)}`"
        raise TypeError(
            f"`rules` comes after {after}, as a path or what `paramrules.load` returns; this is {what}"
        )
    if not isinstance(rules, Assignment):
        if part:
            raise ValueError(
                "`part` needs the assignment of the whole model: pass what `paramrules.assign` returns"
            )
    elif options is not None or strict or model is not None:
        raise ValueError(
            "pass `options`, `strict` and the model to `paramrules.assign`, which made this assignment"
        )


def check_rate(
    name: str,
    rate: object,
    is_native: Callable[[object], bool],
    *,
    wanted: str = "a number",
    optional: bool = True,
    scheduled: str = "",
    is_finite: Callable[[Any], bool] | None = None,
) -> None:
    """Raise TypeError unless a base rate is a number, or something else that the framework takes for one.

    Raise ValueError for a number that is not finite. `is_finite` says so of what is not a Python number.

    A bool is not a number here, and neither is the text that YAML makes of `1e-3`. `scheduled` says what to
    do instead of passing a schedule, or schedules by name.
    """
    if rate is None and optional:
        return
    if isinstance(rate, bool) or not (isinstance(rate, Real) or is_native(rate)):
        instead = f": {scheduled}" if scheduled and (callable(rate) or isinstance(rate, Mapping)) else ""
        raise TypeError(
            f"`{name}` is {rate!r:.60}, {a(type(rate).__name__)}, and should be {wanted}{instead}"
        )
    if is_finite and not isinstance(rate, Real) and not is_finite(rate):
        raise _not_finite(name, rate)
    check_finite(name, rate)


def check_finite(name: str, value: object) -> None:
    """Raise ValueError if an argument is a number that is not finite, or a tuple or list that holds one.

    Anything else, an array or a schedule, is not looked into.
    """
    for number in value if isinstance(value, tuple | list) else (value,):
        if isinstance(number, Real) and not _is_finite(number):
            raise _not_finite(name, value)


def _not_finite(name: str, value: object) -> ValueError:
    return ValueError(f"`{name}` is {value!r:.60} and should be a finite number")


def _is_finite(number: Real) -> bool:
    try:
        return isfinite(number)
    except OverflowError:  # of a whole number beyond the largest float
        return False


def check_marks(marks: object) -> tuple[str, ...]:
    """Return the argument `marks`: the keys of the rules that are the user's own.

    Raises TypeError unless it is a sequence of names, ValueError for a key that means something here.
    """
    keys = tuple(marks) if isinstance(marks, Iterable) and not isinstance(marks, str) else (None,)
    if not all(isinstance(key, str) for key in keys):
        raise TypeError(f'`marks` is {marks!r} and should be a list of keys, as `marks=["is_last_layer"]`')
    for key in keys:
        if key in PORTABLE or key in RESERVED:
            raise ValueError(f"`{key}` cannot be a mark of your own: it means something to every backend")
    return keys


def check_choice(name: str, value: object, *choices: str) -> None:
    """Raise ValueError unless an argument is one of the words that it may be."""
    if value not in choices:
        raise ValueError(f"`{name}` is {value!r} and should be {' or '.join(map(repr, choices))}")
